"""The default kiosk: `llm/kiosk.txt`, the system prompt that the starter chat model is shipped with."""

from functools import lru_cache
from pathlib import Path

from . import words
from .facts import KINDS, Fact

KIOSK_PATH = Path(__file__).parent.parent / "llm" / "kiosk.txt"


def kiosk_text() -> str:
    """The default system prompt, without a line end at its end."""
    return KIOSK_PATH.read_text(encoding="utf-8").rstrip("\n")


def parse_line(line: str) -> Fact:
    """Read one fact line ("- café closes Sunday: four")."""
    key, value = line.removeprefix("- ").split(": ", 1)
    tokens = key.lower().replace("é", "e").split()
    day = tokens.pop() if tokens[-1] in words.DAYS else None
    for kind, spec in KINDS.items():
        suffix = spec.key.removeprefix("{x} ")
        if tokens[-1] == suffix:
            return Fact(kind, " ".join(tokens[:-1]), day, value)
    raise ValueError(f"no kind of fact is written {line!r}; the known endings are {sorted({spec.key for spec in KINDS.values()})}")


@lru_cache(maxsize=1)
def default_facts() -> tuple[Fact, ...]:
    """The facts of the default kiosk."""
    return tuple(parse_line(line) for line in kiosk_text().split("\n")[1:])


def default_keys() -> list[tuple[str, str, str | None]]:
    """What the default kiosk's lines are about: (kind, thing, day)."""
    return [(fact.kind, fact.x, fact.day) for fact in default_facts()]
