"""Reads the tensors of a GGUF file that `gguf_writer` wrote, to train on from published weights."""

import struct
from pathlib import Path

import numpy as np

from .gguf_writer import ALIGNMENT, ARRAY, BLOCK, BOOL, F32, FLOAT32, INT32, MAGIC, Q8_0, STRING, UINT32

SCALARS = {UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}


class _Cursor:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, form: str):
        value = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def string(self) -> str:
        length = self.take("<Q")
        self.at += length
        return self.data[self.at - length : self.at].decode("utf-8")

    def value(self, kind: int):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, count = self.take("<I"), self.take("<Q")
            return [self.value(inner) for _ in range(count)]
        return self.take(SCALARS[kind])


def read_gguf(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Metadata and tensors (as float32, rows first)."""
    cursor = _Cursor(path.read_bytes())
    if cursor.data[:4] != MAGIC:
        raise ValueError(f"{path} is not a GGUF file: it starts with {cursor.data[:4]!r}, expected {MAGIC!r}")
    cursor.at = 8
    tensor_count, key_count = cursor.take("<Q"), cursor.take("<Q")
    metadata = {cursor.string(): cursor.value(cursor.take("<I")) for _ in range(key_count)}
    infos = []
    for _ in range(tensor_count):
        name, dimensions = cursor.string(), cursor.take("<I")
        shape = [cursor.take("<Q") for _ in range(dimensions)][::-1]
        infos.append((name, shape, cursor.take("<I"), cursor.take("<Q")))
    start = cursor.at + (-cursor.at % ALIGNMENT)
    return metadata, {name: _tensor(cursor.data, start + offset, shape, kind) for name, shape, kind, offset in infos}


def _tensor(data: bytes, offset: int, shape: list[int], kind: int) -> np.ndarray:
    count = int(np.prod(shape))
    if kind == F32:
        return np.frombuffer(data, "<f4", count, offset).reshape(shape)
    if kind != Q8_0:
        raise ValueError(f"tensor type {kind} is not read here; only F32 ({F32}) and Q8_0 ({Q8_0}) are")
    packed = np.frombuffer(data, [("scale", "<f2"), ("values", "i1", BLOCK)], count // BLOCK, offset)
    return (packed["values"].astype(np.float32) * packed["scale"].astype(np.float32)[:, None]).reshape(shape)


def load_weights(model, path: Path) -> None:
    """Copy the tensors of `path` into a `model.Llama`; sizes must agree."""
    import torch

    from .export import tensor_names

    _, tensors = read_gguf(path)
    with torch.no_grad():
        for gguf_name, weight in tensor_names(model).items():
            weight.copy_(torch.from_numpy(np.array(tensors[gguf_name])))
