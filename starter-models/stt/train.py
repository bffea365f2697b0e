"""Train the recogniser: `python3 -m stt.train --minutes 110` (run in starter-models/).

From nothing to a checkpoint in $SOTTO_TRAIN_DIR (default ~/.cache/sotto-train/stt). Resumes where it stopped. Fills the
speech bank in the background unless `--no-bank`. The learning rate follows the wall clock, so that a run uses the
minutes it is given whatever the machine.
"""
import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import text, voices
from .bank import make_clips
from .batches import BatchMaker, BatchSource
from .model import Recogniser, Shape
from .optimiser import make_optimisers, set_rate
from .phones import Phones
from .scoring import word_error_rate
from .tokenizer import Tokenizer
from .warm_start import load_onnx, shape_of

CLEAN_STEPS = 600
WARM_START_STEP = 4600
WARMUP_STEPS = 200
EMA_DECAY = 0.997


def train_folder():
    return Path(os.environ.get('SOTTO_TRAIN_DIR', os.path.expanduser('~/.cache/sotto-train/stt')))


def prepare_tokenizer(vocab_size, init_from):
    """The committed tokenizer when its weights are continued from, else one learned from the training text."""
    folder = train_folder()
    if init_from:
        return Tokenizer.load(Path(init_from) / 'tokenizer.json')
    if not (folder / 'tokenizer.json').exists():
        folder.mkdir(parents=True, exist_ok=True)
        sentences = text.kiosk('train', 30000, 5) + text.prose(12000, 5) + text.word_strings(8000, 5)
        Tokenizer.learn(sentences, vocab_size).save(folder)
    return Tokenizer.load(folder / 'tokenizer.json')


def stage_at(step):
    """(longest clip in seconds, augmentation strength, seconds a batch): clean, short and small first, everything later."""
    if step < CLEAN_STEPS:
        return 2.0, 0.0, 24.0
    if step < 2600:
        return (3.5, 0.3, 36.0) if step < 1600 else (5.0, 0.5, 48.0)
    return 10.0, 0.9, 48.0


def losses(model, batch, device):
    """(token loss, phone loss) of one batch."""
    audio = torch.from_numpy(batch.audio).to(device)
    tokens = torch.from_numpy(batch.tokens).to(device)
    memory = model.encoder(audio)
    given = torch.cat([torch.ones_like(tokens[:, :1]), tokens[:, :-1].clamp(min=2)], 1)
    logits = model.decoder(given, memory)
    token_loss = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=-1)
    frames = torch.full((len(audio),), memory.shape[1], dtype=torch.long)
    log_probs = model.phone_head(memory).log_softmax(-1).transpose(0, 1)
    phone_loss = F.ctc_loss(log_probs, torch.from_numpy(batch.phones).to(device), frames, torch.from_numpy(batch.phone_counts),
                            reduction='sum', zero_infinity=True) / max(1, int(batch.phone_counts.sum()))
    return token_loss, phone_loss


class CheckSet:
    """A few held-out sentences in taught and in unseen voices, decoded now and then while training."""

    def __init__(self, tokenizer, clips=48):
        rng = random.Random('check')
        self.tokenizer = tokenizer
        self.groups = {}
        for name, catalogue in (('taught', voices.taught_voices()), ('unseen', {v: 1 for v in voices.unseen_voices()})):
            sentences = [s for s in text.kiosk('heldout', clips, 99) if len(s.split()) <= 14]
            self.groups[name] = sorted(make_clips(sentences, rng, catalogue), key=lambda clip: len(clip[0]))

    def measure(self, model, device):
        report = {}
        for name, clips in self.groups.items():
            pairs = []
            for start in range(0, len(clips), 8):
                part = clips[start:start + 8]
                audio = np.zeros((len(part), max(len(s) for s, _, _ in part) + 4800), np.float32)
                for row, (samples, _, _) in enumerate(part):
                    audio[row, 2400:2400 + len(samples)] = samples / 32768
                audio += np.random.default_rng(0).standard_normal(audio.shape).astype(np.float32) * 1e-4
                tokens = model.transcribe(torch.from_numpy(audio).to(device))
                pairs += [(words, self.tokenizer.decode(t)) for (_, words, _), t in zip(part, tokens)]
            report[name] = word_error_rate(pairs)
            report[name + ' says'] = ' | '.join(f'{a} → {b}' for a, b in pairs[10:12])
        return report


def save(path, **state):
    part = path.with_suffix('.part')
    torch.save(state, part)
    os.replace(part, path)


