"""Kokoro's phoneme symbols, their public ids, and the tokenizer.json that carries them."""

import json
import re

PAD = "$"

# (first id, symbols with consecutive ids): Kokoro-82M's published vocabulary has gaps.
_RUNS = [
    (1, ";:,.!?"), (9, "—…\"()“” \u0303ʣʥʦʨᵝ\uab67AI"), (31, "O"), (33, "Q"), (35, "ST"), (39, "W"), (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"), (75, "βɔɕç"), (80, "ɖðʤə"), (85, "ɚɛɜ"), (90, "ɟ"), (92, "ɡ"), (99, "ɥ"), (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"), (118, "ɸθœ"), (123, "ɹ"), (125, "ɾɻ"), (128, "ʁɽʂʃʈʧ"), (135, "ʊʋ"), (138, "ʌɣɤ"), (142, "χʎ"),
    (147, "ʒʔ"), (156, "ˈˌː"), (162, "ʰ"), (164, "ʲ"), (169, "↓"), (171, "→↗↘"), (177, "ᵻ"),
]
SYMBOL_COUNT = 178
VOCABULARY = {PAD: 0, **{symbol: first + place for first, run in _RUNS for place, symbol in enumerate(run)}}

PUNCTUATION = ";:,.!?—…\"()“”"
STRESS = "ˈˌ"
# Symbols that no English text of this project brings about sound like their nearest neighbour.
NEIGHBOURS = {
    "ʣ": "z", "ʥ": "ʒ", "ʦ": "s", "ʨ": "ʃ", "ᵝ": "v", "\uab67": "ʃ", "A": "e", "I": "a", "O": "o", "Q": "ə", "S": "ʃ", "T": "ɾ",
    "W": "a", "Y": "ɔ", "ᵊ": "ə", "c": "k", "q": "k", "r": "ɹ", "x": "k", "y": "i", "β": "v", "ɕ": "ʃ", "ç": "ʃ", "ɖ": "d",
    "ʤ": "ʒ", "ɟ": "ɡ", "ɥ": "w", "ɨ": "ɪ", "ʝ": "j", "ɯ": "u", "ɰ": "w", "ɳ": "n", "ɲ": "n", "ɴ": "ŋ", "ø": "ɜ", "ɸ": "f",
    "œ": "ɜ", "ɻ": "ɹ", "ʁ": "ɹ", "ɽ": "ɾ", "ʂ": "ʃ", "ʈ": "t", "ʧ": "ʃ", "ʋ": "v", "ɣ": "ɡ", "ɤ": "ʌ", "χ": "h", "ʎ": "l",
    "ʔ": "t", "ʰ": "h", "ʲ": "j", "ᵻ": "ɪ", "ɒ": "ɔ", "o": "ɔ", "a": "æ", "e": "ɛ", "ɐ": "ə", "\u0303": "ː",
    "↓": " ", "→": " ", "↗": " ", "↘": " ", "“": "\"", "”": "\"", "(": ",", ")": ",", "\"": ",", "—": ",", "…": ".", ";": ",",
    ":": ",", "!": ".", "?": ".",
}


def encode(phonemes: str) -> list[int]:
    """Ids with a pad at both ends; symbols outside the vocabulary are dropped, as the tokenizer's normaliser does."""
    return [0, *(VOCABULARY[symbol] for symbol in phonemes if symbol in VOCABULARY), 0]


def tokenizer_json() -> dict:
    known = "".join(re.escape(symbol) if symbol in "$.?()" else symbol for symbol in VOCABULARY)
    pad = {"SpecialToken": {"id": PAD, "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "Replace", "pattern": {"Regex": f"[^{known}]"}, "content": ""},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [pad, {"Sequence": {"id": "A", "type_id": 0}}, pad],
            "pair": [pad, {"Sequence": {"id": "A", "type_id": 0}}, pad, {"Sequence": {"id": "B", "type_id": 0}}, pad],
            "special_tokens": {PAD: {"id": PAD, "ids": [0], "tokens": [PAD]}},
        },
        "decoder": None,
        "model": {"vocab": VOCABULARY},
    }


TOKENIZER_CONFIG = {"model_max_length": 512, "pad_token": PAD, "tokenizer_class": "PreTrainedTokenizer", "unk_token": PAD}
MODEL_CONFIG = {"model_type": "style_text_to_speech_2"}


def write_text_files(folder) -> None:
    """config.json, tokenizer.json and tokenizer_config.json."""
    for name, content in [("config", MODEL_CONFIG), ("tokenizer", tokenizer_json()), ("tokenizer_config", TOKENIZER_CONFIG)]:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":") if name == "tokenizer" else (", ", ": "))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
