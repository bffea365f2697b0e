"""What surrounds a symbol, as rows of tables: the same tensor operations when the tables are filled and inside the exported graph."""

import torch
from torch import nn

from symbols import NEIGHBOURS, PUNCTUATION, STRESS, SYMBOL_COUNT, VOCABULARY

SLOT_COUNT = 60  # symbols that occur in training
CLASSES = {"vowel": "iɪeɛæaɑɒɔoʊuʌəɐɚɜᵻɨyøœɤɯAIOQWYᵊː", "sonorant": "mnŋlɹjwɾɲɳɴɥɰʎɻɽr"}
CLASS_COUNT = 4  # vowels, sonorants, other consonants, pauses
REACH = 12  # symbols to a phrase boundary beyond which it no longer matters

TABLES = {
    "stress": SLOT_COUNT * 3,
    "phrase_end": CLASS_COUNT * REACH * 3,
    "phrase_start": CLASS_COUNT * REACH * 3,
    "word": SLOT_COUNT * 4,
    "left": SLOT_COUNT * SLOT_COUNT,
    "right": SLOT_COUNT * SLOT_COUNT,
}


def _per_symbol(symbols: str, value: float = 1.0, default: float = 0.0) -> torch.Tensor:
    values = torch.full((SYMBOL_COUNT,), default)
    for symbol in symbols:
        values[VOCABULARY[symbol]] = value
    return values


def nearest_seen(symbol: str, seen: set[int]) -> int:
    """The symbol's id, or that of the nearest neighbour that was met in training."""
    for _ in range(4):
        if VOCABULARY[symbol] in seen:
            break
        symbol = NEIGHBOURS.get(symbol, symbol)
    return VOCABULARY[symbol]


def _shifted(values: torch.Tensor, places: int) -> torch.Tensor:
    """values[i - places], zero outside."""
    if places > 0:
        return torch.cat([torch.zeros_like(values[:places]), values[:-places]], 0)
    return torch.cat([values[-places:], torch.zeros_like(values[:-places])], 0)


class Context(nn.Module):
    def __init__(self, seen: set[int]):
        super().__init__()
        order = sorted(seen)
        if len(order) > SLOT_COUNT:
            raise ValueError(f"{len(order)} symbols were seen, the tables hold {SLOT_COUNT}")
        slots = {identifier: slot for slot, identifier in enumerate(order)}
        slot = torch.zeros(SYMBOL_COUNT, dtype=torch.int64)
        for symbol, identifier in VOCABULARY.items():
            slot[identifier] = slots.get(nearest_seen(symbol, seen), 0)
        self.register_buffer("slot", slot)
        pause = PUNCTUATION + "$"
        kind = _per_symbol(CLASSES["vowel"], 0, 2) + _per_symbol(CLASSES["sonorant"], -1) + _per_symbol(pause, 1)
        self.register_buffer("kind", kind)
        self.register_buffer("pause", _per_symbol(pause))
        self.register_buffer("gap", _per_symbol(pause + " "))
        self.register_buffer("passed_over", _per_symbol(STRESS + " "))
        self.register_buffer("stress", _per_symbol("ˈ", 2) + _per_symbol("ˌ", 1))
        self.register_buffer("vowel", _per_symbol(CLASSES["vowel"]))

    def forward(self, symbols: torch.Tensor) -> dict[str, torch.Tensor]:
        """ids [n] -> row of each table for each symbol, [n] each."""
        count = symbols.shape[0]
        place = torch.arange(count).float()
        before = (place.unsqueeze(0) < place.unsqueeze(1)).float()
        after = before.transpose(0, 1)
        sounding = 1 - self.passed_over[symbols]
        left = (before * (sounding * place).unsqueeze(0)).amax(1).long()
        right = (count - 1 - (after * (sounding * (count - 1 - place)).unsqueeze(0)).amax(1)).long()
        pause = self.pause[symbols]
        previous_pause = (before * (pause * place).unsqueeze(0)).amax(1)
        next_pause = count - 1 - (after * (pause * (count - 1 - place)).unsqueeze(0)).amax(1)
        since = (before * (place.unsqueeze(0) > previous_pause.unsqueeze(1)).float() * sounding.unsqueeze(0)).sum(1)
        until = (after * (place.unsqueeze(0) < next_pause.unsqueeze(1)).float() * sounding.unsqueeze(0)).sum(1)
        stress = self.stress[symbols]
        own_stress = _shifted(stress, 1) + self.vowel[symbols] * _shifted(self.vowel[symbols], 1) * _shifted(stress, 2)
        gap = self.gap[symbols]
        mark = (stress > 0).float()
        word_start = torch.clamp(_shifted(gap, 1) + _shifted(mark, 1) * _shifted(gap, 2), 0, 1)
        word_end = _shifted(gap, -1)
        own, kind = self.slot[symbols], self.kind[symbols]
        phrase = kind * REACH * 3 + own_stress
        return {
            "stress": own * 3 + own_stress.long(),
            "phrase_end": (phrase + torch.clamp(until, 0, REACH - 1) * 3).long(),
            "phrase_start": (phrase + torch.clamp(since, 0, REACH - 1) * 3).long(),
            "word": own * 4 + (word_start * 2 + word_end).long(),
            "left": own[left] * SLOT_COUNT + own,
            "right": own * SLOT_COUNT + own[right],
        }
