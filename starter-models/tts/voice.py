"""The exported graph: Kokoro's inputs and outputs around the acoustic model and the vocoder."""

import numpy as np
import torch
from torch import nn

from model import CEPSTRUM_SIZE, FRAMES_PER_STEP, AcousticModel, least_frames, longest_frames, place_steps
from vocoder import HOP, Vocoder

UNIT_SAMPLES = 600  # Kokoro counts durations in 25 ms
FRAMES_PER_UNIT = UNIT_SAMPLES // HOP
STYLE_SIZE, STYLE_ROWS = 256, 510
# Kokoro's own style vectors stay well inside +-2, so these eight numbers cannot be one of them.
SIGNATURE = [3.0, -3.0, 3.0, 3.0, -3.0, 3.0, -3.0, -3.0]
VOICE_MIXTURE, PITCH_SHIFT = len(SIGNATURE), len(SIGNATURE) + 1
DEFAULT_MIXTURE = 0.0
FORMANT_EMPHASIS = 0.0


def style_rows(mixture: float, log_pitch_shift: float = 0.0) -> np.ndarray:
    """A voice file's content: 0 speaks as flite's rms, 1 as slt. Every row is the same, whatever the text's length."""
    row = np.zeros(STYLE_SIZE, np.float32)
    row[: len(SIGNATURE)] = SIGNATURE
    row[VOICE_MIXTURE], row[PITCH_SHIFT] = mixture, log_pitch_shift
    return np.tile(row, (STYLE_ROWS, 1))


class Voice(nn.Module):
    def __init__(self, acoustic: AcousticModel, vocoder: Vocoder):
        super().__init__()
        self.acoustic, self.vocoder = acoustic, vocoder
        self.register_buffer("signature", torch.tensor([SIGNATURE]))
        self.register_buffer("least", least_frames())
        self.register_buffer("longest", longest_frames())
        emphasis = torch.full((CEPSTRUM_SIZE,), 1 + FORMANT_EMPHASIS)
        emphasis[:2] = 1
        self.register_buffer("emphasis", emphasis)

    def read_style(self, style):
        """Voice mixture and pitch shift; a style that is not one of ours means the default voice."""
        near = ((style[:, : len(SIGNATURE)] - self.signature).abs() < 0.25).float()
        ours = near.sum(1, keepdim=True) > len(SIGNATURE) - 0.5
        mixture = torch.clamp(style[:, VOICE_MIXTURE : VOICE_MIXTURE + 1], 0, 1)
        shift = torch.clamp(style[:, PITCH_SHIFT : PITCH_SHIFT + 1], -0.5, 0.5)
        mixture = torch.where(ours, mixture, torch.full_like(mixture, DEFAULT_MIXTURE))
        return torch.cat([1 - mixture, mixture], 1), torch.where(ours, shift, torch.zeros_like(shift))

    def symbol_ends(self, symbols, log_duration, speed):
        """Ends in whole 5 ms frames; the last one completes a 25 ms unit."""
        frames = torch.exp(log_duration) - 1
        frames = torch.where(frames < 0.5, torch.zeros_like(frames), frames)
        frames = torch.minimum(torch.maximum(frames, self.least[symbols]), self.longest[symbols])
        speed = torch.clamp(torch.where(speed > 0, speed, torch.ones_like(speed)), 0.5, 2.0)
        ends = torch.floor(torch.cumsum(frames / speed, 1) + 0.5)
        whole = torch.ceil(ends[:, -1:] / FRAMES_PER_UNIT) * FRAMES_PER_UNIT
        return torch.cat([ends[:, :-1], whole], 1)

    def forward(self, input_ids, style, speed):
        voice, pitch_shift = self.read_style(style)
        hidden, log_duration = self.acoustic.encode(input_ids, voice, torch.ones_like(input_ids[:, None]).float())
        ends = self.symbol_ends(input_ids, log_duration, speed)
        frame_count = ends[0, -1].long()
        step_count = torch.div(frame_count + FRAMES_PER_STEP - 1, FRAMES_PER_STEP, rounding_mode="floor")
        centres = (torch.arange(step_count) * FRAMES_PER_STEP).float().unsqueeze(0) + FRAMES_PER_STEP / 2
        passed = (ends.unsqueeze(2) <= centres.unsqueeze(1)).float().sum(1).long()
        symbol = torch.minimum(passed, torch.ones_like(passed) * (input_ids.shape[1] - 1))
        alignment = place_steps(ends, symbol, centres)
        channels = self.acoustic.decode(input_ids, hidden, alignment, voice, torch.ones_like(centres).unsqueeze(1))[0, :frame_count]
        channels = channels * self.acoustic.channel_deviation + self.acoustic.channel_mean
        voiced = (channels[:, 1] > 0.5).float()
        hertz = torch.clamp(torch.exp(channels[:, 0] + pitch_shift[0]), 50, 400)
        cepstra = channels[:, 2 : 2 + CEPSTRUM_SIZE] * self.emphasis
        strengths = torch.clamp(channels[:, 2 + CEPSTRUM_SIZE :], 0, 1)
        waveform = self.vocoder(hertz, voiced, cepstra, strengths).unsqueeze(0)
        unit_ends = torch.floor(ends / FRAMES_PER_UNIT + 0.5)
        durations = unit_ends - torch.cat([torch.zeros_like(unit_ends[:, :1]), unit_ends[:, :-1]], 1)
        return waveform, durations.long()
