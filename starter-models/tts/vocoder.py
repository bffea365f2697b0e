"""Harmonic-plus-noise synthesis: mel-cepstra, pitch and band voicing in, 24 kHz samples out, all in plain tensor operations.

A pulse train and a noise table are cut into 10 ms Hann pieces every 5 ms, each piece is filtered in the frequency domain by the frame's
minimum-phase envelope, and the pieces are added up again. Fourier transforms are matrix products with constant cosines.
"""

import math

import numpy as np
import torch
from torch import nn

SAMPLE_RATE = 24000
HOP = 120
CEPSTRUM_SIZE = 25
WINDOW = 2 * HOP
TRANSFORM = 6 * HOP
BIN_COUNT = 301  # up to 10 kHz
SOURCE_NYQUIST = 8000
NOISE_FRAMES = 480
PULSE_REACH = 16  # samples
PULSE_CUTOFF = 0.875  # of Nyquist
ROLL_OFF_DB_PER_KHZ = 12
LEVEL = 2 / 32768  # the cepstra are those of 16-bit samples; speech comes out around -21 dBFS
PEAK = 0.97


def warped(hertz: np.ndarray, alpha: float) -> np.ndarray:
    """Frequency on the all-pass scale of a mel-cepstrum (Tokuda et al. 1994), for a 16 kHz analysis."""
    omega = 2 * np.pi * hertz / (2 * SOURCE_NYQUIST)
    return omega + 2 * np.arctan(alpha * np.sin(omega) / (1 - alpha * np.cos(omega)))


def band_responses(filters: np.ndarray, hertz: np.ndarray) -> np.ndarray:
    """Real gain of each linear-phase excitation filter at each frequency, delay removed: [bands, bins]."""
    taps = np.arange(filters.shape[1])
    delay = (taps * filters.astype(np.float64) ** 2).sum() / (filters.astype(np.float64) ** 2).sum()
    omega = 2 * np.pi * np.minimum(hertz, SOURCE_NYQUIST) / (2 * SOURCE_NYQUIST)
    return (filters @ np.exp(-1j * np.outer(taps - round(delay * 2) / 2, omega))).real


def turn(product: torch.Tensor) -> torch.Tensor:
    """Angle of the Fourier kernel; the whole turns are taken off first, exactly."""
    return (product - torch.floor(product / TRANSFORM) * TRANSFORM) * (2 * math.pi / TRANSFORM)


