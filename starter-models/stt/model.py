"""Moonshine v1 in PyTorch: raw 16 kHz audio in, token logits out.

Follows the published architecture: three-convolution stem (kernel 127 stride 64, kernel 7 stride 3, kernel 3
stride 2: one frame per 384 samples), rotary pre-norm encoder, decoder with causal self-attention,
cross-attention and a gated SiLU MLP, output projection tied to the embedding. Layer norms have no bias.
There is no padding mask: clips of a batch are padded with background sound, as the exported graphs see it.
"""
import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .half_precision import Linear, cpu_has_bfloat16, joint_product, product

SAMPLE_RATE = 16000
SAMPLES_PER_FRAME = 384


@dataclass
class Shape:
    hidden_size: int = 160
    intermediate_size: int = 640
    encoder_layers: int = 5
    decoder_layers: int = 2
    heads: int = 5
    vocab_size: int = 1536
    phone_count: int = 0
    partial_rotary_factor: float = 0.9
    rope_theta: float = 10000.0

    @property
    def head_dim(self):
        return self.hidden_size // self.heads

    @property
    def rotary_dim(self):
        dim = int(self.head_dim * self.partial_rotary_factor)
        return dim - dim % 2

    def as_dict(self):
        return asdict(self)


def frame_count(sample_count):
    """Encoder frames for a clip of `sample_count` samples (none below 895)."""
    c1 = (sample_count - 127) // 64 + 1
    c2 = (c1 - 7) // 3 + 1
    return (c2 - 3) // 2 + 1


