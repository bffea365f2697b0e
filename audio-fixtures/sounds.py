"""Everything in the fixtures that is not speech: room noise, babble, a fan, music, and mixing at a given SNR."""

import numpy as np
from scipy.signal import lfilter, resample_poly

from voices import VOICES, say


def resample(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    divisor = np.gcd(from_hz, to_hz)
    return samples if from_hz == to_hz else resample_poly(samples, to_hz // divisor, from_hz // divisor)


def shaped_noise(count: int, sample_rate: int, slope_db_per_octave: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of unit power whose spectrum falls by the given slope above 60 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / sample_rate), 60)
    noise = np.fft.irfft(spectrum * (hertz / 60) ** (-slope_db_per_octave / 6.02), count)
    return noise / np.sqrt(np.mean(noise**2))


def room(count: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    return shaped_noise(count, sample_rate, 4, rng)


def fan(count: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    seconds = np.arange(count) / sample_rate
    hum = sum(np.sin(2 * np.pi * 97 * harmonic * seconds + rng.uniform(0, 6)) / harmonic for harmonic in range(1, 8))
    noise = shaped_noise(count, sample_rate, 3, rng) + 0.5 * hum
    return noise / np.sqrt(np.mean(noise**2))


def babble(count: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Six speakers at once, too many to follow any of them."""
    text = "the boat left early and nobody on the shore could say where the old captain had gone that morning"
    mixture = np.zeros(count)
    for place in rng.permutation(len(VOICES))[:6]:
        speech = say(VOICES[place], text)
        samples = resample(speech.samples, speech.sample_rate, sample_rate)
        samples = np.resize(np.roll(samples, rng.integers(len(samples))), count)
        mixture += samples / np.sqrt(np.mean(samples**2))
    mixture += shaped_noise(count, sample_rate, 4, rng)
    return mixture / np.sqrt(np.mean(mixture**2))


def music(count: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """A made-up tune on plucked strings over held chords, peak 0.3."""
    output = np.zeros(count)
    beat = int(sample_rate * 0.28)
    scale = [0, 2, 4, 7, 9, 12, 14, 16]
    for number, start in enumerate(range(0, count - beat, beat)):
        hertz = 220 * 2 ** (scale[rng.integers(len(scale))] / 12)
        length = min(count - start, beat * 3)
        seconds = np.arange(length) / sample_rate
        output[start : start + length] += sum(
            np.sin(2 * np.pi * hertz * harmonic * seconds) * np.exp(-seconds * (3 + harmonic)) / harmonic for harmonic in range(1, 7)
        )
        if number % 8 == 0:
            length = min(count - start, beat * 8)
            seconds = np.arange(length) / sample_rate
            root = 110 * 2 ** ([0, 5, 7, -3][(number // 8) % 4] / 12)
            envelope = np.minimum(1, np.minimum(seconds / 0.2, (length / sample_rate - seconds) / 0.2))
            output[start : start + length] += 0.4 * envelope * sum(np.sin(2 * np.pi * root * step * seconds) for step in (1, 1.26, 1.5))
    output = lfilter([0.6], [1, -0.4], output)
    return 0.3 * output / np.abs(output).max()


NOISES = {"room": room, "fan": fan, "babble": babble}


def mixed(speech: np.ndarray, span: tuple[int, int], noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Speech plus unit-power noise at `snr_db` below the speech's mean power inside `span`."""
    power = np.mean(speech[span[0] : span[1]] ** 2)
    return speech + noise * np.sqrt(power / 10 ** (snr_db / 10))
