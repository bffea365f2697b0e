"""Dialogues as fixed-length training rows, made ahead in a process of their own."""

import multiprocessing
import os
import random
from dataclasses import dataclass

import numpy as np

from corpus.default_facts import default_keys
from corpus.dialogues import compose, text_of

from .tokenizer import END_OF_TEXT, TURN_END, TURN_START, Tokenizer

VALUE_WEIGHT, FIRST_WEIGHT = 3.0, 4.0
DEFAULT_KEYS_SHARE = 0.65
# More of what has to be known by heart, sums above all, than a visitor would ask for.
TRAINED_SHARES = {"fact": 0.46, "unknown": 0.14, "outside": 0.09, "repeat": 0.03, "who": 0.02, "task": 0.15, "sum": 0.11}
COMMON = {"Ġthe", "Ġis", "Ġon", "Ġat", "Ġto", "Ġof", "Ġin", "Ġa", "Ġand", "Ġfor", "'t", ".", ",", "Ġwhen", "Ġwhere", "Ġwhat"}  # words of every sentence, copied from nowhere
NO_START_SHARE = 0.15  # some runtimes leave the start token out
GAP_SHARE, MAX_GAP = 0.3, 700  # rotary distances of long prompts, met without long rows


@dataclass(frozen=True)
class Stage:
    """A step of the curriculum, in force until `until` (a share of the training time)."""

    until: float
    length: int
    rows: int
    facts: tuple[int, int]


STAGES = (
    Stage(0.06, 160, 36, (2, 5)),
    Stage(0.25, 256, 22, (3, 11)),
    Stage(0.60, 384, 14, (3, 22)),
    Stage(0.92, 512, 10, (3, 34)),
    Stage(1.00, 768, 6, (3, 38)),
)


def stage_at(progress: float) -> Stage:
    """The stage in force at `progress` (0 to 1)."""
    return next((stage for stage in STAGES if progress < stage.until), STAGES[-1])


class Row:
    """One dialogue as tokens; for each token what is asked of the model when it reads it.

    `weight` is the loss weight of predicting the next token, `source` the place its value is copied
    from, `restated` the place in the question or the fact's key whose word it says again, `decision` the place of the fact that decides the answer (0, the start, when there is none).
    -1 means: not asked.
    """

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.tokens: list[int] = []
        self.weight: list[float] = []
        self.source: list[int] = []
        self.restated: list[int] = []
        self.decision: list[int] = []

    def add(self, tokens: list[int], weight: float = 0.0, sources: list[int] | None = None, restated: list[int] | None = None) -> None:
        """Append tokens; `weight` is for predicting each of them from the token before it."""
        for at, token in enumerate(tokens):
            if self.tokens:
                self.weight[-1] = weight
                self.source[-1] = sources[at] if sources else -1
                self.restated[-1] = restated[at] if restated else -1
            self.tokens.append(token)
            self.weight.append(0.0)
            self.source.append(-1)
            self.restated.append(-1)
            self.decision.append(-1)

    def text(self, text: str, weight: float = 0.0) -> None:
        self.add(self.tokenizer.encode(text), weight)

    def opening(self, role: str) -> None:
        self.add([TURN_START])
        self.text(role + "\n")

    def closing(self, weight: float = 0.0) -> None:
        self.add([TURN_END], weight)


def dialogue_row(dialogue: dict, tokenizer: Tokenizer, length: int, gap: int = 0, with_start: bool = True) -> tuple[Row, list[int]]:
    """The row of a dialogue, cut at the last turn that fits `length`, and its positions."""
    row, values, keys = Row(tokenizer), [], []
    if with_start:
        row.add([END_OF_TEXT])
    row.opening("system")
    head = dialogue["system"].split("\n")[0]
    row.text(head)
    for line in dialogue["lines"]:
        key, value = line.split(": ", 1)
        keys.append(len(row.tokens))
        row.text("\n" + key + ":")
        start = len(row.tokens)
        row.text(" " + value)
        values.append((value, start, len(row.tokens)))
    row.closing()
    row.text("\n")
    prompt_length, last_span = len(row.tokens), None
    for turn in dialogue["turns"]:
        row.opening("user")
        asked_from = len(row.tokens)
        row.text(turn["user"])
        row.closing()
        row.text("\n")
        row.opening("assistant")
        begin = len(row.tokens)
        used = [part for part in turn["segments"] if isinstance(part, int)]
        restated = range(keys[used[0]], values[used[0]][1]) if used else range(asked_from, begin)
        _answer(row, turn, values, last_span, restated)
        last_span = (begin, len(row.tokens))
        row.closing(1.0)
        row.text("\n")
        if len(row.tokens) > length:
            break
    positions = [at if at < prompt_length else at + gap for at in range(len(row.tokens))]
    return row, positions


