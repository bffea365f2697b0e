"""Sentences for the recogniser and the voice: requests, replies and some prose."""

import random
import re

from .dialogues import compose
from .prose import prose
from .replies import reply
from .requests import request
from .split import in_split

PROSE_SHARE = 0.14
REPLY_SHARE = 0.22
DIALOGUE_SHARE = 0.24
MAX_WORDS = 26
_NOT_SPOKEN = re.compile(r"[^a-z' ]+")


def spoken(text: str) -> str:
    """Lowercase a-z and apostrophe only, single spaces."""
    text = text.lower().replace("é", "e").replace("’", "'").replace("-", " ")
    return " ".join(_NOT_SPOKEN.sub(" ", text).split())


def draw(rng: random.Random) -> str:
    """One sentence of either split."""
    kind = rng.random()
    if kind < PROSE_SHARE:
        return spoken(prose(rng))
    if kind < PROSE_SHARE + REPLY_SHARE:
        return spoken(reply(rng))
    if kind < PROSE_SHARE + REPLY_SHARE + DIALOGUE_SHARE:
        turn = compose("train", rng, rng.randint(3, 8), 2, errors=0.0)["turns"][-1]
        return spoken(turn[rng.choice(("user", "user", "answer"))])
    return spoken(request(rng))


def generate(split: str, count: int, seed: int) -> list[str]:
    """`count` distinct sentences of `split` ("train" or "heldout"), the same for the same seed.

    Short sentences are few, so distinctness also keeps them from crowding out the rest.
    """
    rng = random.Random(f"{split}-{seed}")
    seen: dict[str, None] = {}
    while len(seen) < count:
        sentence = draw(rng)
        if 0 < len(sentence.split()) <= MAX_WORDS and in_split(sentence, split):
            seen.setdefault(sentence)
    return list(seen)
