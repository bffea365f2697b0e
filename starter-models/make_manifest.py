"""Writes `manifest.json`: every committed weight file with its size, SHA-256, licence and parameter count.

    /usr/bin/python3 starter-models/make_manifest.py
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
LICENCE = "MIT"
LIMIT_BYTES = 40_000_000  # all weights together: what a clone may reasonably carry
PATTERNS = ("stt/**/*.onnx", "llm/**/*.gguf", "tts/**/*.onnx", "tts/**/*.bin")


def _gguf_parameters(path: Path) -> int:
    from llm.gguf_reader import read_gguf

    return sum(tensor.size for tensor in read_gguf(path)[1].values())


def _onnx_parameters(path: Path) -> int:
    """Elements of all initialisers, those inside the branches of an If included."""
    import onnx

    def count(graph) -> int:
        total = sum(_elements(tensor) for tensor in graph.initializer)
        for node in graph.node:
            total += sum(count(attribute.g) for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH)
        return total

    return count(onnx.load(str(path)).graph)


def _elements(tensor) -> int:
    total = 1
    for size in tensor.dims:
        total *= size
    return total


def parameters_of(path: Path) -> int:
    """How many numbers a weight file holds."""
    if path.suffix == ".gguf":
        return _gguf_parameters(path)
    if path.suffix == ".onnx":
        return _onnx_parameters(path)
    return path.stat().st_size // struct.calcsize("<f")


def entry(path: Path) -> dict:
    """The manifest's entry of one file; its path is relative to `starter-models/`."""
    data = path.read_bytes()
    return {"path": path.relative_to(HERE).as_posix(), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "licence": LICENCE, "parameters": parameters_of(path)}


def main() -> None:
    paths = sorted({path for pattern in PATTERNS for path in HERE.glob(pattern)})
    files = [entry(path) for path in paths]
    total = sum(file["bytes"] for file in files)
    (HERE / "manifest.json").write_text(json.dumps({"totalBytes": total, "files": files}, indent=2) + "\n", encoding="utf-8")
    print(f"{len(files)} files, {total} bytes of at most {LIMIT_BYTES}")
    if total > LIMIT_BYTES:
        raise SystemExit(f"the weights weigh {total} bytes together, more than the {LIMIT_BYTES} a clone may carry: ship a smaller one")


if __name__ == "__main__":
    main()
