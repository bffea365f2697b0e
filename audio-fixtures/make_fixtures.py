"""Synthesises the project's audio fixtures and their index.json. Usage: /usr/bin/python3 make_fixtures.py [--questions N]

Needs Debian's python3-numpy, python3-scipy, espeak-ng, flite, festival, festvox-kallpc16k and flac. Seeds are fixed.
"""

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
from scipy.io import wavfile

import turn_taking
from questions import questions
from sounds import NOISES, mixed, resample
from voices import VOICES, audible_span, say

FOLDER = Path(__file__).resolve().parent
SAMPLE_RATES = [16000, 48000, 8000, 24000, 44100]
NOISY_RATES = [16000, 8000, 24000, 16000, 8000, 44100, 16000, 8000, 24000, 8000, 48000]
NOISE_ORDER = ["room", "fan", "room", "babble"]
LEAD_MS, TAIL_MS, SNR_DB, SPEECH_RMS_DB = 300, 600, 10, -22
SEED = 20251120


def write(name: str, samples: np.ndarray, sample_rate: int, flac: bool) -> dict:
    """Writes 16-bit mono and returns the entry's file fields."""
    pcm = np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16)
    path = FOLDER / f"{name}.wav"
    wavfile.write(path, sample_rate, pcm)
    if flac:
        subprocess.run(["flac", "--silent", "--force", "--best", "--delete-input-file", "--no-padding", path], check=True)
        path = path.with_suffix(".flac")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"name": name, "file": path.name, "sha256": digest, "sampleRate": sample_rate, "sampleCount": len(samples)}


def spoken_at(text: str, voice, sample_rate: int) -> tuple[np.ndarray, list[float] | None]:
    """Speech at `sample_rate` and at the common level."""
    speech = say(voice, text)
    samples = resample(speech.samples, speech.sample_rate, sample_rate)
    samples = samples * 10 ** (SPEECH_RMS_DB / 20) / np.sqrt(np.mean(samples**2))
    return samples * min(1, 0.9 / np.abs(samples).max()), speech.word_starts_ms


def placed(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, tuple[int, int]]:
    lead, tail = (np.zeros(sample_rate * ms // 1000) for ms in (LEAD_MS, TAIL_MS))
    whole = np.concatenate([lead, samples, tail])
    return whole, audible_span(whole)


def span_ms(span: tuple[int, int], sample_rate: int) -> dict:
    return {"speechStartMs": round(span[0] / sample_rate * 1000, 2), "speechEndMs": round(span[1] / sample_rate * 1000, 2)}


def word_timings(text: str, starts_ms: list[float] | None, span: dict) -> list[dict] | None:
    if starts_ms is None:
        return None
    starts = [round(span["speechStartMs"] + start, 2) for start in starts_ms]
    ends = [*starts[1:], span["speechEndMs"]]
    return [{"word": word, "startMs": start, "endMs": end} for word, start, end in zip(text.split(), starts, ends)]


def question_fixtures(count: int) -> list[dict]:
    """Each question clean and in noise at 10 dB; the two differ in sample rate, not in voice."""
    entries = []
    for number, question in enumerate(questions(count, SEED)):
        voice = VOICES[number % len(VOICES)]
        for noisy in (False, True):
            rates = NOISY_RATES if noisy else SAMPLE_RATES
            sample_rate = rates[number % len(rates)]
            samples, starts_ms = spoken_at(question["text"], voice, sample_rate)
            whole, span = placed(samples, sample_rate)
            noise_name = NOISE_ORDER[number % len(NOISE_ORDER)] if noisy else None
            if noise_name:
                rng = np.random.default_rng([SEED, number])
                whole = mixed(whole, span, NOISES[noise_name](len(whole), sample_rate, rng), SNR_DB)
                whole *= min(1, 0.95 / np.abs(whole).max())
            name = f"question-{number + 1:03d}-{'noise' if noisy else 'clean'}"
            times = span_ms(span, sample_rate)
            entries.append({
                **write(name, whole, sample_rate, flac=number >= 2 or noisy), "kind": "question", "voice": voice.label,
                "snrDb": SNR_DB if noisy else None, "noise": noise_name, "transcript": question["text"],
                "fact": question["fact"], "expectedFact": question["expectedFact"], **times,
                "wordTimings": word_timings(question["text"], starts_ms, times),
            })
    return entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=60)
    arguments = parser.parse_args()
    for old in [*FOLDER.glob("*.wav"), *FOLDER.glob("*.flac")]:
        old.unlink()
    entries = question_fixtures(arguments.questions) + turn_taking.fixtures(write, spoken_at)
    text = json.dumps({"version": 1, "seed": SEED, "fixtures": entries}, indent=1)
    (FOLDER / "index.json").write_text(text + "\n", encoding="utf-8")
    total = sum((FOLDER / entry["file"]).stat().st_size for entry in entries)
    print(f"{len(entries)} fixtures, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
