"""Train the starter chat model, from nothing to the GGUF file.

    cd starter-models && /usr/bin/python3 -m llm.train --minutes 100

Resumes from the checkpoint in $SOTTO_TRAIN_DIR (default ~/.cache/sotto-train/llm) when there is one;
`--init-from file.gguf` starts from the weights of a GGUF file instead.
"""

import argparse
import json
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import torch

from . import tokenizer as bpe
from .batches import BatchStream, Stage, draw_batch, stage_at
from .export import export
from .gguf_reader import load_weights
from .initial_weights import initialise
from .model import Config, Llama

HERE = Path(__file__).parent
TOKENIZER_PATH, GGUF_PATH = HERE / "tokenizer.json", HERE / "sotto-starter-chat-q8_0.gguf"
# (layer, head) of the attention that is guided, by what it is guided to
GUIDES = {"source": (3, 0), "restated": (3, 1), "decision": (2, 0)}


def guided(attention: torch.Tensor, head: int, goal: torch.Tensor) -> torch.Tensor:
    """Mean negative log of the attention that `head` gives to the wanted places."""
    row, time_at = (goal >= 0).nonzero(as_tuple=True)
    return -(attention[row, head, time_at, goal[row, time_at]].float() + 1e-6).log().mean()


def answer_places(asked: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Places of the asked tokens, rows padded with place 0 to one length, and which of them are real."""
    counts = asked.sum(1)
    order = torch.argsort((~asked).to(torch.int8), dim=1, stable=True)[:, : int(counts.max())]
    return order, torch.arange(order.shape[1], device=asked.device)[None] < counts[:, None]


def losses(model: Llama, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss on the answers, and its parts with the logits of the asked tokens."""
    asked = batch["weight"] > 0
    weight, target = batch["weight"][asked], batch["target"][asked]
    places, real = answer_places(asked)
    # bfloat16 products: twice as fast on CPUs that have them (avx512_bf16), same gradients to three digits.
    with torch.autocast(batch["tokens"].device.type, dtype=torch.bfloat16):
        hidden, attention = model(batch["tokens"], batch["positions"], places)
        logits = model.logits(hidden[real])
    logits = logits.float()
    each = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    answers = (each * weight).sum() / weight.sum()
    guides = {name: guided(attention[layer], head, batch[name]) for name, (layer, head) in GUIDES.items()}
    return answers, {"guides": guides, "logits": logits.detach(), "asked": asked}


def to_device(batch: dict[str, np.ndarray], device: str) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array).to(device) for name, array in batch.items()}


