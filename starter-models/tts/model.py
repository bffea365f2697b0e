"""The acoustic model: symbols -> durations, pitch, voicing, mel-cepstra. Convolutions only; one hidden vector per symbol, then one per 10 ms."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from symbols import PUNCTUATION, STRESS, SYMBOL_COUNT, VOCABULARY
from tables import ContextTables, identifier_of_seen

FRAMES_PER_STEP = 2
CEPSTRUM_SIZE, BAND_COUNT = 25, 5
CHANNELS = 2 + CEPSTRUM_SIZE + BAND_COUNT  # log pitch, voicing, cepstrum, band strengths
ENCODER_WIDTH, DECODER_WIDTH = 128, 128
ENCODER_DILATIONS, DURATION_DILATIONS, DECODER_DILATIONS = (1, 2, 4, 8), (1,), (1, 2, 4)
VOICE_COUNT = 2


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of [batch, channels, time]."""

    def __init__(self, width: int):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(1, width, 1)), nn.Parameter(torch.zeros(1, width, 1))

    def forward(self, x):
        centred = x - x.mean(1, keepdim=True)
        return centred / torch.sqrt((centred * centred).mean(1, keepdim=True) + 1e-5) * self.gain + self.bias


class Block(nn.Module):
    """Residual: norm, dilated convolution, ReLU, point-wise convolution."""

    def __init__(self, width: int, kernel: int, dilation: int):
        super().__init__()
        self.norm = ChannelNorm(width)
        self.wide = nn.Conv1d(width, width, kernel, padding=(kernel - 1) // 2 * dilation, dilation=dilation)
        self.point = nn.Conv1d(width, width, 1)

    def forward(self, x, mask):
        return (x + self.point(F.relu(self.wide(self.norm(x) * mask)))) * mask


@dataclass
class Alignment:
    """Where each 10 ms step lies in the symbols."""

    symbol: torch.Tensor  # [batch, steps], int64
    position: torch.Tensor  # [batch, steps], 0..1 within the symbol
    features: torch.Tensor  # [batch, 4, steps]


def place_steps(ends: torch.Tensor, symbol: torch.Tensor, centres: torch.Tensor) -> Alignment:
    """`ends`: symbol ends in frames [batch, symbols]; `centres`: the steps' middles in frames [batch, steps]."""
    starts = torch.cat([torch.zeros_like(ends[:, :1]), ends[:, :-1]], 1)
    since = torch.clamp(centres - torch.gather(starts, 1, symbol), 0, 80)
    until = torch.clamp(torch.gather(ends, 1, symbol) - centres, 0, 80)
    position = since / (since + until + 0.5)
    features = torch.stack([since / 20, until / 20, position, torch.log(since + until + 0.5) / 3], 1)
    return Alignment(symbol, position, features)


class AcousticModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(SYMBOL_COUNT, ENCODER_WIDTH)
        self.voice_to_encoder = nn.Linear(VOICE_COUNT, ENCODER_WIDTH)
        self.encoder = nn.ModuleList(Block(ENCODER_WIDTH, 5, dilation) for dilation in ENCODER_DILATIONS)
        self.duration_blocks = nn.ModuleList(Block(ENCODER_WIDTH, 3, dilation) for dilation in DURATION_DILATIONS)
        self.to_duration = nn.Conv1d(ENCODER_WIDTH, 1, 1)
        self.to_decoder = nn.Conv1d(ENCODER_WIDTH, DECODER_WIDTH, 1)
        self.place_to_decoder = nn.Conv1d(4, DECODER_WIDTH, 1)
        self.voice_to_decoder = nn.Linear(VOICE_COUNT, DECODER_WIDTH)
        self.decoder = nn.ModuleList(Block(DECODER_WIDTH, 3, dilation) for dilation in DECODER_DILATIONS)
        self.decoder_norm = ChannelNorm(DECODER_WIDTH)
        self.to_channels = nn.Conv1d(DECODER_WIDTH, FRAMES_PER_STEP * CHANNELS, 1)
        nn.init.zeros_(self.to_channels.weight)
        nn.init.zeros_(self.to_channels.bias)
        nn.init.zeros_(self.to_duration.weight)
        nn.init.zeros_(self.to_duration.bias)
        self.tables = ContextTables(CHANNELS)
        self.register_buffer("usual_duration", torch.zeros(SYMBOL_COUNT))
        self.register_buffer("channel_mean", torch.zeros(CHANNELS))
        self.register_buffer("channel_deviation", torch.ones(CHANNELS))

    def encode(self, symbols, voice, mask):
        """symbols [batch, n], voice mixture [batch, 2], mask [batch, 1, n] -> hidden [batch, width, n], log1p(frames) [batch, n]."""
        hidden = (self.embedding(symbols).transpose(1, 2) + self.voice_to_encoder(voice).unsqueeze(2)) * mask
        for block in self.encoder:
            hidden = block(hidden, mask)
        duration = hidden
        for block in self.duration_blocks:
            duration = block(duration, mask)
        return hidden, self.to_duration(duration).squeeze(1) + self.usual_duration[symbols]

    def decode(self, symbols, hidden, alignment: Alignment, voice, mask):
        """-> normalised channels [batch, steps * 2, CHANNELS]."""
        picked = torch.gather(self.to_decoder(hidden), 2, alignment.symbol.unsqueeze(1).expand(-1, DECODER_WIDTH, -1))
        x = (picked + self.place_to_decoder(alignment.features) + self.voice_to_decoder(voice).unsqueeze(2)) * mask
        for block in self.decoder:
            x = block(x, mask)
        channels = self.to_channels(self.decoder_norm(x))
        average = self.tables(symbols, alignment.symbol, alignment.position, voice).unsqueeze(2)
        channels = channels.transpose(1, 2).reshape(*alignment.symbol.shape, FRAMES_PER_STEP, CHANNELS) + average
        return channels.reshape(channels.shape[0], -1, CHANNELS)

    def settle_unseen(self, seen: set[int]) -> None:
        """Symbols never met in training take after their nearest neighbour that was."""
        with torch.no_grad():
            for symbol, identifier in VOCABULARY.items():
                known = identifier_of_seen(symbol, seen)
                self.embedding.weight[identifier] = self.embedding.weight[known]
                self.usual_duration[identifier] = self.usual_duration[known]


def least_frames() -> torch.Tensor:
    """Shortest allowed duration of each symbol in 5 ms frames: marks may vanish, sounds may not."""
    least = torch.full((SYMBOL_COUNT,), 4.0)
    for symbol in PUNCTUATION + STRESS + " ː\u0303ʰʲ↓→↗↘":
        least[VOCABULARY[symbol]] = 0
    return least


def longest_frames() -> torch.Tensor:
    """Longest allowed duration of each symbol in 5 ms frames."""
    longest = torch.full((SYMBOL_COUNT,), 80.0)
    for symbol in STRESS:
        longest[VOCABULARY[symbol]] = 0
    return longest
