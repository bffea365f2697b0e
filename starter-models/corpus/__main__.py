"""Command line: `python3 -m corpus sentences|dialogues --split train --count 10 --seed 1`."""

import argparse
import json

from . import sentences


def main() -> None:
    parser = argparse.ArgumentParser(prog="corpus", description=__doc__)
    parser.add_argument("what", choices=("sentences", "dialogues"))
    parser.add_argument("--split", choices=("train", "heldout"), default="train")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.what == "sentences":
        print("\n".join(sentences.generate(args.split, args.count, args.seed)))
        return
    from . import dialogues

    for dialogue in dialogues.generate(args.split, args.count, args.seed):
        print(json.dumps(dialogue, ensure_ascii=False))


if __name__ == "__main__":
    main()
