"""Writes GGUF version 3: metadata, then tensors as F32 or Q8_0, each aligned to 32 bytes."""

import struct
from pathlib import Path

import numpy as np

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32
F32, Q8_0 = 0, 8
BLOCK = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def quantise_q8_0(matrix: np.ndarray) -> bytes:
    """Q8_0: per 32 values one float16 scale (largest magnitude / 127) and 32 signed bytes."""
    if matrix.shape[-1] % BLOCK:
        raise ValueError(f"Q8_0 needs rows of a multiple of {BLOCK}, got {matrix.shape}")
    blocks = np.ascontiguousarray(matrix, dtype=np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("values", "i1", BLOCK)])
    packed["scale"] = scale[:, 0]
    packed["values"] = np.rint(blocks * inverse)
    return packed.tobytes()


def _string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(value) -> tuple[int, bytes]:
    """Type and bytes of a metadata value; ints are uint32, lists are of strings or of int32."""
    if isinstance(value, bool):
        return BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        return UINT32, struct.pack("<I", value)
    if isinstance(value, float):
        return FLOAT32, struct.pack("<f", value)
    if isinstance(value, str):
        return STRING, _string(value)
    if all(isinstance(entry, str) for entry in value):
        return ARRAY, struct.pack("<IQ", STRING, len(value)) + b"".join(map(_string, value))
    return ARRAY, struct.pack("<IQ", INT32, len(value)) + struct.pack(f"<{len(value)}i", *value)


def write_gguf(path: Path, metadata: dict, tensors: dict[str, np.ndarray]) -> None:
    """Write `tensors` (rows first, as numpy has them): matrices as Q8_0, vectors as F32."""
    infos, blobs, offset = [], [], 0
    for name, tensor in tensors.items():
        kind = Q8_0 if tensor.ndim == 2 else F32
        blob = quantise_q8_0(tensor) if kind == Q8_0 else np.ascontiguousarray(tensor, dtype="<f4").tobytes()
        # GGUF lists the fastest-moving dimension first.
        infos.append(_string(name) + struct.pack("<I", tensor.ndim) + struct.pack(f"<{tensor.ndim}Q", *reversed(tensor.shape)) + struct.pack("<IQ", kind, offset))
        blobs.append(blob + b"\0" * (-len(blob) % ALIGNMENT))
        offset += len(blobs[-1])
    header = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(metadata))
    for key, value in metadata.items():
        kind, data = _value(value)
        header += _string(key) + struct.pack("<I", kind) + data
    header += b"".join(infos)
    path.write_bytes(header + b"\0" * (-len(header) % ALIGNMENT) + b"".join(blobs))
