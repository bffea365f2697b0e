"""Sounds that are not speech, made by arithmetic: coloured noise, hum, wind, clicks, beeps, engines and music."""
import numpy as np

RATE = 16000


def coloured(rng, length):
    """Noise with a random spectral slope, 0 (white) to −12 dB per octave (beyond brown), slightly peaked."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0)
    shape = hz ** -rng.uniform(0.0, 2.0)
    for _ in range(rng.integers(0, 4)):
        centre = np.exp(rng.uniform(np.log(80), np.log(6000)))
        shape = shape * (1 + rng.uniform(1, 8) * np.exp(-0.5 * (np.log(hz / centre) / rng.uniform(0.05, 0.5)) ** 2))
    return np.fft.irfft(spectrum * shape, length)


def slow_curve(rng, length, per_second):
    """A smooth random curve between 0 and 1 that changes about `per_second` times a second."""
    points = rng.uniform(0, 1, max(4, int(length / RATE * per_second) + 4))
    return np.interp(np.linspace(0, len(points) - 1, length), np.arange(len(points)), points)


def wind(rng, length):
    return coloured(rng, length) * slow_curve(rng, length, rng.uniform(0.5, 4)) ** 2


def hum(rng, length):
    t = np.arange(length) / RATE
    base = rng.choice([50.0, 60.0, rng.uniform(40, 400)])
    tone = sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6.3)) * rng.uniform(0, 1) / k for k in range(1, rng.integers(2, 20)))
    return tone + 0.1 * rng.uniform() * rng.standard_normal(length)


def engine(rng, length):
    t = np.arange(length) / RATE
    rate = rng.uniform(8, 60)
    return coloured(rng, length) * (1 + np.sin(2 * np.pi * rate * t + 3 * slow_curve(rng, length, 1)))


def knocks(rng, length):
    """Keys, clicks, footsteps and crockery: short decaying resonances at random times."""
    result = 0.002 * rng.standard_normal(length)
    for _ in range(max(1, int(length / RATE * rng.uniform(0.5, 8)))):
        size = int(rng.uniform(0.01, 0.25) * RATE)
        t = np.arange(size) / RATE
        hit = np.exp(-t * rng.uniform(15, 200)) * (rng.standard_normal(size) * rng.uniform(0, 1)
                                                   + np.sin(2 * np.pi * rng.uniform(100, 5000) * t) * rng.uniform(0, 1))
        start = int(rng.integers(0, max(1, length - size)))
        result[start:start + size] += (hit * rng.uniform(0.2, 1))[:length - start]
    return result


def beeps(rng, length):
    t = np.arange(length) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(300, 3000) * t) + rng.uniform() * np.sin(2 * np.pi * rng.uniform(300, 3000) * t)
    return tone * (np.sin(2 * np.pi * rng.uniform(0.3, 8) * t) > rng.uniform(-0.5, 0.8)) + 0.005 * rng.standard_normal(length)


def note(rng, hz, size, brightness, vibrato):
    t = np.arange(size) / RATE
    phase = 2 * np.pi * hz * t + vibrato * np.sin(2 * np.pi * 5.5 * t)
    tone = sum(np.sin(k * phase) * brightness ** (k - 1) for k in range(1, 9) if k * hz < 7500)
    attack, decay = rng.uniform(0.003, 0.08), rng.uniform(0.3, 6)
    return tone * np.minimum(1, t / attack) * np.exp(-t * decay) * np.minimum(1, (size / RATE - t) / 0.02)


def music(rng, length):
    """A melody or chords over a scale with bass and drums; every part is optional but one always plays."""
    beat = int(rng.uniform(0.12, 0.5) * RATE)
    scale = np.array(([0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 3, 5, 7, 10, 12, 15])[rng.integers(0, 3)])
    root = rng.uniform(110, 330)
    brightness, vibrato = rng.uniform(0.2, 0.8), rng.uniform(0, 0.6)
    parts = rng.uniform(size=3) < (0.8, 0.5, 0.5)
    result = 0.002 * rng.standard_normal(length)
    for start in range(0, length, beat):
        size = min(int(beat * rng.choice([1, 1, 2, 4])), length - start)
        if size < 400:
            continue
        if (parts[0] or not parts.any()) and rng.uniform() < 0.85:
            for degree in rng.integers(0, 7, rng.choice([1, 1, 1, 3])):
                result[start:start + size] += note(rng, root * 2 ** (scale[degree] / 12), size, brightness, vibrato)
        if parts[1] and rng.uniform() < 0.5:
            result[start:start + size] += 1.5 * note(rng, root / 2 * 2 ** (scale[rng.integers(0, 3)] / 12), size, 0.4, 0)
        if parts[2] and rng.uniform() < 0.8:
            t = np.arange(size) / RATE
            result[start:start + size] += rng.standard_normal(size) * np.exp(-t * rng.uniform(20, 80)) * rng.uniform(0.3, 2)
    return result


KINDS = dict(coloured=coloured, wind=wind, hum=hum, engine=engine, knocks=knocks, beeps=beeps, music=music)
WEIGHTS = dict(coloured=0.26, wind=0.09, hum=0.08, engine=0.12, knocks=0.12, beeps=0.09, music=0.24)


def draw(rng, length, kind=None):
    """One clip of `length` samples with an RMS of 1 (float32)."""
    kind = kind or rng.choice(list(WEIGHTS), p=list(WEIGHTS.values()))
    sound = KINDS[kind](rng, length)
    return (sound / (np.sqrt(np.mean(sound ** 2)) + 1e-9)).astype(np.float32)


class NoiseBank:
    """Sounds drawn once and cut at random afterwards, since drawing them anew for each clip would be slow."""

    def __init__(self, rng, clips=240, seconds=8):
        self.clips = [draw(rng, seconds * RATE) for _ in range(clips)]
        self.babble = []

    def make_babble(self, rng, voices, clips=12, seconds=8):
        """Rooms full of people: three to eight of the given int16 clips at once, each as loud as the others."""
        self.babble = []
        for _ in range(clips):
            mixture = np.zeros(seconds * RATE, np.float32)
            for _ in range(rng.integers(3, 9)):
                line = np.concatenate([voices[k] for k in rng.integers(0, len(voices), 8)]).astype(np.float32)
                line = np.resize(np.roll(line, rng.integers(0, len(line))), len(mixture))
                mixture += line / (np.sqrt(np.mean(line ** 2)) + 1e-9) * rng.uniform(0.6, 1.4)
            mixture += rng.uniform(0, 1.2) * draw(rng, len(mixture), 'coloured')
            self.babble.append(mixture / np.sqrt(np.mean(mixture ** 2)))

    def behind_speech(self, rng, length):
        """A sound to put under speech: among them babble, which is no example of silence."""
        if self.babble and rng.uniform() < 0.3:
            return self.cut(rng, length, self.babble)
        return self.cut(rng, length)

    def cut(self, rng, length, clips=None):
        clips = clips or self.clips
        clip = clips[rng.integers(0, len(clips))]
        if length <= len(clip):
            start = rng.integers(0, len(clip) - length + 1)
            return clip[start:start + length]
        return np.concatenate([clip, self.cut(rng, length - len(clip), clips)])
