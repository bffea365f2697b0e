"""The llama architecture, plain: RMSNorm, interleaved rotary pairs, SiLU-gated feed-forward, tied embedding."""

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn


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

    def forward(self, x: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the new stream and the attention weights [batch, heads, time, time]."""
        batch, time, width = x.shape
        normed = self.attn_norm(x)

        def heads(projected: torch.Tensor) -> torch.Tensor:
            return projected.view(batch, time, self.heads, self.head_width).transpose(1, 2)

        q = rotate(heads(self.attn_q(normed)), cos, sin).flatten(0, 1)
        k = rotate(heads(self.attn_k(normed)), cos, sin).flatten(0, 1)
        v = heads(self.attn_v(normed)).flatten(0, 1)
        weights = torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2), alpha=1 / math.sqrt(self.head_width)), dim=-1)
        mixed = torch.bmm(weights, v).view(batch, self.heads, time, self.head_width)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(batch, time, width))
        normed = self.ffn_norm(x)
        x = x + self.ffn_down(nn.functional.silu(self.ffn_gate(normed)) * self.ffn_up(normed))
        return x, weights.view(batch, self.heads, time, time)


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

    def forward(self, tokens: torch.Tensor, positions: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Final hidden states [batch, time, width] and each layer's attention weights."""
        time = tokens.shape[1]
        mask = torch.full((time, time), -1e9, device=tokens.device).triu(1)
        cos, sin = self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)
        x, attention = self.token_embd(tokens), []
        for block in self.blocks:
            x, weights = block(x, mask, cos, sin)
            attention.append(weights)
        return self.output_norm(x), attention

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden @ self.token_embd.weight.t()
