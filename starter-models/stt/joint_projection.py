"""Queries, keys and values of one self-attention as a single matrix, in the channel order the exported graphs use."""
import numpy as np


def pairs_apart(shape):
    """A head's channels with the first of every rotary pair before the second of every pair.

    Queries and keys are stored in this order: their products do not change, and the swap of the two becomes two block
    copies instead of a gather over single floats, which took a seventh of the encoder's time.
    """
    return np.concatenate([np.arange(0, shape.head_dim, 2), np.arange(1, shape.head_dim, 2)])


def join_projections(shape, q, k, v):
    """[hidden, 3·hidden] from three [hidden, hidden] weights as PyTorch keeps them (outputs first)."""
    rows = (np.arange(shape.heads)[:, None] * shape.head_dim + pairs_apart(shape)).reshape(-1)
    return np.concatenate([q[rows], k[rows], v]).T


def separate_projections(shape, joint):
    """The inverse of `join_projections`."""
    q, k, v = np.split(joint.T, 3)
    rows = np.argsort((np.arange(shape.heads)[:, None] * shape.head_dim + pairs_apart(shape)).reshape(-1))
    return q[rows], k[rows], v