class Vocoder(nn.Module):
    def __init__(self, excitation_filters: np.ndarray, alpha: float):
        super().__init__()
        hertz = np.arange(BIN_COUNT) * SAMPLE_RATE / TRANSFORM
        order = np.arange(CEPSTRUM_SIZE)[:, None]
        angle = warped(np.minimum(hertz, SOURCE_NYQUIST), alpha)[None]
        self.constant("to_log_gain", np.cos(order * angle))
        self.constant("to_phase", -np.sin(order * angle))
        self.constant("roll_off", -np.maximum(0, hertz - SOURCE_NYQUIST) / 1000 * ROLL_OFF_DB_PER_KHZ / 8.686)
        self.constant("bands", band_responses(excitation_filters, hertz))
        self.constant("bins", np.arange(BIN_COUNT)[None])
        self.constant("window_places", np.arange(WINDOW)[:, None])
        self.constant("window", (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW))[:, None])
        self.constant("output_places", np.arange(TRANSFORM)[None])
        self.constant("bin_weights", np.where(np.arange(BIN_COUNT) == 0, 1, 2)[:, None] * LEVEL / TRANSFORM)
        self.constant("noise", np.random.default_rng(20).standard_normal((NOISE_FRAMES, HOP)))
        self.constant("sample_offsets", np.arange(HOP)[None])

    def constant(self, name: str, values: np.ndarray) -> None:
        # A parameter, because the exporter would multiply out whatever follows from buffers alone.
        self.register_parameter(name, nn.Parameter(torch.tensor(np.asarray(values), dtype=torch.float32), requires_grad=False))

    def pulses(self, hertz: torch.Tensor, voiced: torch.Tensor) -> torch.Tensor:
        """Band-limited pulses of unit mean power: [frames, HOP]. Frames must be a multiple of five."""
        advance = (hertz * (HOP / SAMPLE_RATE)).reshape(-1, 5)
        within = torch.cumsum(advance, 1)
        # Whole cycles are dropped per block, so that float32 keeps its precision over half a minute.
        block = within[:, 4:] - torch.floor(within[:, 4:])
        before = torch.cumsum(block, 0) - block
        start = (within - advance + before).reshape(-1, 1)
        hertz, voiced = hertz.reshape(-1, 1), voiced.reshape(-1, 1)
        cycles = start + hertz * (self.sample_offsets / SAMPLE_RATE)
        distance = (cycles - torch.floor(cycles + 0.5)) * (SAMPLE_RATE / hertz)
        near = torch.clamp(distance, -PULSE_REACH, PULSE_REACH) * math.pi
        near = torch.where(near.abs() < 1e-3, torch.full_like(near, 1e-3), near)
        shape = torch.sin(near * PULSE_CUTOFF) / near * (0.5 + 0.5 * torch.cos(near / PULSE_REACH))
        return shape * torch.sqrt(SAMPLE_RATE / hertz) * voiced

    def analysis(self) -> torch.Tensor:
        """Windowed Fourier matrix [WINDOW, 2 * BIN_COUNT]. Built by the graph, as constants it would be most of the file."""
        angle = turn(self.window_places * self.bins)
        return self.window * torch.cat([torch.cos(angle), -torch.sin(angle)], 1)

    def synthesis(self) -> torch.Tensor:
        """Inverse Fourier matrix [2 * BIN_COUNT, TRANSFORM]."""
        angle = turn(self.bins.transpose(0, 1) * self.output_places)
        return torch.cat([self.bin_weights * torch.cos(angle), -self.bin_weights * torch.sin(angle)], 0)

    def pieces(self, blocks: torch.Tensor) -> torch.Tensor:
        """Spectra of overlapping windows: [frames, HOP] -> [frames, 2 * BIN_COUNT]."""
        following = torch.cat([blocks[1:], torch.zeros_like(blocks[:1])], 0)
        return torch.cat([blocks, following], 1) @ self.analysis()

    def forward(self, hertz: torch.Tensor, voiced: torch.Tensor, cepstra: torch.Tensor, strengths: torch.Tensor) -> torch.Tensor:
        """[frames], [frames] of 0 or 1, [frames, 25], [frames, bands] -> samples [frames * HOP]."""
        frame_count = hertz.shape[0]
        pulse = self.pieces(self.pulses(hertz, voiced))
        turns = torch.remainder(torch.arange(frame_count), NOISE_FRAMES)
        noise = self.pieces(self.noise[turns])
        pulse_gain, noise_gain = strengths @ self.bands, (1 - strengths) @ self.bands
        gain = torch.exp(cepstra @ self.to_log_gain + self.roll_off)
        phase = cepstra @ self.to_phase
        real = pulse[:, :BIN_COUNT] * pulse_gain + noise[:, :BIN_COUNT] * noise_gain
        imaginary = pulse[:, BIN_COUNT:] * pulse_gain + noise[:, BIN_COUNT:] * noise_gain
        cosine, sine = gain * torch.cos(phase), gain * torch.sin(phase)
        spectrum = torch.cat([real * cosine - imaginary * sine, real * sine + imaginary * cosine], 1)
        pieces = (spectrum @ self.synthesis()).reshape(frame_count, TRANSFORM // HOP, HOP)
        output = pieces[:, 0]
        for late in range(1, TRANSFORM // HOP):
            silence = torch.zeros_like(pieces[:late, 0])
            output = output + torch.cat([silence, pieces[:, late]], 0)[:frame_count]
        return PEAK * torch.tanh(output.reshape(-1) / PEAK)
