"""What a symbol sounds like on average, next to each neighbour: fitted in closed form, so that training only has to learn the rest.

Each channel of a step is base[voice, symbol] + left[left neighbour, symbol] + right[symbol, right neighbour], every entry being a
straight-line curve through three points: the symbol's beginning, middle and end.
"""

import numpy as np
import torch
from torch import nn

from symbols import NEIGHBOURS, STRESS, SYMBOL_COUNT, VOCABULARY

SLOT_COUNT = 72
POINTS = 3
SHRINK_FRAMES = 30  # an entry seen for this many steps counts half


def passed_over() -> torch.Tensor:
    """1 for symbols that a sound looks past to find its neighbour."""
    mark = torch.zeros(SYMBOL_COUNT)
    for symbol in STRESS + " ":
        mark[VOCABULARY[symbol]] = 1
    return mark


def neighbours(symbols: torch.Tensor, skip: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Places of the nearest symbols to the left and right that are not passed over: [batch, n] each."""
    count = symbols.shape[1]
    place = torch.arange(count)
    sounding = 1 - skip[symbols]
    before = (place.unsqueeze(0) < place.unsqueeze(1)).float()
    left = (before * (sounding * place).unsqueeze(1)).amax(2)
    distance = ((count - 1 - place) * sounding).unsqueeze(1) * before.transpose(0, 1)
    right = (count - 1) - distance.amax(2)
    return left.long(), right.long()


def point_weights(position: torch.Tensor) -> torch.Tensor:
    """Shares of beginning, middle and end at a relative position in 0..1: [..., 3]."""
    beginning = torch.clamp(1 - 2 * position, 0, 1)
    end = torch.clamp(2 * position - 1, 0, 1)
    return torch.stack([beginning, 1 - beginning - end, end], -1)


class ContextTables(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels
        self.register_buffer("skip", passed_over())
        self.register_buffer("slot", torch.zeros(SYMBOL_COUNT, dtype=torch.int64))
        # Parameters, because the exporter would fold the lookups of buffers; they are not trained.
        for name, rows in [("base", 2 * SLOT_COUNT), ("left", SLOT_COUNT**2), ("right", SLOT_COUNT**2)]:
            self.register_parameter(name, nn.Parameter(torch.zeros(rows, POINTS * channels), requires_grad=False))

    def rows(self, symbols: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Table rows of each symbol: own slot, left row, right row."""
        left, right = neighbours(symbols, self.skip)
        own = self.slot[symbols]
        return own, torch.gather(own, 1, left) * SLOT_COUNT + own, own * SLOT_COUNT + torch.gather(own, 1, right)

    def forward(self, symbols, place, position, voice):
        """[batch, n], [batch, steps], [batch, steps], [batch, 2] -> [batch, steps, channels]."""
        own, left, right = (torch.gather(row, 1, place) for row in self.rows(symbols))
        base = self.base[own] * voice[:, None, :1] + self.base[own + SLOT_COUNT] * voice[:, None, 1:]
        curve = (base + self.left[left] + self.right[right]).reshape(*place.shape, POINTS, self.channels)
        return (curve * point_weights(position).unsqueeze(3)).sum(2)

    def assign_slots(self, seen: set[int]) -> None:
        order = sorted(seen)
        if len(order) > SLOT_COUNT:
            raise ValueError(f"{len(order)} symbols were seen, the tables hold {SLOT_COUNT}")
        places = {identifier: place for place, identifier in enumerate(order)}
        for symbol, identifier in VOCABULARY.items():
            self.slot[identifier] = places.get(identifier_of_seen(symbol, seen), 0)

    def fit(self, rows: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
        """rows [steps, 3] of base, left and right; positions [steps]; values [steps, channels]."""
        weights = point_weights(torch.from_numpy(positions)).numpy()
        rest = values.astype(np.float32)
        for column, (name, shrink) in enumerate([("base", 1.0), ("left", SHRINK_FRAMES), ("right", SHRINK_FRAMES), ("left", SHRINK_FRAMES)]):
            column = ("base", "left", "right").index(name)
            table = getattr(self, name)
            change = weighted_means(rows[:, column], weights, rest, len(table), shrink)
            table.add_(torch.from_numpy(change.reshape(len(table), -1)))
            rest = rest - (change[rows[:, column]] * weights[:, :, None]).sum(1)


def weighted_means(rows: np.ndarray, weights: np.ndarray, values: np.ndarray, count: int, shrink: float) -> np.ndarray:
    """Mean of the values per row and point, drawn towards zero where little was seen: [count, POINTS, channels]."""
    means = np.zeros((count, POINTS, values.shape[1]), np.float32)
    for point in range(POINTS):
        total = np.bincount(rows, weights[:, point], count) + shrink
        for channel in range(values.shape[1]):
            means[:, point, channel] = np.bincount(rows, weights[:, point] * values[:, channel], count) / total
    return means


def identifier_of_seen(symbol: str, seen: set[int]) -> int:
    """The symbol's id, or that of the nearest neighbour that was met in training."""
    for _ in range(4):
        if VOCABULARY[symbol] in seen:
            break
        symbol = NEIGHBOURS.get(symbol, symbol)
    return VOCABULARY[symbol]
