"""What Flite's ClusterGen voices compute on the way to speech: phones with end times, pitch, mel-cepstra and band voicing."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterator

import numpy as np

SOURCE = Path(__file__).with_name("flite_params.c")
VOICES = ("rms", "slt")
FRAME_SECONDS = 0.005
_LIBRARIES = "-lflite_cmu_us_rms -lflite_cmu_us_slt -lflite_usenglish -lflite_cmulex -lflite -lm".split()


@dataclass(frozen=True)
class Speech:
    phones: list[tuple[str, float]]  # name, end in seconds
    hertz: np.ndarray  # [frames], 0 when unvoiced
    cepstra: np.ndarray  # [frames, 25]
    strengths: np.ndarray  # [frames, bands]


@dataclass(frozen=True)
class Excitation:
    filters: np.ndarray  # [bands, taps], at 16 kHz
    alpha: float


def compile_program(folder: Path) -> Path:
    program = folder / "flite_params"
    subprocess.run(["gcc", "-O2", "-o", program, SOURCE, *_LIBRARIES], check=True)
    return program


def speakable(text: str) -> str:
    """Punctuation that Flite does not know, in signs that it knows."""
    return text.replace("…", ".").replace(" —", ",").replace("—", ",")


def run(program: Path, voice: str, texts: list[str], output: Path) -> None:
    lines = "\n".join(speakable(text) for text in texts) + "\n"
    with output.open("wb") as file:
        subprocess.run([program, voice], input=lines.encode(), stdout=file, check=True)


def _numbers(file: BinaryIO, kind: str, count: int) -> np.ndarray:
    return np.frombuffer(file.read(4 * count), kind, count)


def _int(file: BinaryIO) -> int:
    return int(_numbers(file, "<i4", 1)[0])


def _track(file: BinaryIO) -> np.ndarray:
    frames, channels = _numbers(file, "<i4", 2)
    return _numbers(file, "<f4", frames * channels).reshape(frames, channels)


def read_excitation(file: BinaryIO) -> Excitation:
    bands, taps = _numbers(file, "<i4", 2)
    alpha, seconds = _numbers(file, "<f4", 2)
    if abs(seconds - FRAME_SECONDS) > 1e-6:
        raise ValueError(f"expected frames of {FRAME_SECONDS} s, got {seconds} s")
    return Excitation(_numbers(file, "<f4", bands * taps).reshape(bands, taps), float(alpha))


def read_speech(path: Path) -> Iterator[Speech]:
    """The utterances of one voice in the order they were given."""
    with path.open("rb") as file:
        read_excitation(file)
        end = path.stat().st_size
        while file.tell() < end:
            phones = []
            for _ in range(_int(file)):
                name = file.read(8).split(b"\0")[0].decode()
                phones.append((name, float(_numbers(file, "<f4", 1)[0])))
            vectors, strengths = _track(file), _track(file)
            yield Speech(phones, vectors[:, 0], vectors[:, 1:], strengths)
