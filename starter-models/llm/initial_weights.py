"""Initial weights with looking-up already half built in.

Attention that copies forms late when it starts from noise: the loss rests on a plateau for
thousands of steps. So the first layer starts with heads that look one, two and three tokens back,
and the second with an induction head: it looks for the place where the present token stood before
and brings what followed it. Everything is trained on from there.
"""

import torch

from .model import Llama

EMBED_STD = 0.06  # about 1/sqrt(width): logits of the tied output start near unit variance
CONSTANT = 4.0  # the first channel of every embedding, in EMBED_STD, gives heads something constant to turn
OFFSET_SHARPNESS = 7.5  # a neighbour's score is about five lower, so e^-5 of the weight


def _orthonormal(rows: int, columns: int, generator: torch.Generator) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(columns, rows, generator=generator))[0].t()


@torch.no_grad()
def initialise(model: Llama, seed: int) -> None:
    """Set every weight of `model` in place."""
    config, generator = model.config, torch.Generator().manual_seed(seed)
    width, size = config.width, config.head_width
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            deep = name.endswith(("attn_output.weight", "ffn_down.weight"))
            weight.normal_(0, 0.03 / (2 * config.layers) ** 0.5 if deep else 0.06, generator=generator)
    model.token_embd.weight.normal_(0, EMBED_STD, generator=generator)
    model.token_embd.weight[:, 0] = CONSTANT * EMBED_STD
    first, second = model.blocks[0], model.blocks[1]
    codes = [_orthonormal(size, width, generator) for _ in range(config.heads)]
    spots = [_orthonormal(size, width, generator) for _ in range(config.heads)]
    frequencies = config.rope_base ** (-torch.arange(0, size, 2).float() / size)
    for head in range(config.heads):
        rows = slice(head * size, (head + 1) * size)
        _look_back(first, rows, head + 1, frequencies)
        codes[head][:, 0] = 0
        first.attn_v.weight[rows] = codes[head]
        first.attn_output.weight[:, rows] = 0.07 * spots[head].t()
    # Induction: this token's code against the code of the token before each place, in the pairs that hardly turn.
    still = slice(size // 2, size)
    second.attn_q.weight[:size] = 0
    second.attn_k.weight[:size] = 0
    second.attn_q.weight[still] = 2.5 * codes[0][: size // 2]
    second.attn_k.weight[still] = 2.5 * spots[0][: size // 2]
    for block, head in ((second, 0), (model.blocks[min(3, config.layers - 1)], 0)):
        rows = slice(head * size, (head + 1) * size)
        copied = _orthonormal(size, width, generator)
        block.attn_v.weight[rows] = copied
        block.attn_output.weight[:, rows] = 0.07 * copied.t()


def _look_back(block, rows: slice, offset: int, frequencies: torch.Tensor) -> None:
    """Make a head look `offset` tokens back, by queries and keys that are constant but for their turn."""
    size = rows.stop - rows.start
    strength = torch.zeros(size // 2)
    strength[: size // 16] = OFFSET_SHARPNESS
    q, k = torch.zeros(size), torch.zeros(size)
    q[0::2] = strength * torch.cos(frequencies * offset)
    q[1::2] = -strength * torch.sin(frequencies * offset)
    k[0::2] = strength
    # After the norm the constant channel is about CONSTANT; it enters both sides.
    block.attn_q.weight[rows], block.attn_k.weight[rows] = 0.0, 0.0
    block.attn_q.weight[rows, 0] = q / CONSTANT
    block.attn_k.weight[rows, 0] = k / CONSTANT
