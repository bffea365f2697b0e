"""Fits the acoustic model to the examples: averages in closed form first, then gradient steps until a time budget is spent."""

import math
import time

import numpy as np
import torch
import torch.nn.functional as F

from dataset import Example
from model import CHANNELS, FRAMES_PER_STEP, AcousticModel, place_steps
from symbols import STRESS, SYMBOL_COUNT, VOCABULARY
from tables import SLOT_COUNT

BRITISH_SHARE = 0.2
PEAK_RATE, WARM_UP_STEPS, FINAL_RATE = 2e-3, 200, 2e-5
FRAMES_PER_BATCH = 3000
STRESS_IDS = torch.tensor([VOCABULARY[symbol] for symbol in STRESS])


def channel_weights() -> torch.Tensor:
    """Pitch and voicing count like several cepstral coefficients; low coefficients count more than high ones."""
    cepstrum = 1.6 / (1 + 0.12 * torch.arange(25))
    return torch.cat([torch.tensor([3.0, 1.5]), cepstrum, torch.full((5,), 0.4)])


def batches(examples: list[Example], rng: np.random.Generator):
    """Endless batches of examples of similar length."""
    while True:
        order = sorted(rng.permutation(len(examples)), key=lambda place: len(examples[place].frames) + rng.uniform(0, 60))
        groups, group = [], []
        for place in order:
            group.append(examples[place])
            if len(group) * len(group[-1].frames) > FRAMES_PER_BATCH:
                groups.append(group)
                group = []
        for place in rng.permutation(len(groups)):
            yield groups[place]


