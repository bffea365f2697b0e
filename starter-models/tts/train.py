"""From nothing to the voice folder: texts, phonemes, Flite's parameters, averages, export. Usage: /usr/bin/python3 train.py

Needs Debian's python3-torch (for the export only), python3-onnx, gcc, flite, flite1-dev, wamerican, and kokoro-js from this repository's
install. Nothing is random but the choice of texts, whose seed is fixed.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import averages
import dataset
import flite_speech
from voice_folder import write_voice_folder
from texts import training_texts
from vocoder import Vocoder
from voice import Voice

HERE = Path(__file__).resolve().parent
SEED = 20251120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=HERE / "work", help="folder for intermediate files")
    parser.add_argument("--texts", type=int, default=2000, help="sentences per voice")
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--export-only", action="store_true", help="export the averages of the last run again")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    fitted_path = arguments.work / "averages.npz"
    if not arguments.export_only:
        if not (arguments.work / "train.done").exists():
            dataset.prepare(arguments.work, "train", training_texts(arguments.texts, SEED))
            (arguments.work / "train.done").touch()
        np.savez(fitted_path, **averages.fit(dataset.load(arguments.work, "train")))
    with (arguments.work / "train.rms.bin").open("rb") as file:
        excitation = flite_speech.read_excitation(file)
    with np.load(fitted_path) as fitted:
        write_voice_folder(Voice(dict(fitted), Vocoder(excitation.filters, excitation.alpha)), arguments.output)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
