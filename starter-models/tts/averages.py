"""The predictor is a sum of averages: every symbol's duration and the course of its sound, by what surrounds it.

The tables are filled in closed form by backfitting: each in turn takes the mean of what the others leave, drawn towards zero where little was
seen. Nothing is trained by gradients, so the same texts always give the same voice.
"""

import numpy as np
import torch

from context import TABLES, Context
from dataset import Example

POINTS = 4  # a symbol's course: beginning, one third, two thirds, end; straight lines between
CHANNELS = 32  # log pitch, voicing, 25 mel-cepstral coefficients, 5 band strengths
PASSES = 3
DRAW = {"stress": 0.5, "word": 4.0, "left": 2.0, "right": 2.0, "phrase_end": 2.0, "phrase_start": 2.0}  # occurrences


def course(frames: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each symbol's channels at its points [n, POINTS * CHANNELS] and length in frames [n]."""
    starts = np.concatenate([[0], ends[:-1]])
    lengths = ends - starts
    # A frame stands for its middle; the end points lie half a frame inside, so that neighbours do not leak in.
    at = np.clip(starts[:, None] + np.linspace(0, 1, POINTS) * np.maximum(lengths - 1, 0)[:, None], 0, len(frames) - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(frames) - 1)
    share = (at - low)[..., None].astype(np.float32)
    return (frames[low] * (1 - share) + frames[high] * share).reshape(len(ends), -1), lengths


def occurrences(context: Context, examples: list[Example], voice: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Rows of every symbol spoken by one voice, its course and its length."""
    rows, courses, lengths = {name: [] for name in TABLES}, [], []
    for example in (one for one in examples if one.voice == voice):
        frames = example.frames.astype(np.float32)
        for accent, symbols in example.symbols.items():
            for name, row in context(torch.from_numpy(symbols)).items():
                rows[name].append(row.numpy())
            points, frame_counts = course(frames, example.ends[accent])
            courses.append(points)
            lengths.append(frame_counts)
    return {name: np.concatenate(parts) for name, parts in rows.items()}, np.concatenate(courses), np.concatenate(lengths)


def means(rows: np.ndarray, values: np.ndarray, weights: np.ndarray, count: int, draw: float) -> np.ndarray:
    """Weighted mean of the values of each row [count, columns]; `draw` occurrences of zero are added."""
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    firsts = np.flatnonzero(np.diff(sorted_rows, prepend=-1))
    result = np.zeros((count, values.shape[1]), np.float32)
    sums = np.add.reduceat(values[order] * weights[order, None], firsts, axis=0)
    totals = np.add.reduceat(weights[order], firsts) + draw
    result[sorted_rows[firsts]] = sums / totals[:, None]
    return result


def backfit(rows: dict[str, np.ndarray], values: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Tables whose sum, looked up by the rows, comes close to the values."""
    tables = {name: np.zeros((count, values.shape[1]), np.float32) for name, count in TABLES.items()}
    rest = values.copy()
    for _ in range(PASSES):
        for name, table in tables.items():
            rest += table[rows[name]]
            tables[name] = means(rows[name], rest, weights, len(table), DRAW[name])
            rest -= tables[name][rows[name]]
    print(f"  unexplained: {np.sqrt((rest**2 * weights[:, None]).sum(0) / weights.sum()).mean():.3f} of a standard deviation", flush=True)
    return tables


def fit(examples: list[Example]) -> dict[str, np.ndarray]:
    """Everything the voice knows: tables [2 voices, rows, columns], channel scales, and the symbols that were seen."""
    seen = sorted({int(identifier) for one in examples for ids in one.symbols.values() for identifier in ids})
    context = Context(set(seen))
    sample = np.concatenate([example.frames for example in examples[:: max(1, len(examples) // 400)]]).astype(np.float32)
    mean, deviation = sample.mean(0), sample.std(0) + 1e-3
    result = {"seen": np.array(seen), "channel_mean": mean, "channel_deviation": deviation}
    for voice in (0, 1):
        rows, courses, lengths = occurrences(context, examples, voice)
        print(f"voice {voice}: {len(lengths)} symbols", flush=True)
        spoken = lengths > 0
        scaled = (courses[spoken] - np.tile(mean, POINTS)) / np.tile(deviation, POINTS)
        sounds = backfit({name: row[spoken] for name, row in rows.items()}, scaled, np.ones(spoken.sum(), np.float32))
        durations = backfit(rows, np.log1p(lengths.astype(np.float32))[:, None], np.ones(len(lengths), np.float32))
        for name in TABLES:
            result[f"sound_{name}_{voice}"], result[f"duration_{name}_{voice}"] = sounds[name], durations[name]
    return result