def _answer(row: Row, turn: dict, values: list[tuple[str, int, int]], last_span: tuple[int, int] | None, restated: range) -> None:
    """Append the answer; its words are guided to the fact's value, to the answer before, or to where `restated` has them."""
    begin = len(row.tokens)
    used = [part for part in turn["segments"] if isinstance(part, int)]
    if turn["category"] in ("unknown", "outside"):
        row.decision[-1] = 0
    elif used:
        row.decision[-1] = values[used[0]][1] - 1
    said_there = {row.tokens[at]: at for at in reversed(restated)}
    line_end = -1  # where the line of a value just said ends: looking there tells that the value is over
    for part in turn["segments"]:
        if isinstance(part, int):
            _, start, end = values[part]
            line_end = end
            row.add(row.tokens[start:end], VALUE_WEIGHT, list(range(start, end)))
        elif turn["kind"] == "repeat" and last_span:
            row.add(row.tokens[slice(*last_span)], 1.0, list(range(*last_span)))
        else:
            tokens = row.tokenizer.encode(part)
            row.add(tokens, 1.0, [line_end] + [-1] * (len(tokens) - 1), [said_there.get(token, -1) if row.tokenizer.tokens[token] not in COMMON else -1 for token in tokens])
    row.weight[begin - 1] *= FIRST_WEIGHT
    assert text_of(turn["segments"], [value for value, _, _ in values]) == turn["answer"]


def draw_row(tokenizer: Tokenizer, length: int, facts: tuple[int, int], rng: random.Random, split: str = "train") -> tuple[Row, list[int]]:
    """A row filled with as many turns as fit."""
    keys = default_keys() if rng.random() < DEFAULT_KEYS_SHARE else None
    fact_count = 0 if rng.random() < 0.05 else rng.randint(*facts)
    dialogue = compose(split, rng, fact_count, 2 + length // 22, keys, shares=TRAINED_SHARES)
    gap = rng.randint(0, MAX_GAP) if rng.random() < GAP_SHARE else 0
    return dialogue_row(dialogue, tokenizer, length, gap, rng.random() >= NO_START_SHARE)


def draw_batch(tokenizer: Tokenizer, stage: Stage, rng: random.Random, split: str = "train") -> dict[str, np.ndarray]:
    """Arrays [rows, length] of tokens, positions, target, weight, source, restated and decision."""
    batch = {name: np.zeros((stage.rows, stage.length), dtype=np.int64) for name in ("tokens", "positions", "target", "source", "restated", "decision")}
    batch["weight"] = np.zeros((stage.rows, stage.length), dtype=np.float32)
    for at in range(stage.rows):
        row, positions = draw_row(tokenizer, stage.length, stage.facts, rng, split)
        used = min(stage.length, len(row.tokens) - 1)
        batch["tokens"][at, :used] = row.tokens[:used]
        batch["target"][at, :used] = row.tokens[1 : used + 1]
        batch["positions"][at, :used] = positions[:used]
        for name in ("weight", "source", "restated", "decision"):
            batch[name][at, :used] = getattr(row, name)[:used]
            if name != "weight":
                batch[name][at, used:] = -1
    return batch


def _produce(tokenizer_path, progress, queue, seed: int) -> None:
    os.nice(3)
    tokenizer, rng = Tokenizer.load(tokenizer_path), random.Random(seed)
    while True:
        queue.put(draw_batch(tokenizer, stage_at(progress.value), rng))


class BatchStream:
    """Batches drawn ahead by another process; `set_progress` moves the curriculum."""

    def __init__(self, tokenizer_path, seed: int, ahead: int = 6):
        context = multiprocessing.get_context("spawn")
        self._progress, self._queue = context.Value("d", 0.0), context.Queue(ahead)
        self._process = context.Process(target=_produce, args=(tokenizer_path, self._progress, self._queue, seed), daemon=True)
        self._process.start()

    def set_progress(self, progress: float) -> None:
        self._progress.value = progress

    def next(self) -> dict[str, np.ndarray]:
        return self._queue.get()

    def close(self) -> None:
        self._process.terminate()