class Gelu(torch.autograd.Function):
    """0.5·x·(1+erf(x/√2)), its gradient always computed from contiguous tensors.

    Debian's torch 1.13 returns garbage from its own GELU gradient when the incoming gradient is not contiguous.
    """

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.gelu(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.ops.aten.gelu_backward(grad.contiguous(), x.contiguous())


gelu = Gelu.apply


class FramedConv(torch.autograd.Function):
    """Strided 1-D convolution over [batch, time, channels] as one matrix product per clip.

    Three times as fast on a CPU as the library's convolution and its backward pass. `weight` is [out, kernel·channels].
    """

    @staticmethod
    def frames(x, kernel, stride):
        batch, length, channels = x.shape
        count = (length - kernel) // stride + 1
        return x.as_strided((batch, count, kernel * channels), (length * channels, stride * channels, 1))

    @staticmethod
    def forward(ctx, x, weight, stride):
        kernel = weight.shape[1] // x.shape[2]
        if x.shape[2] > 1 and x.device.type == 'cpu' and weight.requires_grad and cpu_has_bfloat16():
            x, weight = x.bfloat16(), weight.bfloat16()
        x = x.contiguous()
        ctx.save_for_backward(x, weight)
        ctx.kernel, ctx.stride = kernel, stride
        return torch.matmul(FramedConv.frames(x, kernel, stride), weight.t()).float()

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        kernel, stride = ctx.kernel, ctx.stride
        batch, count, out = grad.shape
        grad = grad.to(x.dtype).contiguous()
        frames = FramedConv.frames(x, kernel, stride).reshape(batch * count, -1)
        grad_weight = grad.view(-1, out).t().contiguous().mm(frames).float()
        grad_x = None
        if ctx.needs_input_grad[0]:
            columns = grad.view(-1, out).mm(weight).float().view(batch, count, kernel, x.shape[2])
            grad_x = torch.zeros(x.shape, device=x.device)
            for k in range(kernel):
                grad_x[:, k:k + stride * (count - 1) + 1:stride] += columns[:, :, k]
        return grad_x, grad_weight, None


def framed_conv(x, conv):
    """Apply the Conv1d `conv` to x [batch, time, channels]."""
    weight = conv.weight.permute(0, 2, 1).reshape(conv.weight.shape[0], -1)
    y = FramedConv.apply(x, weight, conv.stride[0])
    return y if conv.bias is None else y + conv.bias


def mel_filters(count, length=127):
    """Windowed sine and cosine pairs, centre frequencies evenly spaced on the mel scale, 60 Hz to 7.4 kHz.

    A random first layer leaves the loss on a plateau for a long time; a filter bank does not.
    """
    def mel(hz):
        return 2595.0 * math.log10(1.0 + hz / 700.0)

    pairs = count // 2
    mels = torch.linspace(mel(60.0), mel(7400.0), pairs)
    hz = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    t = (torch.arange(length) - (length - 1) / 2) / SAMPLE_RATE
    window = torch.hann_window(length, periodic=False)
    phase = 2 * math.pi * hz[:, None] * t[None, :]
    bank = torch.stack([torch.cos(phase) * window, torch.sin(phase) * window], 1).reshape(2 * pairs, length)
    bank = bank / bank.norm(dim=1, keepdim=True)
    if count > 2 * pairs:
        bank = torch.cat([bank, torch.randn(count - 2 * pairs, length) * 0.05])
    return bank.unsqueeze(1)


class LayerNorm(nn.Module):
    """LayerNorm with a scale and no bias."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, 1e-5)


def rotary_tables(shape, length, device, offset=0):
    inverse = shape.rope_theta ** (-torch.arange(0, shape.rotary_dim, 2, device=device).float() / shape.rotary_dim)
    angle = (torch.arange(length, device=device).float() + offset)[:, None] * inverse[None]
    angle = angle.repeat_interleave(2, -1)
    return angle.cos(), angle.sin()


def rotate(x, tables, rotary_dim):
    """Interleaved (even, odd) rotary embedding over the first `rotary_dim` channels of each head."""
    cos, sin = tables
    head, tail = x[..., :rotary_dim], x[..., rotary_dim:]
    pairs = head.reshape(*head.shape[:-1], -1, 2)
    turned = torch.stack([-pairs[..., 1], pairs[..., 0]], -1).reshape(head.shape)
    return torch.cat([head * cos + turned * sin, tail], -1)


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        size = shape.hidden_size
        self.shape = shape
        self.q_proj = Linear(size, size, bias=False)
        self.k_proj = Linear(size, size, bias=False)
        self.v_proj = Linear(size, size, bias=False)
        self.o_proj = Linear(size, size, bias=False)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.shape.heads, self.shape.head_dim).transpose(1, 2)

    def forward(self, x, source=None, tables=None, mask=None):
        if source is None:
            q, k, v = (self.split(part) for part in joint_product(x, self.q_proj, self.k_proj, self.v_proj))
        else:
            q = self.split(self.q_proj(x))
            k, v = (self.split(part) for part in joint_product(source, self.k_proj, self.v_proj))
        if tables is not None:
            q = rotate(q, tables, self.shape.rotary_dim)
            k = rotate(k, tables, self.shape.rotary_dim)
        scores = torch.matmul(q * self.shape.head_dim ** -0.5, k.transpose(-1, -2))
        if mask is not None:
            scores = scores + mask
        mixed = torch.matmul(torch.softmax(scores, -1), v)
        return self.o_proj(mixed.transpose(1, 2).reshape(x.shape))


class EncoderLayer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.input_layernorm = LayerNorm(shape.hidden_size)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = LayerNorm(shape.hidden_size)
        self.fc1 = Linear(shape.hidden_size, shape.intermediate_size)
        self.fc2 = Linear(shape.intermediate_size, shape.hidden_size)

    def forward(self, x, tables):
        x = x + self.self_attn(self.input_layernorm(x), tables=tables)
        return x + self.fc2(gelu(self.fc1(self.post_attention_layernorm(x))))


class Encoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        size = shape.hidden_size
        self.shape = shape
        self.conv1 = nn.Conv1d(1, size, 127, stride=64, bias=False)
        self.groupnorm = nn.GroupNorm(1, size, eps=1e-5)
        self.conv2 = nn.Conv1d(size, 2 * size, 7, stride=3)
        self.conv3 = nn.Conv1d(2 * size, size, 3, stride=2)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.layer_norm = LayerNorm(size)
        with torch.no_grad():
            self.conv1.weight.copy_(mel_filters(size))

    def stem(self, audio):
        x = torch.tanh(framed_conv(audio.unsqueeze(-1), self.conv1))
        x = F.layer_norm(x, x.shape[1:]) * self.groupnorm.weight + self.groupnorm.bias
        return gelu(framed_conv(gelu(framed_conv(x, self.conv2)), self.conv3))

    def forward(self, audio):
        x = self.stem(audio)
        tables = rotary_tables(self.shape, x.shape[1], x.device)
        for layer in self.layers:
            x = layer(x, tables)
        return self.layer_norm(x)


class DecoderLayer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.input_layernorm = LayerNorm(shape.hidden_size)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = LayerNorm(shape.hidden_size)
        self.encoder_attn = Attention(shape)
        self.final_layernorm = LayerNorm(shape.hidden_size)
        self.fc1 = Linear(shape.hidden_size, 2 * shape.intermediate_size)
        self.fc2 = Linear(shape.intermediate_size, shape.hidden_size)

    def forward(self, x, memory, tables, mask):
        x = x + self.self_attn(self.input_layernorm(x), tables=tables, mask=mask)
        x = x + self.encoder_attn(self.post_attention_layernorm(x), source=memory)
        value, gate = self.fc1(self.final_layernorm(x)).chunk(2, -1)
        return x + self.fc2(F.silu(gate) * value)


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.norm = LayerNorm(shape.hidden_size)

    def forward(self, tokens, memory):
        x = self.embed_tokens(tokens)
        length = tokens.shape[1]
        tables = rotary_tables(self.shape, length, x.device)
        mask = torch.full((length, length), -1e9, device=x.device).triu(1)
        for layer in self.layers:
            x = layer(x, memory, tables, mask)
        return product(self.norm(x), self.embed_tokens.weight)


class Recogniser(nn.Module):
    """Encoder, decoder and the phone head that only training uses."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
        self.phone_head = Linear(shape.hidden_size, shape.phone_count) if shape.phone_count else None
        self.apply(self.initialise)
        with torch.no_grad():
            self.encoder.conv1.weight.copy_(mel_filters(shape.hidden_size))

    @staticmethod
    def initialise(module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features ** -0.5 * 0.7)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.05)

    @torch.no_grad()
    def transcribe(self, audio, max_tokens=64, bos=1, eos=2):
        """Greedy token ids for a [batch, samples] tensor, one list per clip (no cache; for checks in training)."""
        memory = self.encoder(audio)
        tokens = torch.full((len(audio), 1), bos, dtype=torch.long, device=audio.device)
        done = torch.zeros(len(audio), dtype=torch.bool, device=audio.device)
        for _ in range(max_tokens):
            step = self.decoder(tokens, memory)[:, -1].argmax(-1)
            step = torch.where(done, torch.full_like(step, eos), step)
            tokens = torch.cat([tokens, step[:, None]], 1)
            done |= step == eos
            if bool(done.all()):
                break
        return [[t for t in row[1:] if t != eos] for row in tokens.tolist()]
