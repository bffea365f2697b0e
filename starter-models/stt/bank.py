"""The speech bank: shards of clean synthetic speech with their words, made in a background process.

A shard is one .npz: `samples` (int16, all clips end to end), `ends` (clip ends), `texts`, `voices`.
Shards appear by rename, so a reader never sees half of one.
"""
import argparse
import os
import random
import time
from pathlib import Path

import numpy as np

from . import text, voices

CLIPS_PER_SHARD = 320


def bank_folder():
    root = os.environ.get('SOTTO_TRAIN_DIR', os.path.expanduser('~/.cache/sotto-train/stt'))
    return Path(root) / 'bank'


def make_clips(sentences, rng, catalogue=None):
    """Speak each sentence with a voice drawn by weight; yields (samples, text, voice)."""
    catalogue = catalogue or voices.taught_voices()
    groups = {}
    for sentence in sentences:
        voice = rng.choices(list(catalogue), list(catalogue.values()))[0]
        groups.setdefault(voice, []).append(sentence)
    for voice, group in groups.items():
        for sentence, samples in zip(group, voices.synthesise(voice, group, rng)):
            if samples is not None:
                yield samples, sentence, str(voice)


def write_shard(path, clips):
    clips = list(clips)
    ends = np.cumsum([len(samples) for samples, _, _ in clips])
    part = path.with_suffix('.part')
    with open(part, 'wb') as file:
        np.savez(file, samples=np.concatenate([samples for samples, _, _ in clips]), ends=ends,
                 texts=np.array([sentence for _, sentence, _ in clips]), voices=np.array([voice for _, _, voice in clips]))
    part.rename(path)
    return int(ends[-1])


def read_shard(path):
    """[(samples, text, voice)] of one shard."""
    with np.load(path) as shard:
        samples, ends = shard['samples'], shard['ends']
        starts = np.concatenate([[0], ends[:-1]])
        return [(samples[a:b], str(t), str(v)) for a, b, t, v in zip(starts, ends, shard['texts'], shard['voices'])]



def fill(hours, seed=1, most_words=26, part=0, parts=1):
    """Write this part's shards until it holds its share of `hours`. Continues where an earlier run stopped."""
    folder = bank_folder()
    folder.mkdir(parents=True, exist_ok=True)
    total, index = 0, part
    while total < hours / parts * 3600 * voices.RATE:
        path = folder / f'{index:05d}.npz'
        if path.exists():
            total += sum(len(samples) for samples, _, _ in read_shard(path))
        else:
            sentences = [s for s in text.training_mix(CLIPS_PER_SHARD, seed * 100003 + index)
                         if text.is_plain(s) and len(s.split()) <= most_words]
            started = time.time()
            added = write_shard(path, make_clips(sentences, random.Random(f'bank {seed} {index}')))
            total += added
            print(f'{path.name}: {total / voices.RATE / 3600:.2f} h, {added / voices.RATE / (time.time() - started):.0f} x', flush=True)
        index += parts


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hours', type=float, default=24)
    parser.add_argument('--part', type=int, default=0)
    parser.add_argument('--parts', type=int, default=1)
    options = parser.parse_args()
    fill(options.hours, part=options.part, parts=options.parts)
