"""How a request reaches the chat model: as a recogniser writes it, or typed, with small errors."""

import random

from . import words
from .grammar import Grammar
from .requests import SHARED

POLITE, END = SHARED["polite"], ["please", "thanks", "thank you", "then", "cheers", "please thank you", "if you can", "for me", "right now", "at the moment"]
CONFUSED = {
    "the": ("a", "their", "de"), "is": ("it's", "his"), "to": ("two", "too"), "for": ("four",), "by": ("buy",), "where": ("wear", "were"), "there": ("their",), "does": ("dose", "do"), "do": ("to", "due"),
    "can": ("could", "cam"), "how": ("now", "a"), "what": ("want", "what's"), "when": ("then", "one"), "i": ("eye", "a"), "we": ("he",), "much": ("match",), "open": ("opens", "opened"), "close": ("closed", "clothes"),
    "our": ("hour", "are"), "time": ("times", "thyme"), "and": ("an", "in", "end"), "cost": ("costs", "caused"), "which": ("witch",), "need": ("knead",), "it": ("it's",), "of": ("off",), "leave": ("leaves", "live"), "start": ("starts",),
}
PROPER = {name for name in (*words.DAYS, *words.MONTHS)} | {town for town in words.TOWN_LIST if town not in ("airport", "city centre", "harbour", "seaside", "old town", "hospital", "university", "stadium")}
GRAMMAR = Grammar({})


def polite(core: str, rng: random.Random) -> str:
    """`core` with now and then a polite opening or ending."""
    if rng.random() < 0.3:
        core = rng.choice(POLITE) + core
    if rng.random() < 0.15:
        core = core + " " + rng.choice(END)
    return " ".join(core.split())


def titled(text: str) -> str:
    """Proper names with their capitals."""
    for name in sorted(PROPER, key=len, reverse=True):
        if f" {name} " in f" {text} ":
            text = f" {text} ".replace(f" {name} ", f" {name.title()} ").strip()
    return text


def as_heard(text: str, rng: random.Random, errors: float = 0.15) -> str:
    """Lowercase and without punctuation; with chance `errors` one small recognition error."""
    heard = text.lower().replace("é", "e")
    if rng.random() >= errors:
        return heard
    tokens = heard.split()
    at, kind = rng.randrange(len(tokens)), rng.randrange(4)
    known = [index for index, token in enumerate(tokens) if token in CONFUSED]
    if kind <= 1 and known:
        at = rng.choice(known)
        tokens[at] = rng.choice(CONFUSED[tokens[at]])
    elif kind == 2 and known and len(tokens) > 4:
        del tokens[rng.choice(known)]
    else:
        tokens.insert(at, rng.choice(("um", "uh", "er", "the", "a", tokens[at], "well", "like")))
    return " ".join(tokens)


def as_typed(text: str, rng: random.Random) -> str:
    """With capitals and a mark at the end, as people write."""
    text = titled(text)
    text = " ".join("I" if token == "i" else token for token in text.split())
    mark = "?" if text.split()[0].lower() in {"when", "where", "what", "how", "which", "who", "is", "can", "are", "do", "does", "until", "at", "from", "may", "and", "could"} else "."
    if rng.random() < 0.8:
        text = text[0].upper() + text[1:]
    return text + (mark if rng.random() < 0.8 else "")


def reaches(text: str, rng: random.Random, errors: float = 0.15) -> str:
    """One way `text` may reach the model: mostly heard, at times typed."""
    return as_typed(text, rng) if rng.random() < 0.25 else as_heard(text, rng, errors)