def right_tokens(parts: dict, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """For each asked token, whether it is the likeliest one."""
    return parts["logits"].argmax(-1) == batch["target"][parts["asked"]]


def accuracy(parts: dict, batch: dict[str, torch.Tensor]) -> dict[str, float]:
    """Shares of right tokens: all, the copied values, the first of each answer."""
    asked, right = parts["asked"], right_tokens(parts, batch).float()
    copied, first = (batch["source"] >= 0)[asked], (batch["decision"] >= 0)[asked]
    return {"all": right.mean().item(), "value": right[copied].mean().item(), "first": right[first].mean().item()}


@torch.no_grad()
def whole_answers(model: Llama, batches: list[dict[str, torch.Tensor]]) -> float:
    """Share of answers of which every token is the likeliest one: what greedy decoding gets exactly right."""
    good = total = 0
    for batch in batches:
        _, parts = losses(model, batch)
        wrong = torch.zeros_like(batch["weight"])
        wrong[parts["asked"]] = 1.0 - right_tokens(parts, batch).float()
        for row in range(wrong.shape[0]):
            asked = parts["asked"][row].cpu().numpy()
            starts = np.flatnonzero(asked & ~np.concatenate(([False], asked[:-1])))
            ends = np.flatnonzero(asked & ~np.concatenate((asked[1:], [False]))) + 1
            bad = wrong[row].cpu().numpy()
            good += sum(bad[a:b].sum() == 0 for a, b in zip(starts, ends))
            total += len(starts)
    return good / max(total, 1)


def learning_rate(step: int, progress: float, peak: float, warmup: int = 50) -> float:
    """Linear warm-up, then level, then a fall to a twentieth over the last 40 % of the time."""
    fall = 1.0 if progress < 0.6 else max(0.05, 1 - 0.95 * (progress - 0.6) / 0.4)
    return peak * min(1.0, (step + 1) / warmup) * fall


class Trainer:
    """One training run with its clock, which goes on where a checkpoint left it."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(args.seed)
        if not TOKENIZER_PATH.exists():
            bpe.train(seed=1).save(TOKENIZER_PATH)
        self.tokenizer = bpe.Tokenizer.load(TOKENIZER_PATH)
        self.model = Llama(Config(len(self.tokenizer.tokens)))
        self.folder = Path(os.environ.get("SOTTO_TRAIN_DIR", Path.home() / ".cache/sotto-train/llm"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.step, self.elapsed_seconds = 0, 0.0
        initialise(self.model, args.seed)
        if args.init_from:
            load_weights(self.model, Path(args.init_from))
        self.model.to(self.device)
        plain = [weight for weight in self.model.parameters() if weight.dim() < 2]
        matrices = [weight for weight in self.model.parameters() if weight.dim() >= 2]
        self.optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=args.peak, betas=(0.9, 0.98))
        if self.checkpoint_path.exists() and not args.init_from:
            self._resume()

    @property
    def checkpoint_path(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def progress(self) -> float:
        return min(1.0, self.args.start + (1 - self.args.start) * self.elapsed_seconds / (60 * self.args.minutes))

    def _resume(self) -> None:
        state = torch.load(self.checkpoint_path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed_seconds = state["step"], state["elapsed_seconds"]

    def save(self) -> None:
        partial = self.checkpoint_path.with_suffix(".partial")
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step, "elapsed_seconds": self.elapsed_seconds}, partial)
        partial.replace(self.checkpoint_path)
        export(self.model, self.tokenizer, self.folder / GGUF_PATH.name)

    def run(self) -> None:
        rng_seed = self.args.seed * 1000 + self.step
        stream = BatchStream(TOKENIZER_PATH, rng_seed)
        stream.set_progress(self.progress)
        held = random.Random(77)
        checks = [to_device(draw_batch(self.tokenizer, Stage(1, 384, 12, (3, 22)), held, "heldout"), self.device) for _ in range(3)]
        last_save = time.monotonic()
        print(json.dumps({"parameters": sum(weight.numel() for weight in self.model.parameters()), "vocabulary": len(self.tokenizer.tokens), "device": self.device}), flush=True)
        stopping: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
        while self.progress < 1.0 and not stopping:
            began = time.monotonic()
            self._step(to_device(stream.next(), self.device))
            self.elapsed_seconds += time.monotonic() - began
            stream.set_progress(self.progress)
            if self.step % self.args.check_every == 0:
                print(json.dumps({"step": self.step, "minutes": round(self.elapsed_seconds / 60, 1), "heldout_whole_answers": round(whole_answers(self.model, checks), 4)}), flush=True)
            if time.monotonic() - last_save > 300:
                self.save()
                last_save = time.monotonic()
        stream.close()
        self.save()
        if not stopping:
            export(self.model, self.tokenizer, GGUF_PATH)

    def _step(self, batch: dict[str, torch.Tensor]) -> None:
        rate = learning_rate(self.step, self.progress, self.args.peak)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        answers, parts = losses(self.model, batch)
        guide = self.args.guide * max(0.2, 1 - self.progress)
        loss = answers + guide * sum(parts["guides"].values())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        else:
            print(json.dumps({"step": self.step, "skipped": "gradient is not finite"}), flush=True)
        self.step += 1
        if self.step % 20 == 0:
            shares = {name: round(value, 3) for name, value in accuracy(parts, batch).items()}
            print(json.dumps({"step": self.step, "minutes": round(self.elapsed_seconds / 60, 2), "loss": round(answers.item(), 4), **{name: round(value.item(), 3) for name, value in parts["guides"].items()},
                              "cpu_seconds": round(time.process_time(), 1), "right": shares, "norm": round(float(norm), 2), "length": batch["tokens"].shape[1], "rate": round(rate, 6)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=100, help="training time, all runs of one checkpoint together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--guide", type=float, default=0.3, help="weight of the attention guidance")
    parser.add_argument("--start", type=float, default=0.0, help="share of the curriculum and schedule to skip, for weights that already know much")
    parser.add_argument("--check-every", type=int, default=200)
    parser.add_argument("--init-from", help="start from the weights of this GGUF file")
    Trainer(parser.parse_args()).run()


if __name__ == "__main__":
    main()
