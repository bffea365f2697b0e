"""Synthetic speakers of the fixtures, all from Debian packages: espeak-ng (with word timings), flite, festival."""

import ctypes
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import wavfile


@dataclass(frozen=True)
class Speech:
    samples: np.ndarray  # float64 in [-1, 1]
    sample_rate: int
    word_starts_ms: list[float] | None


@dataclass(frozen=True)
class Voice:
    engine: str
    name: str
    words_per_minute: int = 160
    pitch: int = 50

    @property
    def label(self) -> str:
        return f"{self.engine}:{self.name}"


VOICES = [
    Voice("espeak", "en-us+m3"), Voice("espeak", "en-gb+f2", 150, 55), Voice("flite", "awb"), Voice("espeak", "en-us+f4", 165, 60),
    Voice("flite", "kal16"), Voice("espeak", "en-gb-x-rp+m1", 150, 45), Voice("espeak", "en-us+michael", 155), Voice("festival", "kal_diphone"),
    Voice("espeak", "en-gb-scotland+m4", 150, 40), Voice("espeak", "en-us+Alicia", 155, 55), Voice("espeak", "en-us+klatt4", 150),
    Voice("flite", "awb"), Voice("espeak", "en-gb+david", 155, 50), Voice("espeak", "en-us+belinda", 150, 60),
]


class _EspeakEvent(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user_data", ctypes.c_void_p), ("id", ctypes.c_char * 8),
    ]


_SYNCHRONOUS, _UTF8, _RATE, _PITCH, _WORD_EVENT = 2, 1, 1, 3, 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent))
# espeak-ng's library finds voices by file, its command line also by language.
_ESPEAK_FILES = {"en-us": "gmw/en-US", "en-gb": "gmw/en", "en-gb-x-rp": "gmw/en-GB-x-rp", "en-gb-scotland": "gmw/en-GB-scotland"}
_espeak = None


def _say_with_espeak(voice: Voice, text: str) -> Speech:
    global _espeak
    if _espeak is None:
        library = ctypes.CDLL("libespeak-ng.so.1")
        _espeak = library, library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
    library, sample_rate = _espeak
    blocks, word_starts_ms = [], []

    def receive(samples, count, events):
        if samples and count:
            blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != 0:
            if events[index].type == _WORD_EVENT:
                word_starts_ms.append(float(events[index].audio_position))
            index += 1
        return 0

    callback = _CALLBACK(receive)
    library.espeak_SetSynthCallback(callback)
    accent, variant = voice.name.split("+")
    if library.espeak_SetVoiceByName(f"{_ESPEAK_FILES[accent]}+{variant}".encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {voice.name!r}")
    library.espeak_SetParameter(_RATE, voice.words_per_minute, 0)
    library.espeak_SetParameter(_PITCH, voice.pitch, 0)
    encoded = text.encode()
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    complete = word_starts_ms if len(word_starts_ms) == len(text.split()) else None
    return Speech(np.concatenate(blocks) / 32768, sample_rate, complete)


def _say_with_program(voice: Voice, text: str) -> Speech:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        if voice.engine == "flite":
            command, script = ["flite", "-voice", voice.name, "-t", text, "-o", path], None
        else:
            command = ["festival", "--pipe"]
            script = f'(voice_{voice.name})(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}")'
        subprocess.run(command, input=script, text=True, check=True, capture_output=True)
        sample_rate, samples = wavfile.read(path)
    return Speech(samples / 32768, sample_rate, None)


def say(voice: Voice, text: str) -> Speech:
    """The text in this voice at the engine's own rate, cut to the first and last audible sample."""
    speech = _say_with_espeak(voice, text) if voice.engine == "espeak" else _say_with_program(voice, text)
    first, end = audible_span(speech.samples)
    starts = speech.word_starts_ms
    cut_ms = first / speech.sample_rate * 1000
    return Speech(speech.samples[first:end], speech.sample_rate, starts and [max(0.0, start - cut_ms) for start in starts])


def audible_span(samples: np.ndarray, floor_db: float = -50) -> tuple[int, int]:
    """First sample and one past the last sample within `floor_db` of the peak."""
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 10 ** (floor_db / 20))
    return int(loud[0]), int(loud[-1]) + 1
