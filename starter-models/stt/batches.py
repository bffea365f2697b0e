"""Batches for training, made in a process of their own: clips of like length, disturbed, with tokens and phones."""
import glob
import multiprocessing
import os
import queue
import time

import numpy as np

from . import augment, text
from .bank import bank_folder, read_shard
from .noise import NoiseBank

RATE = 16000
EMPTY_SHARE = 0.08
SHORTEST = 0.4 * RATE
LONG_STAGE_SECONDS = 6
JOINED_SHARE = 0.13
RARE_KEPT = 0.35
ESPEAK_KEPT = 0.5
WARPED_SHARE = 0.5


class Batch:
    """Plain arrays: `audio` [batch, samples], `tokens` [batch, longest+1] padded with −1, `phones` end to end."""

    def __init__(self, audio, tokens, phones):
        width = max(len(t) for t in tokens) + 1
        self.audio = audio
        self.tokens = np.full((len(tokens), width), -1, np.int64)
        for row, ids in enumerate(tokens):
            self.tokens[row, :len(ids)] = ids
            self.tokens[row, len(ids)] = 2
        self.phone_counts = np.array([len(p) for p in phones], np.int64)
        self.phones = np.array([p for row in phones for p in row], np.int64)


class BatchMaker:
    def __init__(self, tokenizer, phones, seed):
        self.tokenizer, self.phones = tokenizer, phones
        self.rng = np.random.default_rng(seed)
        self.bank = NoiseBank(np.random.default_rng(1234))
        self.everyday = set(text.COMMON) | {word for sentence in text.kiosk('train', 4000, 1) for word in sentence.split()}

    def pool(self, longest_seconds, strength):
        """Clips of a few random shards, speed already changed. Waits for the first shard of a fresh bank."""
        paths = []
        while not paths:
            paths = sorted(glob.glob(str(bank_folder() / '*.npz')))
            if not paths:
                time.sleep(2)
        clips = []
        while len(clips) < 600:
            found = read_shard(paths[self.rng.integers(0, len(paths))])
            joined = self.join_some(found) if longest_seconds > LONG_STAGE_SECONDS else []
            clips += [(samples, sentence) for samples, sentence, voice in found + joined
                      if len(samples) <= longest_seconds * RATE and (strength == 0 or self.wanted(sentence, voice))]
        return clips

    def wanted(self, sentence, voice):
        """Thin out rare words, whose loss would drown the rest, and espeak-ng, whose variants are much alike."""
        words = sentence.split()
        rare = sum(word not in self.everyday for word in words) > 0.3 * len(words)
        return self.rng.uniform() < (RARE_KEPT if rare else 1) * (ESPEAK_KEPT if voice.startswith('espeak') else 1)

    def join_some(self, found):
        """Some neighbours of one voice said one after the other: long clips, and pauses inside them."""
        joined = []
        for (first, words, voice), (second, more, next_voice) in zip(found, found[1:]):
            if voice == next_voice and self.rng.uniform() < JOINED_SHARE:
                pause = np.zeros(int(self.rng.uniform(0, 0.5) * RATE), np.int16)
                joined.append((np.concatenate([first, pause, second]), f'{words} {more}', voice))
        return joined

    def batches(self, longest_seconds, strength, batch_seconds):
        """All batches of one pool, in random order."""
        rng = self.rng
        clips = []
        pool = self.pool(longest_seconds, strength)
        if strength > 0:
            self.bank.make_babble(rng, [samples for samples, _ in pool])
        for samples, sentence in pool:
            if strength > 0:
                samples = augment.change_speed(samples, rng.uniform(0.86, 1.24))
                if rng.uniform() < WARPED_SHARE:
                    samples = augment.warp_formants(samples, rng.uniform(0.86, 1.18))
            clips.append((samples, sentence))
        clips.sort(key=lambda clip: len(clip[0]) + rng.uniform(0, 0.3 * RATE))
        groups, at = [], 0
        while at < len(clips):
            slack = rng.uniform(0.15, 0.5 if strength == 0 else 1.0)
            size = max(4, int(batch_seconds / (len(clips[at][0]) / RATE + slack)))
            group = clips[at:at + size]
            groups.append((group, int(max(SHORTEST, max(len(s) for s, _ in group) + slack * RATE))))
            at += size
        for index in rng.permutation(len(groups)):
            yield self.finish(*groups[index], strength)

    def finish(self, group, length, strength):
        audio, tokens, phones = [], [], []
        for samples, sentence in group:
            if strength > 0 and self.rng.uniform() < EMPTY_SHARE:
                audio.append(augment.empty_clip(self.rng, length, self.bank))
                sentence = ''
            else:
                audio.append(augment.speech_clip(self.rng, samples, length, strength * (self.rng.uniform() > 0.2), self.bank))
            tokens.append(self.tokenizer.encode(sentence))
            phones.append(self.phones.encode(sentence))
        return Batch(np.stack(audio).astype(np.float32), tokens, phones)


def _work(make, stage, outbox, seed):
    os.nice(2)
    maker = make(seed)
    while True:
        for batch in maker.batches(*stage):
            outbox.put(batch)


class BatchSource:
    """Runs `workers` makers; `stage` = [longest clip in seconds, augmentation strength, seconds a batch] can change while they run."""

    def __init__(self, make, stage, workers=1, seed=1):
        self.stage = multiprocessing.Array('d', stage)
        self.outbox = multiprocessing.Queue(24)
        self.workers = [multiprocessing.Process(target=_work, args=(make, self.stage, self.outbox, seed + 1000 * k), daemon=True)
                        for k in range(workers)]
        for worker in self.workers:
            worker.start()

    def set_stage(self, stage):
        self.stage[:] = stage

    def next(self, timeout=300):
        try:
            return self.outbox.get(timeout=timeout)
        except queue.Empty as problem:
            raise RuntimeError('no batch for five minutes: is the speech bank being filled?') from problem

    def stop(self):
        for worker in self.workers:
            worker.terminate()
