"""From nothing to the voice folder: texts, phonemes, Flite's parameters, training, export. Usage: /usr/bin/python3 train.py

Needs Debian's python3-torch, python3-onnx, gcc, flite, flite1-dev, wamerican, and kokoro-js from this repository's install.
"""

import argparse
from pathlib import Path

import torch

import dataset
import flite_speech
from export import export
from fit import average, fit
from model import AcousticModel
from texts import training_texts
from vocoder import Vocoder
from voice import Voice

HERE = Path(__file__).resolve().parent
SEED = 20251120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=HERE / "work", help="folder for intermediate files")
    parser.add_argument("--texts", type=int, default=5000, help="sentences per voice")
    parser.add_argument("--minutes", type=float, default=40, help="training time")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint again")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    arguments.work.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.work / "checkpoint.pt"
    model = AcousticModel()
    if not arguments.export_only:
        if not (arguments.work / "train.slt.bin").exists():
            dataset.prepare(arguments.work, "train", training_texts(arguments.texts, SEED))
        examples = dataset.load(arguments.work, "train")
        seen = {int(identifier) for one in examples for ids in one.symbols.values() for identifier in ids}
        average(model, examples, seen)
        model.to(arguments.device)
        fit(model, examples, arguments.minutes, SEED, arguments.device, lambda: torch.save({"model": model.state_dict(), "seen": seen}, checkpoint))
    state = torch.load(checkpoint, map_location="cpu")
    model.cpu().load_state_dict(state["model"])
    model.settle_unseen(state["seen"])
    with (arguments.work / "train.rms.bin").open("rb") as file:
        excitation = flite_speech.read_excitation(file)
    export(Voice(model, Vocoder(excitation.filters, excitation.alpha)), arguments.output)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
