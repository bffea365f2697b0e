"""The llama architecture, plain: RMSNorm, interleaved rotary pairs, SiLU-gated feed-forward, tied embedding."""

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn


MASKED = -1e9


@dataclass(frozen=True)
class Config:
    """Sizes of the model. Rows of every matrix are multiples of 32, as Q8_0 needs."""

    vocab_size: int
    width: int = 192
    layers: int = 5
    heads: int = 3
    hidden: int = 512
    context: int = 2048
    rope_base: float = 1e6  # so slow that half of the pairs hardly turn: those match content over any distance
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def to_dict(self) -> dict:
        return asdict(self)


class RmsNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turn the pairs (2i, 2i+1) of the last axis; `x` is [batch, heads, time, head_width]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.heads, self.head_width = config.heads, config.head_width
        self.attn_norm, self.ffn_norm = RmsNorm(config.width, config.norm_eps), RmsNorm(config.width, config.norm_eps)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            setattr(self, name, nn.Linear(config.width, config.width, bias=False))
        self.ffn_gate = nn.Linear(config.width, config.hidden, bias=False)
        self.ffn_up = nn.Linear(config.width, config.hidden, bias=False)
        self.ffn_down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], only: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The new stream and the attention weights [batch, heads, queries, time].

        `turn` is (cos, sin) of the positions. With `only`, places [batch, queries], the stream is
        computed at those places alone: the last layer is read nowhere else.
        """
        batch, time, width = x.shape
        normed = self.attn_norm(x)
        asking, query_turn = normed, turn
        if only is not None:
            x, asking = _at(x, only), _at(normed, only)
            query_turn = tuple(_at(table.squeeze(1), only).unsqueeze(1) for table in turn)
        q = rotate(self._heads(self.attn_q(asking)), *query_turn).flatten(0, 1)
        k = rotate(self._heads(self.attn_k(normed)), *turn).flatten(0, 1)
        v = self._heads(self.attn_v(normed)).flatten(0, 1)
        weights = torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2), alpha=1 / math.sqrt(self.head_width)), dim=-1)
        mixed = torch.bmm(weights, v).view(batch, self.heads, -1, self.head_width)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(x.shape))
        normed = self.ffn_norm(x)
        x = x + self.ffn_down(nn.functional.silu(self.ffn_gate(normed)) * self.ffn_up(normed))
        return x, weights.view(batch, self.heads, -1, time)

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        return projected.view(projected.shape[0], projected.shape[1], self.heads, self.head_width).transpose(1, 2)


def _at(x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """`x` [batch, time, width] at `places` [batch, count]."""
    return x.gather(1, places.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


class Llama(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output_norm = RmsNorm(config.width, config.norm_eps)
        angles = torch.outer(torch.arange(2 * config.context).float(), config.rope_base ** (-torch.arange(0, config.head_width, 2).float() / config.head_width))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens: torch.Tensor, positions: torch.Tensor, only: torch.Tensor | None = None) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Final hidden states [batch, time, width], or at the places `only` [batch, count], and each layer's attention."""
        time = tokens.shape[1]
        mask = torch.full((time, time), MASKED, device=tokens.device).triu(1)
        turn = (self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1))
        x, attention = self.token_embd(tokens), []
        for block in self.blocks[:-1]:
            x, weights = block(x, mask, turn)
            attention.append(weights)
        if only is not None:
            mask = mask[only].repeat_interleave(self.config.heads, dim=0)
        x, weights = self.blocks[-1](x, mask, turn, only)
        return self.output_norm(x), [*attention, weights]

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden @ self.token_embd.weight.t()
