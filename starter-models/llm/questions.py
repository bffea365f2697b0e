"""Draws the evaluation's questions from the held-out split and writes `questions.jsonl`.

    cd starter-models && /usr/bin/python3 -m llm.questions

Lines are either a prompt {"prompt": id, "system": text} or a question {"set", "prompt", "turns", "expected", ...}:
`turns` are said one after the other and the last answer counts; `expected` are the values it must
contain, "unknown" when it must say that it does not know, or {"answer": text} for the assistant part.
Wordings and values are held out; the prompt "default" is `kiosk.txt`, the "changed-*" prompts have its
lines with values never trained on, the "random-*" prompts other things altogether.
"""

import argparse
import json
import random
from pathlib import Path

from corpus.default_facts import default_facts, default_keys, kiosk_text
from corpus.dialogues import TURN_SHARES, Kiosk, Talk, random_facts

QUESTIONS_PATH = Path(__file__).parent / "questions.jsonl"
IDENTITY = "You are the voice of the Harrow Hill visitor centre."
PROMPT_COUNT = 10  # changed ones, and as many random ones
COUNTS = {"default": 240, "changed": 160, "random": 100}
FOLLOW_UPS, UNKNOWN, OUTSIDE, ASSISTANT = 150, 100, 100, 100
ERRORS = 0.1


def _prompts(rng: random.Random) -> dict[str, Kiosk]:
    prompts = {"default": Kiosk(list(default_facts()))}
    for at in range(PROMPT_COUNT):
        prompts[f"changed-{at}"] = Kiosk(random_facts("heldout", 31, rng, default_keys()))
        prompts[f"random-{at}"] = Kiosk(random_facts("heldout", rng.randint(8, 25), rng))
    return prompts


def _system(name: str, kiosk: Kiosk) -> str:
    return kiosk_text() if name == "default" else "\n".join([IDENTITY, *kiosk.lines()])


def _talk(kiosk: Kiosk, rng: random.Random) -> Talk:
    return Talk(kiosk, IDENTITY, "heldout", rng, ERRORS, TURN_SHARES)


def _record(name: str, group: str, turns: list[dict]) -> dict:
    last = turns[-1]
    expected = last["expected"] or ("unknown" if last["category"] in ("unknown", "outside") else {"answer": last["answer"]})
    return {"set": group, "prompt": name, "kind": last["kind"], "turns": [turn["user"] for turn in turns], "expected": expected}


def draw(seed: int = 2024) -> list[dict]:
    """All prompts and questions, the same for the same seed."""
    rng = random.Random(f"questions-{seed}")
    prompts = _prompts(rng)
    records = [{"prompt": name, "system": _system(name, kiosk)} for name, kiosk in prompts.items()]
    for group, count in COUNTS.items():
        names = [name for name in prompts if name.startswith(group)]
        made = 0
        while made < count:
            name = names[made % len(names)]
            turn = _talk(prompts[name], rng).fact()
            if turn["expected"]:
                records.append(_record(name, "in-world", [turn]))
                made += 1
    for at in range(FOLLOW_UPS):
        name = list(prompts)[at % len(prompts)]
        while True:
            talk = _talk(prompts[name], rng)
            turns = [talk.fact(), talk.followup()]
            if turns[1] and turns[1]["expected"]:
                records.append(_record(name, "follow-up", turns))
                break
    drawn = {"unknown": UNKNOWN, "outside": OUTSIDE, "assistant": ASSISTANT}
    for group, count in drawn.items():
        for at in range(count):
            name = list(prompts)[at % len(prompts)]
            talk = _talk(prompts[name], rng)
            turn = talk.unknown() if group == "unknown" else talk.outside() if group == "outside" else _task(talk)
            records.append(_record(name, group, [turn]))
    return records


def _task(talk: Talk) -> dict:
    while True:
        turn = talk.task()
        if turn["kind"] != "joke":
            return turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--out", type=Path, default=QUESTIONS_PATH)
    args = parser.parse_args()
    records = draw(args.seed)
    args.out.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    print(f"{len(records)} records, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
