"""Writes the voice folder: the ONNX graph, the two voices and the text files."""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from export.fold_casts import fold_constant_casts  # noqa: E402

from symbols import encode, write_text_files
from voice import DEFAULT_MIXTURE, DEFAULT_PITCH_SHIFT, VOICES, Voice, style_rows

OPSET = 17
HALF_FROM_BYTES = 4096


def store_as_half(model: onnx.ModelProto) -> None:
    """Keeps large weights in half precision with a cast behind them, which the runtime folds away on loading."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.nbytes >= HALF_FROM_BYTES:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], name=name + ".cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def write_graph(voice: Voice, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    symbols = torch.tensor([encode("həlˈoʊ, ðˈɛɹ.")])
    style = torch.from_numpy(style_rows(DEFAULT_MIXTURE, DEFAULT_PITCH_SHIFT)[:1])
    with torch.no_grad():
        torch.onnx.export(
            voice.eval(), (symbols, style, torch.ones(1)), str(path), opset_version=OPSET, do_constant_folding=False,
            input_names=["input_ids", "style", "speed"], output_names=["waveform", "durations"],
            dynamic_axes={"input_ids": {1: "symbols"}, "waveform": {1: "samples"}, "durations": {1: "symbols"}},
        )
    model = onnx.load(str(path))
    fold_constant_casts(model)
    store_as_half(model)
    model.producer_name, model.producer_version, model.doc_string = "sotto-starter-voice", "1", ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def write_voice_folder(voice: Voice, folder: Path) -> None:
    (folder / "voices").mkdir(parents=True, exist_ok=True)
    write_text_files(folder)
    for name, (mixture, pitch_shift) in VOICES.items():
        (folder / "voices" / f"{name}.bin").write_bytes(style_rows(mixture, pitch_shift).astype("<f4").tobytes())
    write_graph(voice, folder / "onnx" / "model.onnx")
