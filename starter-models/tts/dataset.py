"""Training examples: symbols with durations in 5 ms frames, and the frames' targets, per voice and accent."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import flite_speech
from align import symbol_ends
from symbols import PAD, VOCABULARY, encode

ACCENTS = {"us": "af_heart", "gb": "bf_emma"}
EVERY = {"us": 1, "gb": 4}  # one text in this many is also read in the accent's phonemes
LEAD_SECONDS, TAIL_SECONDS = 0.05, 0.1
LEVEL_SHIFT = {"rms": 0.0, "slt": -0.45}  # natural-log gain that brings both voices to one level
WORST_ALIGNMENT_COST = 0.3


@dataclass
class Example:
    voice: int
    symbols: dict[str, np.ndarray]  # accent -> ids [n]
    ends: dict[str, np.ndarray]  # accent -> end of each symbol in frames [n]
    frames: np.ndarray  # float16 [frames, channels]


def phonemize(texts: list[str], accent: str, output: Path) -> None:
    program = Path(__file__).with_name("phonemize.mjs")
    with output.open("wb") as file:
        subprocess.run(["node", program, ACCENTS[accent]], input=("\n".join(texts) + "\n").encode(), stdout=file, check=True)


def frame_targets(speech: flite_speech.Speech, voice: str) -> np.ndarray:
    """log pitch (interpolated), voicing, cepstrum, band strengths."""
    voiced = speech.hertz > 20
    places = np.arange(len(voiced))
    log_pitch = np.interp(places, places[voiced], np.log(speech.hertz[voiced])) if voiced.any() else np.full(len(voiced), 5.0)
    cepstra = speech.cepstra.copy()
    cepstra[:, 0] += LEVEL_SHIFT[voice]
    return np.concatenate([log_pitch[:, None], voiced[:, None], cepstra, speech.strengths], 1)


def example(speech: flite_speech.Speech, voice: str, phonemes: dict[str, str]) -> Example | None:
    """None where phonemes and phones do not fit together."""
    frames = frame_targets(speech, voice)
    total = speech.phones[-1][1]
    cut = max(0.0, speech.phones[0][1] - LEAD_SECONDS)
    first = round(cut / flite_speech.FRAME_SECONDS)
    last_sound = speech.phones[-2][1]
    stop = min(len(frames), round(min(total, last_sound + TAIL_SECONDS) / flite_speech.FRAME_SECONDS))
    symbols, ends = {}, {}
    for accent, text in phonemes.items():
        known = PAD + "".join(symbol for symbol in text if symbol in VOCABULARY) + PAD
        seconds, cost = symbol_ends(known, speech.phones)
        if cost > WORST_ALIGNMENT_COST or len(known) > 512:
            return None
        symbols[accent] = np.array(encode(text), np.int64)
        ends[accent] = np.clip(np.round(seconds / flite_speech.FRAME_SECONDS) - first, 0, stop - first).astype(np.int32)
        ends[accent][-1] = stop - first
    return Example(flite_speech.VOICES.index(voice), symbols, ends, frames[first:stop].astype(np.float16))


def load(folder: Path, name: str) -> list[Example]:
    """Examples of the texts `name` in `folder`, see prepare."""
    phonemes = {accent: [json.loads(line) for line in (folder / f"{name}.{accent}.jsonl").open()] for accent in ACCENTS}
    examples, rejected = [], 0
    for voice in flite_speech.VOICES:
        for place, speech in enumerate(flite_speech.read_speech(folder / f"{name}.{voice}.bin")):
            made = example(speech, voice, {accent: lines[place // EVERY[accent]] for accent, lines in phonemes.items() if place % EVERY[accent] == 0})
            examples.extend([made] if made else [])
            rejected += made is None
    print(f"{name}: {len(examples)} utterances, {sum(len(e.frames) for e in examples) * flite_speech.FRAME_SECONDS / 3600:.1f} h, {rejected} rejected", flush=True)
    return examples


def prepare(folder: Path, name: str, texts: list[str]) -> None:
    """Phonemes and Flite's parameters of each text, as files in `folder`."""
    program = flite_speech.compile_program(folder)
    for accent in ACCENTS:
        phonemize(texts[:: EVERY[accent]], accent, folder / f"{name}.{accent}.jsonl")
    for voice in flite_speech.VOICES:
        flite_speech.run(program, voice, texts, folder / f"{name}.{voice}.bin")