def start_bank(hours):
    environment = dict(os.environ, OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')
    log = open(train_folder() / 'bank.log', 'a')
    return subprocess.Popen(['nice', '-n', '5', sys.executable, '-m', 'stt.bank', '--hours', str(hours)], env=environment,
                            stdout=log, stderr=log)


class Run:
    """Everything that is saved and resumed: weights, their moving average, optimisers, steps and seconds done."""

    def __init__(self, options, tokenizer, phones):
        self.options = options
        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        torch.manual_seed(options.seed)
        self.path = train_folder() / 'checkpoint.pt'
        stored = torch.load(self.path, map_location='cpu') if self.path.exists() else None
        self.step, self.seconds = 0, 0.0
        if stored:
            self.model = Recogniser(Shape(**stored['shape']))
            self.model.load_state_dict(stored['model'])
        elif options.init_from:
            self.model = Recogniser(shape_of(Path(options.init_from), len(phones)))
            load_onnx(self.model, Path(options.init_from))
            self.step = WARM_START_STEP
        else:
            self.model = Recogniser(Shape(
                hidden_size=options.hidden, intermediate_size=4 * options.hidden, heads=options.hidden // 32,
                encoder_layers=options.encoder_layers, decoder_layers=options.decoder_layers,
                vocab_size=len(tokenizer), phone_count=len(phones)))
        self.model.to(self.device)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, options.rate)
        if stored:
            self.average = {k: v.to(self.device) for k, v in stored['average'].items()}
            for optimiser, state in zip(self.optimisers, stored['optimisers']):
                optimiser.load_state_dict(state)
            self.step, self.seconds = stored['step'], stored['seconds']
            print(f'resumed at step {self.step}, {self.seconds / 60:.1f} min', flush=True)

    def save(self):
        save(self.path, shape=self.model.shape.as_dict(), model=self.model.state_dict(), average=self.average, step=self.step,
             seconds=self.seconds, optimisers=[optimiser.state_dict() for optimiser in self.optimisers])

    def rate(self):
        progress = min(1.0, self.seconds / (self.options.minutes * 60))
        warmup = min(1.0, (self.step + 1) / WARMUP_STEPS)
        return self.options.rate * warmup * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))

    def update(self, batch):
        """One step; returns (token loss, phone loss) or None when the gradient was not finite."""
        set_rate(self.optimisers, self.rate())
        token_loss, phone_loss = losses(self.model, batch, self.device)
        self.model.zero_grad(set_to_none=True)
        share = self.options.phone_share
        ((1 - share) * token_loss + share * phone_loss).backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0))
        self.step += 1
        if not math.isfinite(norm) or norm > 1e4:
            print(f'step {self.step}: gradient norm {norm}, step skipped', flush=True)
            return None
        for optimiser in self.optimisers:
            optimiser.step()
        decay = min(EMA_DECAY, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for key, value in self.model.state_dict().items():
                self.average[key].lerp_(value, 1 - decay)
        return float(token_loss), float(phone_loss)

    def averaged(self):
        model = Recogniser(self.model.shape)
        model.load_state_dict(self.average)
        return model.to(self.device).eval()


def train(options):
    tokenizer = prepare_tokenizer(options.vocab, options.init_from)
    tokenizer.save(train_folder())
    phones = Phones(train_folder() / 'phones.json')
    bank = None if options.no_bank else start_bank(options.bank_hours)
    run = Run(options, tokenizer, phones)
    print(f'{sum(p.numel() for p in run.model.parameters()):,} parameters on {run.device}', flush=True)
    source = BatchSource(lambda seed: BatchMaker(tokenizer, phones, seed), stage_at(run.step),
                         options.workers, options.seed + run.step)
    checks = CheckSet(tokenizer)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    log = open(train_folder() / 'curve.jsonl', 'a')
    sums, audio_seconds, saved, checked, last = np.zeros(2), 0.0, time.time(), time.time(), time.time()
    began = time.time()
    while not stop and run.seconds < options.minutes * 60:
        source.set_stage(stage_at(run.step))
        batch = source.next()
        got = run.update(batch)
        now = time.time()
        run.seconds += now - last
        last = now
        if got:
            sums += got
        audio_seconds += batch.audio.size / 16000
        if run.step % 25 == 0:
            record = dict(step=run.step, minutes=round(run.seconds / 60, 2), token=round(sums[0] / 25, 4), phone=round(sums[1] / 25, 4),
                          rate=round(run.rate(), 6), audio_per_second=round(audio_seconds / (now - began), 1))
            sums, audio_seconds, began = np.zeros(2), 0.0, now
            log.write(json.dumps(record) + '\n')
            log.flush()
            print(record, flush=True)
        if now - saved > options.save_minutes * 60:
            run.save()
            saved = time.time()
        if now - checked > options.check_minutes * 60:
            report = dict(step=run.step, minutes=round(run.seconds / 60, 2), **checks.measure(run.averaged(), run.device))
            log.write(json.dumps(report, ensure_ascii=False) + '\n')
            print(report, flush=True)
            checked = time.time()
    run.save()
    source.stop()
    if bank:
        bank.terminate()
    print('stopped', run.step, checks.measure(run.averaged(), run.device), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=110)
    parser.add_argument('--rate', type=float, default=2.5e-3)
    parser.add_argument('--phone-share', type=float, default=0.5)
    parser.add_argument('--hidden', type=int, default=160)
    parser.add_argument('--encoder-layers', type=int, default=6)
    parser.add_argument('--decoder-layers', type=int, default=2)
    parser.add_argument('--vocab', type=int, default=1536)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--save-minutes', type=float, default=5)
    parser.add_argument('--check-minutes', type=float, default=6)
    parser.add_argument('--bank-hours', type=float, default=26)
    parser.add_argument('--no-bank', action='store_true', help='the speech bank is being filled by someone else')
    parser.add_argument('--init-from', help='an exported model folder to start from when there is no checkpoint; use a lower --rate')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options)


if __name__ == '__main__':
    main()