def collate(group: list[Example], accent: str, device) -> dict[str, torch.Tensor]:
    symbol_count = max(len(example.symbols[accent]) for example in group)
    step_count = max((len(example.frames) + FRAMES_PER_STEP - 1) // FRAMES_PER_STEP for example in group)
    size = len(group)
    symbols, ends = np.zeros((size, symbol_count), np.int64), np.zeros((size, symbol_count), np.float32)
    frames = np.zeros((size, step_count * FRAMES_PER_STEP, CHANNELS), np.float32)
    places = np.zeros((size, step_count), np.int64)
    symbol_mask, frame_mask = np.zeros((size, symbol_count), np.float32), np.zeros(frames.shape[:2], np.float32)
    centres = np.arange(step_count, dtype=np.float32) * FRAMES_PER_STEP + FRAMES_PER_STEP / 2
    for row, example in enumerate(group):
        ids, own_ends = example.symbols[accent], example.ends[accent]
        symbols[row, : len(ids)], ends[row, : len(ids)], ends[row, len(ids) :] = ids, own_ends, own_ends[-1]
        symbol_mask[row, : len(ids)] = 1
        frames[row, : len(example.frames)], frame_mask[row, : len(example.frames)] = example.frames, 1
        places[row] = np.minimum(np.searchsorted(own_ends, centres, side="right"), len(ids) - 1)
    voice = F.one_hot(torch.tensor([example.voice for example in group]), 2).float()
    arrays = {"symbols": symbols, "ends": ends, "frames": frames, "places": places, "symbol_mask": symbol_mask, "frame_mask": frame_mask, "centres": np.tile(centres, (size, 1))}
    return {"voice": voice.to(device), **{name: torch.from_numpy(array).to(device) for name, array in arrays.items()}}


def losses(model: AcousticModel, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    symbol_mask = batch["symbol_mask"].unsqueeze(1)
    step_mask = batch["frame_mask"][:, ::FRAMES_PER_STEP].unsqueeze(1)
    hidden, log_duration = model.encode(batch["symbols"], batch["voice"], symbol_mask)
    alignment = place_steps(batch["ends"], batch["places"], batch["centres"])
    predicted = model.decode(batch["symbols"], hidden, alignment, batch["voice"], step_mask)
    spoken = batch["frames"]
    target = (spoken - model.channel_mean) / model.channel_deviation
    weights = channel_weights().to(target.device)
    error = (predicted - target).abs() * weights
    voiced, mask = spoken[:, :, 1], batch["frame_mask"]
    frame_count = mask.sum()
    true_duration = torch.log1p(torch.diff(batch["ends"], dim=1, prepend=torch.zeros_like(batch["ends"][:, :1])))
    timed = batch["symbol_mask"] * (~torch.isin(batch["symbols"], STRESS_IDS.to(target.device))).float()
    return {
        "pitch": (error[:, :, 0] * mask * (0.1 + 0.9 * voiced)).sum() / frame_count,
        "voicing": (error[:, :, 1] * mask).sum() / frame_count,
        "cepstrum": (error[:, :, 2:27].mean(2) * mask).sum() / frame_count * 6,
        "bands": (error[:, :, 27:].mean(2) * mask).sum() / frame_count * 2,
        "duration": 4 * ((log_duration - true_duration).abs() * timed).sum() / timed.sum(),
    }


def average(model: AcousticModel, examples: list[Example], seen: set[int]) -> None:
    """Everything that needs no gradient: channel scales, usual durations, context tables."""
    sample = np.concatenate([example.frames for example in examples[:: max(1, len(examples) // 400)]]).astype(np.float32)
    model.channel_mean.copy_(torch.from_numpy(sample.mean(0)))
    model.channel_deviation.copy_(torch.from_numpy(sample.std(0) + 1e-3))
    model.tables.assign_slots(seen)
    mean, deviation = model.channel_mean.numpy(), model.channel_deviation.numpy()
    rows, positions, values, identifiers, durations = [], [], [], [], []
    for number, example in enumerate(examples):
        accent = "gb" if number % 5 == 0 else "us"
        batch = collate([example], accent, "cpu")
        table_rows = torch.stack(model.tables.rows(batch["symbols"]), 2)[0]
        table_rows[:, 0] += example.voice * SLOT_COUNT
        place = batch["places"]
        rows.append(table_rows[place[0]].numpy().astype(np.int32))
        positions.append(place_steps(batch["ends"], place, batch["centres"]).position[0].numpy())
        frames = np.concatenate([example.frames, example.frames[-1:]])[: len(place[0]) * FRAMES_PER_STEP].astype(np.float32)
        values.append((frames.reshape(-1, FRAMES_PER_STEP, CHANNELS).mean(1) - mean) / deviation)
        identifiers.append(example.symbols[accent])
        durations.append(np.log1p(np.diff(example.ends[accent], prepend=0)))
    model.tables.fit(np.concatenate(rows), np.concatenate(positions), np.concatenate(values))
    identifiers, durations = np.concatenate(identifiers), np.concatenate(durations)
    count = np.bincount(identifiers, minlength=SYMBOL_COUNT)
    model.usual_duration.copy_(torch.from_numpy(np.bincount(identifiers, durations, SYMBOL_COUNT) / np.maximum(1, count)))


def learning_rate(step: int, progress: float) -> float:
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return warm * (FINAL_RATE + (PEAK_RATE - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def fit(model: AcousticModel, examples: list[Example], minutes: float, seed: int, device="cpu", on_checkpoint=lambda: None) -> None:
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-4)
    started, reported, running = time.time(), time.time(), {}
    for step, group in enumerate(batches(examples, rng)):
        progress = (time.time() - started) / (minutes * 60)
        if progress >= 1:
            break
        for parameters in optimiser.param_groups:
            parameters["lr"] = learning_rate(step, progress)
        batch = collate(group, "gb" if rng.random() < BRITISH_SHARE else "us", device)
        parts = losses(model, batch)
        optimiser.zero_grad()
        sum(parts.values()).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not torch.isfinite(norm):
            print(f"step {step}: gradient is not finite, step skipped", flush=True)
            continue
        optimiser.step()
        for name, value in parts.items():
            running[name] = 0.95 * running.get(name, float(value)) + 0.05 * float(value)
        if time.time() - reported > 60:
            reported = time.time()
            print(f"{(reported - started) / 60:5.1f} min, step {step}: " + ", ".join(f"{name} {value:.3f}" for name, value in running.items()), flush=True)
            on_checkpoint()
    on_checkpoint()
