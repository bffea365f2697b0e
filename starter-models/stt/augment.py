"""From a clean clip to what a microphone might have heard: speed, room, colour, noise, level and padding."""
import numpy as np
from scipy import fft

RATE = 16000
WARP_WINDOW, WARP_HOP = 512, 128
ENVELOPE_CEPSTRA = 28


def change_speed(samples, factor):
    """Play `factor` times faster; pitch and formants move too, which makes a further speaker of each voice."""
    count = int(len(samples) / factor)
    return np.interp(np.arange(count) * factor, np.arange(len(samples)), samples).astype(np.float32)


def warp_formants(samples, factor):
    """Move the formants up by `factor` and leave the pitch: another throat for the same voice.

    The envelope is the cepstrum's first coefficients; window and hop make the overlapping squares add up to 1.5.
    """
    taper = np.hanning(WARP_WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, (WARP_WINDOW, WARP_WINDOW + WARP_HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WARP_WINDOW)[::WARP_HOP]
    spectrum = fft.rfft(frames * taper, axis=1)
    cepstrum = fft.irfft(np.log(np.abs(spectrum) + 1e-3), WARP_WINDOW, axis=1)
    cepstrum[:, ENVELOPE_CEPSTRA:WARP_WINDOW - ENVELOPE_CEPSTRA + 1] = 0
    envelope = fft.rfft(cepstrum, axis=1).real
    last = envelope.shape[1] - 1
    source = np.minimum(np.arange(last + 1) / factor, last)
    below = np.minimum(source.astype(np.int64), last - 1)
    share = (source - below).astype(np.float32)
    warped = envelope[:, below] * (1 - share) + envelope[:, below + 1] * share
    frames = fft.irfft(spectrum * np.exp(warped - envelope), WARP_WINDOW, axis=1).astype(np.float32) * taper
    out = np.zeros(len(padded) + WARP_WINDOW, np.float32)
    for phase in range(WARP_WINDOW // WARP_HOP):
        part = frames[phase::WARP_WINDOW // WARP_HOP].reshape(-1)
        out[phase * WARP_HOP:phase * WARP_HOP + len(part)] += part
    return out[WARP_WINDOW:WARP_WINDOW + len(samples)] / 1.5


def room(rng):
    """An impulse response: the direct sound, then an exponentially decaying tail (reverberation time 0.08-0.7 s)."""
    seconds = rng.uniform(0.08, 0.7)
    size = int(seconds * RATE * 0.8)
    tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / RATE / seconds)
    tail *= 10 ** (-rng.uniform(0, 14) / 20) / np.sqrt(np.sum(tail ** 2))
    tail[:int(rng.uniform(0.001, 0.01) * RATE)] = 0
    tail[0] = 1.0
    return tail


def colour(rng, hz, gentle):
    """A smooth gain curve over frequency: tilt and bumps of a few dB, and sometimes a narrow band like a telephone's."""
    octaves = np.log2(np.maximum(hz, 40) / 1000)
    gain_db = rng.uniform(-3, 3) * octaves * (0.4 if gentle else 1)
    for _ in range(rng.integers(0, 3)):
        gain_db = gain_db + rng.uniform(-8, 6) * np.exp(-0.5 * ((octaves - rng.uniform(-3, 3)) / rng.uniform(0.3, 1)) ** 2)
    gain = 10 ** (gain_db / 20)
    if rng.uniform() < 0.4:
        gain = gain / (1 + (rng.uniform(60, 350) / np.maximum(hz, 1)) ** 4)
    if rng.uniform() < 0.4:
        gain = gain / np.sqrt(1 + (hz / rng.uniform(3000, 7500)) ** 12)
    return gain


def reshape(rng, samples, strength):
    """Room and colour in one FFT convolution; the length stays the same."""
    with_room = rng.uniform() < 0.45 * strength
    with_colour = rng.uniform() < 0.7 * strength
    if not with_room and not with_colour:
        return samples
    response = room(rng) if with_room else np.ones(1)
    size = fft.next_fast_len(len(samples) + len(response), real=True)
    spectrum = fft.rfft(samples, size)
    if with_room:
        spectrum = spectrum * fft.rfft(response.astype(np.float32), size)
    if with_colour:
        spectrum = spectrum * colour(rng, fft.rfftfreq(size, 1 / RATE), strength < 1).astype(np.float32)
    return fft.irfft(spectrum, size)[:len(samples)].astype(np.float32)


def rms(samples):
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)) + 1e-9)


def set_level(rng, clip, level):
    clip = clip * (10 ** (level / 20) / rms(clip))
    return np.clip(clip, -1, 1)


def speech_clip(rng, samples, length, strength, bank):
    """Place int16 `samples` in a clip of `length` and disturb it; strength 0 is clean, 1 is everything."""
    speech = samples.astype(np.float32) / 32768
    level = rms(speech)
    clip = np.zeros(length, np.float32)
    spare = length - len(speech)
    start = int(rng.uniform(0, 1) * max(0, spare))
    clip[start:start + len(speech)] = speech[:length]
    if strength > 0:
        clip = reshape(rng, clip, strength)
        if rng.uniform() < 0.75 * strength:
            ratio_db = rng.uniform(5, 30) if rng.uniform() < 0.7 else rng.uniform(2, 14)
            clip = clip + bank.behind_speech(rng, length) * level * 10 ** (-ratio_db / 20)
        if rng.uniform() < 0.08 * strength:
            clip = np.clip(clip, -2 * level, 2 * level)
    clip = set_level(rng, clip, rng.uniform(-38, -15) if strength > 0 else rng.uniform(-27, -20))
    return clip + rng.standard_normal(length).astype(np.float32) * 10 ** (rng.uniform(-95, -65) / 20)


def empty_clip(rng, length, bank):
    """Noise, music or (near) silence, for which the right transcript is nothing."""
    if rng.uniform() < 0.15:
        return rng.standard_normal(length).astype(np.float32) * 10 ** (rng.uniform(-110, -50) / 20)
    sound = bank.cut(rng, length)
    if rng.uniform() < 0.3:
        sound = sound + bank.cut(rng, length) * rng.uniform(0.2, 1)
    return set_level(rng, reshape(rng, sound, 1.0), rng.uniform(-60, -12)).astype(np.float32)
