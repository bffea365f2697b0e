"""The exported graph: Kokoro's inputs and outputs around the tables and the vocoder."""

import numpy as np
import torch
from torch import nn

from averages import CHANNELS, POINTS
from context import TABLES, Context
from symbols import PUNCTUATION, STRESS, SYMBOL_COUNT, VOCABULARY
from vocoder import CEPSTRUM_SIZE, HOP, Vocoder

UNIT_SAMPLES = 600  # Kokoro counts durations in 25 ms
FRAMES_PER_UNIT = UNIT_SAMPLES // HOP
STYLE_SIZE, STYLE_ROWS = 256, 510
# Kokoro's own style vectors stay well inside +-2, so these eight numbers cannot be one of them.
SIGNATURE = [3.0, -3.0, 3.0, 3.0, -3.0, 3.0, -3.0, -3.0]
VOICE_MIXTURE, PITCH_SHIFT = len(SIGNATURE), len(SIGNATURE) + 1
# Kokoro's names for a male and a female American voice, so that programs that know those find these. Mixture: 0 is flite's rms, 1 its slt;
# the recogniser understands blends better than either. Then the shift of log pitch.
VOICES = {"am_michael": (0.35, -0.1), "af_heart": (0.65, 0.15)}
DEFAULT_MIXTURE, DEFAULT_PITCH_SHIFT = VOICES["am_michael"]
# Averages blur formants: cepstral deviations beyond tilt are widened again. Both numbers were chosen by the recogniser's word error rate.
FORMANT_EMPHASIS, DARKER = 0.25, 0.1
FIRST_CEPSTRUM = 2  # channel of c0
SHORTEST_FRAMES, SHORTEST_VOWEL_FRAMES, LONGEST_FRAMES = 4.0, 6.0, 80.0  # a vowel fills a unit, so every word has a duration
VOWELS = "iɛeæaɑɒɔoʌuəɐɚɜ"
LOWEST_HERTZ, HIGHEST_HERTZ = 50, 400


def style_rows(mixture: float, log_pitch_shift: float) -> np.ndarray:
    """A voice file's content. Every row is the same, whatever the text's length."""
    row = np.zeros(STYLE_SIZE, np.float32)
    row[: len(SIGNATURE)] = SIGNATURE
    row[VOICE_MIXTURE], row[PITCH_SHIFT] = mixture, log_pitch_shift
    return np.tile(row, (STYLE_ROWS, 1))


def per_symbol(exceptions: dict[str, float], usual: float) -> torch.Tensor:
    values = torch.full((SYMBOL_COUNT,), usual)
    for symbols, value in exceptions.items():
        for symbol in symbols:
            values[VOCABULARY[symbol]] = value
    return values


