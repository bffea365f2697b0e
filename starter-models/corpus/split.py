"""Train and held-out split, decided by the text itself so that it never moves."""

import hashlib

HELDOUT_SHARE = 0.06


def is_heldout(text: str, share: float = HELDOUT_SHARE) -> bool:
    """True when `text` belongs to the held-out split (a fixed share of all texts, by hash)."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def in_split(text: str, split: str) -> bool:
    """True when `text` belongs to `split`, one of "train" and "heldout"."""
    if split not in ("train", "heldout"):
        raise ValueError(f"split must be 'train' or 'heldout', got {split!r}")
    return is_heldout(text) == (split == "heldout")
