"""Measures the voice: word error rate by the starter recogniser, level, clipping, durations, speed. Usage: /usr/bin/python3 evaluate.py"""

import argparse
import json
import subprocess
import sys
import tempfile
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from corpus.sentences import spoken
from texts import heldout_texts

SAMPLE_RATE, UNIT_SAMPLES, RECOGNISER_RATE = 24000, 600, 16000
SEED = 7


def speak(folder: Path, requests: list[dict], output: Path) -> list[dict]:
    lines = "\n".join(json.dumps(request) for request in requests) + "\n"
    run = subprocess.run(["node", HERE / "speak.mjs", folder, output], input=lines, text=True, check=True, stdout=subprocess.PIPE)
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    return [{**report, "samples": np.fromfile(output / f"{place}.f32", np.float32)} for place, report in enumerate(reports)]


def speaking_level_db(samples: np.ndarray) -> float:
    """RMS over the 20 ms pieces within 30 dB of the loudest."""
    pieces = samples[: len(samples) // 480 * 480].reshape(-1, 480).astype(np.float64)
    power = (pieces**2).mean(1)
    return float(10 * np.log10(power[power > power.max() * 1e-3].mean()))


def transcribe(recogniser: Path, clips: list[np.ndarray], work: Path) -> list[str]:
    from stt.tokenizer import Tokenizer

    divisor = gcd(SAMPLE_RATE, RECOGNISER_RATE)
    for place, samples in enumerate(clips):
        resample_poly(samples, RECOGNISER_RATE // divisor, SAMPLE_RATE // divisor).astype(np.float32).tofile(work / f"{place}.16k.f32")
    lines = "\n".join(json.dumps({"file": str(work / f"{place}.16k.f32")}) for place in range(len(clips))) + "\n"
    run = subprocess.run(["node", HERE.parent / "stt" / "transcribe.mjs", recogniser], input=lines, text=True, check=True, stdout=subprocess.PIPE)
    tokenizer = Tokenizer.load(recogniser / "tokenizer.json")
    return [spoken(tokenizer.decode(json.loads(line))) for line in run.stdout.splitlines()]


def measure(folder: Path, recogniser: Path | None, texts: list[str], voice: str, speed: float = 1.0, style: str = "own") -> dict:
    from stt.scoring import word_error_rate

    with tempfile.TemporaryDirectory() as work:
        reports = speak(folder, [{"text": text, "voice": voice, "speed": speed, "style": style} for text in texts], Path(work))
        clips = [report["samples"] for report in reports]
        levels = [speaking_level_db(samples) for samples in clips]
        result = {
            "voice": voice, "style": style, "speed": speed, "sentences": len(texts),
            "seconds": round(sum(len(samples) for samples in clips) / SAMPLE_RATE, 1),
            "levelDb": [round(min(levels), 1), round(float(np.median(levels)), 1), round(max(levels), 1)],
            "peak": round(max(float(np.abs(samples).max()) for samples in clips), 3),
            "notFinite": sum(int((~np.isfinite(samples)).sum()) for samples in clips),
            "durationMismatches": sum(report["durationSum"] * UNIT_SAMPLES != report["sampleCount"] for report in reports),
            "realTimeFactor": round(float(np.median([report["realTimeFactor"] for report in reports])), 4),
        }
        if recogniser:
            pairs = [(spoken(text), heard) for text, heard in zip(texts, transcribe(recogniser, clips, Path(work)))]
            result["wordErrorRate"] = word_error_rate(pairs)
            result["worst"] = [pair for pair in pairs if pair[0] != pair[1]][:8]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--recogniser", type=Path, default=HERE.parent / "stt")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--signal-only", action="store_true", help="leave the recogniser out")
    arguments = parser.parse_args()
    recogniser = None if arguments.signal_only else arguments.recogniser
    texts = heldout_texts(arguments.sentences, SEED)
    few = texts[: max(1, arguments.sentences // 5)]
    runs = [("am_michael", 1.0, "own", texts), ("af_heart", 1.0, "own", texts), ("am_michael", 0.8, "own", few), ("am_michael", 1.25, "own", few), ("am_michael", 1.0, "foreign", few)]
    for voice, speed, style, chosen in runs:
        print(json.dumps(measure(arguments.folder, recogniser, chosen, voice, speed, style)), flush=True)


if __name__ == "__main__":
    main()
