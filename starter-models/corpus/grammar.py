"""A small context-free grammar: templates with slots, choices and options.

    "{polite}where is (the|a) {place}[ please]"

`{name}` expands a rule, `(a|b)` picks one branch, `[a]` is there half the time.
"""

import random
from functools import lru_cache

Node = tuple


@lru_cache(maxsize=None)
def parse(template: str) -> Node:
    """Parse a template into a tree of ("text"|"slot"|"choice"|"seq", ...) tuples."""
    node, end = _parse_choice(template, 0, "")
    if end != len(template):
        raise ValueError(f"unbalanced bracket at {end} in template {template!r}")
    return node


def _parse_choice(source: str, at: int, closer: str) -> tuple[Node, int]:
    branches, items, text = [], [], ""

    def flush() -> None:
        nonlocal text
        if text:
            items.append(("text", text))
            text = ""

    while at < len(source) and source[at] != closer:
        char = source[at]
        if char == "{":
            flush()
            close = source.index("}", at)
            items.append(("slot", source[at + 1 : close]))
            at = close + 1
        elif char in "([":
            flush()
            inner, at = _parse_choice(source, at + 1, ")" if char == "(" else "]")
            items.append(inner if char == "(" else ("choice", (inner, ("text", ""))))
            at += 1
        elif char == "|" and closer:
            flush()
            branches.append(("seq", tuple(items)))
            items = []
            at += 1
        elif char in ")]":
            break
        else:
            text += char
            at += 1
    flush()
    branches.append(("seq", tuple(items)))
    return (branches[0] if len(branches) == 1 else ("choice", tuple(branches))), at


class Grammar:
    """Named rules; a rule is a list of templates or a function of the random generator."""

    def __init__(self, rules: dict):
        self.rules = rules

    def expand(self, template: str, rng: random.Random) -> str:
        """Expand a template at random, spaces tidied."""
        return " ".join(self._expand(parse(template), rng).split())

    def pick(self, rule: str, rng: random.Random) -> str:
        """Expand the named rule."""
        return " ".join(self._slot(rule, rng).split())

    def _slot(self, name: str, rng: random.Random) -> str:
        rule = self.rules[name]
        if callable(rule):
            return rule(rng)
        return self._expand(parse(rng.choice(rule)), rng)

    def _expand(self, node: Node, rng: random.Random) -> str:
        kind, body = node
        if kind == "text":
            return body
        if kind == "slot":
            return self._slot(body, rng)
        if kind == "choice":
            return self._expand(rng.choice(body), rng)
        return "".join(self._expand(item, rng) for item in body)
