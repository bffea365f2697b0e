"""What the recogniser is judged on: held-out sentences in taught and unseen voices, non-speech, and people.

Every set is a list of (samples float32 at 16 kHz, reference words, label).
"""
import hashlib
import json
import random
import re
import subprocess
from pathlib import Path

import numpy as np

from . import noise, text, voices
from .bank import bank_folder, make_clips, read_shard, write_shard

RATE = voices.RATE
HUMAN_SPEECH = Path(__file__).resolve().parents[2].parent / 'shared' / 'audio'
UNITS = 'zero one two three four five six seven eight nine'.split()


def dressed(samples, rng):
    """A clip as a voice activity detector hands it over: some near-silence before and after, an ordinary level."""
    before, after = (int(rng.uniform(0.1, 0.4) * RATE) for _ in range(2))
    clip = np.zeros(before + len(samples) + after, np.float32)
    clip[before:before + len(samples)] = samples.astype(np.float32) / 32768
    clip *= 10 ** (-20 / 20) * 0.7 / max(1e-6, float(np.abs(clip).max()))
    return clip + np.float32(1e-4) * np.random.default_rng(rng.randrange(1 << 30)).standard_normal(len(clip)).astype(np.float32)


def spoken(sentences, catalogue, seed):
    """Synthesised once and kept beside the speech bank."""
    rng = random.Random(seed)
    key = hashlib.sha256(json.dumps([seed, sentences, sorted(map(str, catalogue))]).encode()).hexdigest()[:16]
    path = bank_folder().parent / 'test-sets' / f'{key}.npz'
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, make_clips(sentences, rng, catalogue))
    rng = random.Random(f'{seed} padding')
    return [(dressed(samples, rng), sentence, voice) for samples, sentence, voice in read_shard(path)]


def taught_voices(count):
    """Held-out sentences in the voices and proportions of training."""
    return spoken(text.kiosk('heldout', count, 2026), voices.taught_voices(), 'taught test')


def unseen_voices(count):
    """Held-out sentences in voices never trained on, every voice equally often."""
    catalogue = voices.unseen_voices()
    sentences = text.kiosk('heldout', count, 2027)
    clips = []
    for index, voice in enumerate(catalogue):
        clips += spoken(sentences[index::len(catalogue)], {voice: 1}, f'unseen test {voice}')
    return clips


def requests(count):
    """What visitors ask and order, without the corpus' prose, in taught voices."""
    from corpus import requests as grammar
    from corpus.sentences import in_split, spoken as spelled
    rng, sentences = random.Random('requests test'), {}
    while len(sentences) < count:
        sentence = spelled(grammar.request(rng))
        if in_split(sentence, 'heldout'):
            sentences[sentence] = None
    return spoken(list(sentences), voices.taught_voices(), 'requests test')


def free_words(count):
    """Random word strings and prose in taught voices: how much is hearing and how much is knowing the kiosk."""
    return spoken(text.prose(count // 2, 'test') + text.word_strings(count // 2, 'test'), voices.taught_voices(), 'free test')


def non_speech(minutes=10.0, seconds=5.0):
    """Noise, music and silence drawn with seeds that training does not use; the right transcript is nothing."""
    rng = np.random.default_rng(987654)
    clips = []
    kinds = [*noise.KINDS, 'music', 'silence']
    for index in range(int(minutes * 60 / seconds)):
        kind, length = kinds[index % len(kinds)], int(seconds * RATE)
        if kind == 'silence':
            sound = rng.standard_normal(length) * 10 ** (rng.uniform(-100, -60) / 20)
        else:
            sound = noise.draw(rng, length, kind) * 10 ** (rng.uniform(-45, -15) / 20)
        clips.append((np.clip(sound, -1, 1).astype(np.float32), '', kind))
    return clips


def plain_words(transcript):
    """A transcript in the recogniser's own spelling: lowercase words, digits one by one as words."""
    words = re.sub(r'\d', lambda digit: f' {UNITS[int(digit.group())]} ', transcript.lower().replace('’', "'"))
    return ' '.join(re.sub(r"[^a-z']+", ' ', words).split())


def load_recording(path):
    """Any recording sox or ffmpeg can read, as float32 mono at 16 kHz; None when neither can."""
    commands = (['sox', str(path), '-t', 'f32', '-r', str(RATE), '-c', '1', '-'],
                ['ffmpeg', '-v', 'error', '-i', str(path), '-f', 'f32le', '-ar', str(RATE), '-ac', '1', '-'])
    for command in commands:
        try:
            run = subprocess.run(command, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        if run.stdout:
            return np.frombuffer(run.stdout, np.float32)
    return None


IN_WORLD = ('speech/fsdd', 'speech/coffee_intents', 'speech/rhasspy', 'speech/google', 'speech/azure', 'speech/common_voice',
            'speech/pocketsphinx', 'speech/sphinx4')
SINGLE_LETTER = re.compile(r'moonshine_alnum/[a-z]_')


def human_group(file):
    if file.startswith('LibriSpeech'):
        return 'LibriSpeech'
    if file.startswith('noise'):
        return 'recorded noise and music'
    if file.startswith('speech/fsdd') or (file.startswith('speech/moonshine_alnum') and not SINGLE_LETTER.search(file)):
        return 'people: single digits'
    if file.startswith(IN_WORLD):
        return 'people: short requests'
    return None


def human(longest_seconds=20.0):
    """{group: clips} from the recordings of people, where they are at hand; empty otherwise."""
    groups = {}
    manifest = HUMAN_SPEECH / 'manifest.jsonl'
    if not manifest.exists():
        return groups
    for line in manifest.read_text(encoding='utf-8').splitlines():
        entry = json.loads(line)
        group, transcript = human_group(entry['file']), entry.get('transcript')
        if group is None or transcript is None:
            continue
        samples = load_recording(HUMAN_SPEECH / entry['file'])
        if samples is None:
            continue
        if group == 'recorded noise and music':
            pieces = [samples[at:at + 5 * RATE] for at in range(0, max(1, len(samples) - 2 * RATE), 5 * RATE)]
            groups.setdefault(group, []).extend((piece, '', entry['file']) for piece in pieces)
        elif entry['seconds'] <= longest_seconds:
            quiet = np.zeros(int(0.2 * RATE), np.float32)
            groups.setdefault(group, []).append((np.concatenate([quiet, samples, quiet]), plain_words(transcript), entry['file']))
    return groups
