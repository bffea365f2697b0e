"""Synthetic speakers: which are taught, which are kept for the test, and how each engine is driven.

flite `slt` and `rms`, and every other engine's edition of those two speakers, are never trained on: the starter
voice is built from them and its intelligibility is judged by this recogniser.
"""
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

RATE = 16000

ESPEAK_ACCENTS = ['en-us', 'en-us', 'en-us', 'en-gb', 'en-gb', 'en-gb-x-rp', 'en-gb-scotland', 'en-gb-x-gbclan',
                  'en-gb-x-gbcwmd', 'en-029', 'en-us-nyc']
ESPEAK_TAUGHT = """f1 f2 f3 f4 m1 m2 m3 m4 m5 m6 m7 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee
Marco Mario Michael Nguyen adam announcer antonio aunty belinda benjamin boris caleb david grandma grandpa gustave iven
iven2 iven3 john klatt klatt2 klatt4 klatt5 max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph
steph2 travis victor zac""".split()
ESPEAK_UNSEEN = ['f5', 'm8', 'linda', 'edward', 'Mike', 'steph3', 'marcelo', 'klatt3']


@dataclass(frozen=True)
class Voice:
    engine: str
    name: str

    def __str__(self):
        return f'{self.engine}:{self.name}'


TAUGHT = {
    Voice('espeak', 'any'): 36,
    Voice('flite', 'kal16'): 9,
    Voice('flite', 'awb'): 12,
    Voice('festival', 'kal_diphone'): 3,
    Voice('pico', 'en-US'): 9,
    Voice('pico', 'en-GB'): 9,
    Voice('rhvoice', 'alan'): 6,
    Voice('rhvoice', 'bdl'): 6,
    Voice('rhvoice', 'clb'): 7,
}
UNSEEN = [Voice('flite', 'slt'), Voice('flite', 'rms'), Voice('festival', 'ked_diphone')] + \
         [Voice('espeak', name) for name in ESPEAK_UNSEEN]
PROGRAMS = dict(espeak='espeak-ng', flite='flite', festival='festival', pico='pico2wave', rhvoice='RHVoice-test')


def installed(voice):
    """RHVoice and Pico are in Debian's non-free section; the recipe does without them where they are missing."""
    return shutil.which(PROGRAMS[voice.engine]) is not None


def taught_voices():
    return {voice: weight for voice, weight in TAUGHT.items() if installed(voice)}


def unseen_voices():
    return [voice for voice in UNSEEN if installed(voice)]


def quiet(command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **options)


def espeak(sentence, voice, rng, path):
    variant = rng.choice(ESPEAK_TAUGHT) if voice.name == 'any' else voice.name
    accent = rng.choice(ESPEAK_ACCENTS)
    quiet(['espeak-ng', '-v', f'{accent}+{variant}', '-p', str(rng.randint(25, 75)), '-s', str(rng.randint(125, 205)),
           '-w', path, sentence])


def flite(sentence, voice, rng, path):
    quiet(['flite', '-voice', voice.name, '--setf', f'duration_stretch={rng.uniform(0.85, 1.2):.2f}',
           '--setf', f'int_f0_target_mean={rng.randint(85, 150)}', '-t', sentence, '-o', path])


def pico(sentence, voice, rng, path):
    marked = f'<pitch level="{rng.randint(75, 130)}"><speed level="{rng.randint(80, 125)}">{sentence}</speed></pitch>'
    quiet(['pico2wave', '-l', voice.name, '-w', path, marked])


def rhvoice(sentence, voice, rng, path):
    quiet(['RHVoice-test', '-p', voice.name, '-r', str(rng.randint(85, 125)), '-t', str(rng.randint(80, 120)), '-o', path],
          input=sentence.encode())


def festival(sentences, voice, rng, folder):
    """Festival starts slowly, so it says a whole batch in one run."""
    script = [f'(voice_{voice.name})', f"(Parameter.set 'Duration_Stretch {rng.uniform(0.85, 1.2):.2f})"]
    for index, sentence in enumerate(sentences):
        script.append(f'(utt.save.wave (utt.synth (Utterance Text "{sentence}")) "{folder}/{index}.wav")')
    with tempfile.NamedTemporaryFile('w', suffix='.scm', dir=folder) as file:
        file.write('\n'.join(script))
        file.flush()
        quiet(['festival', '-b', file.name])


def read_wave(path):
    """A wave file as int16 mono at 16 kHz."""
    rate, samples = wavfile.read(path)
    if samples.ndim > 1:
        samples = samples.mean(1)
    if rate != RATE:
        divisor = gcd(rate, RATE)
        samples = np.clip(resample_poly(samples.astype(np.float32), RATE // divisor, rate // divisor), -32767, 32767)
    return samples.astype(np.int16)


def trim(samples, floor=120, pad=800):
    """Cut the engine's own leading and trailing silence down to 50 ms, so that augmentation decides the padding."""
    loud = np.flatnonzero(np.abs(samples) > floor)
    if len(loud) == 0:
        return samples[:0]
    return samples[max(0, loud[0] - pad):loud[-1] + pad]


def synthesise(voice, sentences, rng):
    """Speech for each sentence: a list of int16 arrays at 16 kHz, None where the engine failed."""
    speak = dict(espeak=espeak, flite=flite, pico=pico, rhvoice=rhvoice)
    result = []
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.path.isdir('/dev/shm') else None) as folder:
        if voice.engine == 'festival':
            try:
                festival(sentences, voice, rng, folder)
            except subprocess.SubprocessError:
                pass
        for index, sentence in enumerate(sentences):
            path = f'{folder}/{index}.wav'
            try:
                if voice.engine != 'festival':
                    speak[voice.engine](sentence, voice, rng, path)
                samples = trim(read_wave(path))
            except (subprocess.SubprocessError, OSError, ValueError):
                samples = None
            result.append(samples if samples is not None and len(samples) > 1600 else None)
    return result
