"""Byte-level BPE as GPT-2 defines it, trained on the corpus, and its file."""

import json
import random
import re
from collections import Counter
from pathlib import Path

from corpus import words
from corpus.dialogues import compose
from corpus.default_facts import default_keys, kiosk_text
from corpus.jokes import JOKES
from corpus.numbers import ONES, TENS

MAX_VOCAB_SIZE = 4096
MIN_PAIR_COUNT = 40  # a token met less often would stay untrained, and an invented name in it could not be copied
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END_OF_TEXT, TURN_START, TURN_END = 0, 1, 2
# The split of GPT-2 (llama.cpp's "gpt-2"), written for Python's re: letters are \w without digits and underscore.
PIECE = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_symbols() -> list[str]:
    """GPT-2's printable stand-in for each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols, extra = [""] * 256, 0
    for byte in range(256):
        if byte in printable:
            symbols[byte] = chr(byte)
        else:
            symbols[byte] = chr(256 + extra)
            extra += 1
    return symbols


BYTE_SYMBOLS = byte_symbols()


class Tokenizer:
    """Encodes text; `tokens` lists the vocabulary (specials, bytes, merges) in GPT-2's symbols."""

    def __init__(self, merges: list[tuple[str, str]]):
        self.merges = merges
        self.tokens = SPECIALS + BYTE_SYMBOLS + [left + right for left, right in merges]
        self.ids = {token: at for at, token in enumerate(self.tokens)}
        self.rank = {pair: at for at, pair in enumerate(merges)}
        self._cache: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text (special tokens are not recognised in it)."""
        return [token for piece in PIECE.findall(text) for token in self._piece(piece)]

    def decode(self, ids: list[int]) -> str:
        """Text of token ids, specials left out."""
        symbols = "".join(self.tokens[token] for token in ids if token >= len(SPECIALS))
        reverse = {symbol: byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
        return bytes(reverse[symbol] for symbol in symbols).decode("utf-8", errors="replace")

    def _piece(self, piece: str) -> list[int]:
        cached = self._cache.get(piece)
        if cached is None:
            parts = [BYTE_SYMBOLS[byte] for byte in piece.encode("utf-8")]
            while len(parts) > 1:
                best = min(range(len(parts) - 1), key=lambda at: self.rank.get((parts[at], parts[at + 1]), 1 << 30))
                if (parts[best], parts[best + 1]) not in self.rank:
                    break
                parts[best : best + 2] = [parts[best] + parts[best + 1]]
            cached = self._cache[piece] = [self.ids[part] for part in parts]
        return cached

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"merges": [" ".join(pair) for pair in self.merges]}, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Tokenizer":
        return Tokenizer([tuple(pair.split(" ")) for pair in json.loads(path.read_text(encoding="utf-8"))["merges"]])


def _piece_counts(dialogue_count: int, seed: int) -> Counter:
    """How often each piece occurs; words of the world count enough to become single tokens."""
    rng, counts = random.Random(seed), Counter()
    for at in range(dialogue_count):
        dialogue = compose("train", rng, rng.randint(3, 25), 8, default_keys() if at % 4 == 0 else None)
        for text in (dialogue["system"], *(turn[side] for turn in dialogue["turns"] for side in ("user", "answer"))):
            counts.update(PIECE.findall(text))
    named = [*words.DAYS, *words.MONTHS, *words.COLOURS, *words.PLACE_LIST, *words.FOOD_LIST, *words.DRINK_LIST, *words.TICKET_LIST, *words.EVENT_LIST,
             *words.TOWN_LIST, *words.FIRST_NAME_LIST, *words.SURNAME_LIST, *words.ROOM_LIST, *words.DEVICE_LIST, *ONES, *TENS]
    for name in named:
        for word in name.split():
            counts[" " + word] += 200
    for name in (*words.DAYS, *words.MONTHS, *words.TOWN_LIST, *words.FIRST_NAME_LIST, *words.SURNAME_LIST):
        for word in name.split():
            counts[" " + word.title()] += 200
    for text in (*JOKES, kiosk_text()):
        for piece in PIECE.findall(text):
            counts[piece] += 50
    return counts


def train(seed: int = 1, dialogue_count: int = 6000) -> Tokenizer:
    """Learn the merges: always the most frequent neighbouring pair (ties by the alphabet)."""
    entries = [([BYTE_SYMBOLS[byte] for byte in piece.encode("utf-8")], count) for piece, count in sorted(_piece_counts(dialogue_count, seed).items())]
    pairs: Counter = Counter()
    where: dict[tuple[str, str], set[int]] = {}
    for at, (parts, count) in enumerate(entries):
        for pair in zip(parts, parts[1:]):
            pairs[pair] += count
            where.setdefault(pair, set()).add(at)
    merges: list[tuple[str, str]] = []
    while len(merges) < MAX_VOCAB_SIZE - 256 - len(SPECIALS):
        pair = max(pairs, key=lambda candidate: (pairs[candidate], candidate))
        if pairs[pair] < MIN_PAIR_COUNT:
            break
        merges.append(pair)
        for at in where.pop(pair):
            parts, count = entries[at]
            for old in zip(parts, parts[1:]):
                pairs[old] -= count
            merged, index = [], 0
            while index < len(parts):
                if index + 1 < len(parts) and (parts[index], parts[index + 1]) == pair:
                    merged.append(parts[index] + parts[index + 1])
                    index += 2
                else:
                    merged.append(parts[index])
                    index += 1
            parts[:] = merged
            for new in zip(parts, parts[1:]):
                pairs[new] += count
                where.setdefault(new, set()).add(at)
        del pairs[pair]
    return Tokenizer(merges)
