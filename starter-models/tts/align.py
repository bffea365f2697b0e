"""Which stretch of Flite's phones each Kokoro symbol stands for: dynamic programming over phonetic likeness."""

from functools import lru_cache

import numpy as np

from symbols import PUNCTUATION, STRESS

# Flite phones that a symbol can be, the likeliest first; each further one costs a little more.
LIKE = {
    "p": "p b", "b": "b p", "t": "t d ch", "d": "d t jh", "ɾ": "t d r", "k": "k g", "ɡ": "g k", "f": "f v", "v": "v f", "θ": "th dh t",
    "ð": "dh th", "s": "s z", "z": "z s", "ʃ": "sh ch s zh", "ʒ": "zh jh sh z", "h": "hh", "m": "m", "n": "n ng m", "ŋ": "ng n",
    "l": "l", "ɹ": "r er", "j": "y iy", "w": "w uw", "ʔ": "t", "x": "k hh",
    "i": "iy ih y", "ɪ": "ih iy ax ey ay oy eh", "e": "ey eh", "ɛ": "eh ey ae ih", "æ": "ae eh aa ah", "a": "ay aw ae aa",
    "ɑ": "aa ao ah ae", "ɒ": "aa ao ah", "ɔ": "ao aa ow oy", "o": "ow ao uh", "ʊ": "uh uw ow aw", "u": "uw uh", "ʌ": "ah ax aa",
    "ə": "ax ah ih er eh ow aa ae", "ɐ": "ax ah ey", "ɚ": "er ax r", "ɜ": "er", "ᵻ": "ih ax eh iy", "ɨ": "ih ax",
}
VOWEL_PHONES = set("aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw".split())
VOWELS = set("iɪeɛæaɑɒɔoʊuʌəɐɚɜᵻɨ")
SILENCE = "pau"
_GLIDES = {"ɪ": {"ey", "ay", "oy"}, "ʊ": {"ow", "aw"}, "ə": {"ih", "iy", "eh", "ey", "uh", "ao", "aw", "ay", "r", "er"}, "ɹ": {"er"}, "ʃ": {"ch"}, "ʒ": {"jh"},
           "ɔ": {"oy"}, "u": {"y"}, "j": {"uw"}}
_MARKS = set(PUNCTUATION + STRESS + " ː$")
FAR = 9.0
MATCH, SHARE, ABSORB = range(3)


def likeness_cost(symbol: str, phone: str) -> float:
    if phone == SILENCE:
        return 0.0 if symbol in PUNCTUATION or symbol == "$" else 0.8 if symbol == " " else FAR
    if symbol in _MARKS:
        return FAR
    likely = LIKE.get(symbol, "").split()
    if phone in likely:
        return 0.15 * likely.index(phone)
    both_vowels = symbol in VOWELS and phone in VOWEL_PHONES
    both_consonants = symbol not in VOWELS and phone not in VOWEL_PHONES
    return 0.9 if both_vowels else 1.3 if both_consonants else 2.6


def share_cost(symbol: str, phone: str) -> float:
    """The symbol is a further part of the phone before it: a length mark, a diphthong's end, a stress mark."""
    if symbol in _MARKS:
        return 0.0
    return 0.05 if phone in _GLIDES.get(symbol, ()) else 1.2


def absorb_cost(symbol: str, phone: str) -> float:
    """The phone is spoken within the symbol before it, which has no symbol of its own."""
    return 0.35 if phone in ("r", "y", "ax") else 1.5 if phone == SILENCE else 1.2


def part_weight(symbol: str, phone: str) -> float:
    if symbol in STRESS or (symbol == " " and phone != SILENCE):
        return 0.0
    if phone == SILENCE:
        return 1.0 if symbol in PUNCTUATION or symbol == "$" else 0.05
    return 0.0 if symbol in PUNCTUATION or symbol == "$" else 0.7 if symbol == "ː" else 0.8 if symbol in "ɪʊ" else 1.0


@lru_cache(maxsize=None)
def costs(symbol: str, phone: str) -> tuple[float, float, float]:
    return likeness_cost(symbol, phone), share_cost(symbol, phone), absorb_cost(symbol, phone)


@lru_cache(maxsize=200_000)
def align(symbols: str, phones: tuple[str, ...]) -> tuple[list[tuple[int, int]], float]:
    """Pairs (symbol place, phone place) on the cheapest path, and its cost per phone. `symbols` carries "$" at both ends."""
    columns = len(phones)
    above, steps = [], []
    for row, symbol in enumerate(symbols):
        best, choices = [], bytearray(columns)
        for column, phone in enumerate(phones):
            match, share, absorb = costs(symbol, phone)
            cost, choice = (match, MATCH) if row == column == 0 else (float("inf"), MATCH)
            if row and column and above[column - 1] + match < cost:
                cost, choice = above[column - 1] + match, MATCH
            if row and above[column] + share < cost:
                cost, choice = above[column] + share, SHARE
            if column and best[column - 1] + absorb < cost:
                cost, choice = best[column - 1] + absorb, ABSORB
            best.append(cost)
            choices[column] = choice
        above = best
        steps.append(choices)
    path, row, column = [(len(symbols) - 1, columns - 1)], len(symbols) - 1, columns - 1
    while row or column:
        choice = steps[row][column]
        row, column = row - (choice != ABSORB), column - (choice != SHARE)
        path.append((row, column))
    return path[::-1], above[-1] / columns


def symbol_ends(symbols: str, phones: list[tuple[str, float]]) -> tuple[np.ndarray, float]:
    """End of each symbol in seconds, and the cost of the alignment per phone."""
    names = tuple(name for name, _ in phones)
    path, cost = align(symbols, names)
    ends = np.array([end for _, end in phones])
    lengths = np.diff(ends, prepend=0.0)
    seconds = np.zeros(len(symbols))
    sharers_of = [[] for _ in phones]
    for row, column in path:
        sharers_of[column].append(row)
    for place, sharers in enumerate(sharers_of):
        weights = np.array([part_weight(symbols[row], names[place]) for row in sharers])
        if weights.sum() == 0:
            weights = np.array([float(symbols[row] not in STRESS) for row in sharers])
        if weights.sum() == 0:
            weights = np.ones(len(sharers))
        for row, weight in zip(sharers, weights / weights.sum()):
            seconds[row] += lengths[place] * weight
    return np.cumsum(seconds), cost