class Voice(nn.Module):
    def __init__(self, fitted: dict[str, np.ndarray], vocoder: Vocoder):
        super().__init__()
        self.context, self.vocoder = Context({int(identifier) for identifier in fitted["seen"]}), vocoder
        self.register_buffer("signature", torch.tensor([SIGNATURE]))
        # Marks may vanish, sounds may not; stress marks never last.
        shortest = per_symbol({PUNCTUATION + STRESS + " ː\u0303ʰʲ↓→↗↘": 0.0, VOWELS: SHORTEST_VOWEL_FRAMES}, SHORTEST_FRAMES)
        self.register_buffer("shortest", shortest)
        self.register_buffer("longest", per_symbol({STRESS: 0.0}, LONGEST_FRAMES))
        mean, deviation = fitted["channel_mean"].copy(), fitted["channel_deviation"].copy()
        mean[FIRST_CEPSTRUM + 1] += DARKER
        deviation[FIRST_CEPSTRUM + 2 : FIRST_CEPSTRUM + CEPSTRUM_SIZE] *= 1 + FORMANT_EMPHASIS
        self.register_buffer("channel_mean", torch.from_numpy(mean))
        self.register_buffer("channel_deviation", torch.from_numpy(deviation))
        self.register_buffer("points", torch.arange(POINTS).float())
        for name in TABLES:
            for kind in ("sound", "duration"):
                for voice in (0, 1):
                    # A parameter, because the exporter would rewrite what follows from buffers alone.
                    values = torch.from_numpy(fitted[f"{kind}_{name}_{voice}"])
                    self.register_parameter(f"{kind}_{name}_{voice}", nn.Parameter(values, requires_grad=False))

    def read_style(self, style):
        """Voice mixture and pitch shift [1]; a style that is not one of ours means the default voice."""
        near = ((style[:, : len(SIGNATURE)] - self.signature).abs() < 0.25).float()
        ours = near.sum(1) > len(SIGNATURE) - 0.5
        mixture = torch.clamp(style[:, VOICE_MIXTURE], 0, 1)
        shift = torch.clamp(style[:, PITCH_SHIFT], -0.5, 0.5)
        return torch.where(ours, mixture, torch.full_like(mixture, DEFAULT_MIXTURE)), torch.where(ours, shift, torch.full_like(shift, DEFAULT_PITCH_SHIFT))

    def looked_up(self, kind: str, rows: dict[str, torch.Tensor], mixture: torch.Tensor) -> torch.Tensor:
        """Sum of the tables' rows, mixed between the two voices: [n, columns]."""
        first, second = (sum(getattr(self, f"{kind}_{name}_{voice}")[row] for name, row in rows.items()) for voice in (0, 1))
        return first * (1 - mixture) + second * mixture

    def symbol_ends(self, symbols, rows, mixture, speed):
        """End of each symbol in whole 5 ms frames [n]; the last one completes a 25 ms unit."""
        frames = torch.exp(self.looked_up("duration", rows, mixture)[:, 0]) - 1
        frames = torch.where(frames < 0.5, torch.zeros_like(frames), frames)
        speed = torch.clamp(torch.where(speed > 0, speed, torch.ones_like(speed)), 0.5, 2.0)
        frames = torch.minimum(torch.maximum(frames / speed, self.shortest[symbols]), self.longest[symbols])
        ends = torch.floor(torch.cumsum(frames, 0) + 0.5)
        return torch.cat([ends[:-1], torch.ceil(ends[-1:] / FRAMES_PER_UNIT) * FRAMES_PER_UNIT], 0)

    def frames(self, courses: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """Channels of every frame: straight lines between each symbol's points, smoothed over three frames. [frames, CHANNELS]"""
        frame = torch.arange(ends[-1].long()).float()
        symbol = (ends.unsqueeze(0) <= frame.unsqueeze(1)).float().sum(1).long()
        starts = torch.cat([torch.zeros_like(ends[:1]), ends[:-1]], 0)
        length = (ends - starts)[symbol]
        at = (frame - starts[symbol]) / torch.clamp(length - 1, 1) * (POINTS - 1)
        weights = torch.clamp(1 - (at.unsqueeze(1) - self.points).abs(), 0, 1)
        channels = (courses.reshape(-1, POINTS, CHANNELS)[symbol] * weights.unsqueeze(2)).sum(1)
        earlier = torch.cat([channels[:1], channels[:-1]], 0)
        later = torch.cat([channels[1:], channels[-1:]], 0)
        return channels * 0.5 + (earlier + later) * 0.25

    def forward(self, input_ids, style, speed):
        symbols = input_ids[0]
        mixture, pitch_shift = self.read_style(style)
        rows = self.context(symbols)
        ends = self.symbol_ends(symbols, rows, mixture, speed)
        channels = self.frames(self.looked_up("sound", rows, mixture), ends)
        channels = channels * self.channel_deviation + self.channel_mean
        hertz = torch.clamp(torch.exp(channels[:, 0] + pitch_shift), LOWEST_HERTZ, HIGHEST_HERTZ)
        voiced = (channels[:, 1] > 0.5).float()
        cepstra = channels[:, FIRST_CEPSTRUM : FIRST_CEPSTRUM + CEPSTRUM_SIZE]
        strengths = torch.clamp(channels[:, FIRST_CEPSTRUM + CEPSTRUM_SIZE :], 0, 1)
        waveform = self.vocoder(hertz, voiced, cepstra, strengths).unsqueeze(0)
        unit_ends = torch.floor(ends / FRAMES_PER_UNIT + 0.5)
        durations = unit_ends - torch.cat([torch.zeros_like(unit_ends[:1]), unit_ends[:-1]], 0)
        return waveform, durations.long().unsqueeze(0)
