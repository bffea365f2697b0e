"""What the voice is trained to say: the shared corpus, dressed with capitals and punctuation, and loose word lists."""

import random
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from corpus import sentences

DICTIONARY = Path("/usr/share/dict/american-english")
CORPUS_SHARE = 0.7
_QUESTION = re.compile(r"^(where|when|what|how|who|which|is|are|can|could|do|does|will|why)\b")
_OPENER = re.compile(r"^(okay|sure|of course|yes|no|certainly|well|hello|hi|sorry|thanks|please|excuse me|good morning|no problem) ")
_CLAUSE = re.compile(r" (and|but|because|until|while|or|then|so|if) ")


def punctuated(sentence: str, rng: random.Random) -> str:
    """The sentence as a language model would write it: commas here and there, an end mark, a capital."""
    sentence = _OPENER.sub(lambda match: match.group(1) + rng.choice([", ", ", ", ". ", "! ", " "]), sentence)
    sentence = _CLAUSE.sub(lambda match: rng.choice([", ", ", ", "; ", ": ", " "]) + match.group(1) + " ", sentence, count=1)
    words = sentence.split(" ")
    if len(words) > 9 and rng.random() < 0.3:
        place = rng.randrange(3, len(words) - 3)
        words[place] = words[place].rstrip(",;:.!") + rng.choice([",", ",", ";", "…", " —"])
    question = _QUESTION.match(sentence) is not None
    mark = rng.choice("???.") if question else rng.choice([".", ".", ".", ".", "!", "…", ""])
    text = " ".join(words)
    return text[:1].upper() + re.sub(r"\bi\b", "I", text[1:]) + mark


def word_list(rng: random.Random, dictionary: list[str]) -> str:
    """A few dictionary words in a row, so that no sound combination of English is missing."""
    count = rng.randint(3, 9)
    words = [rng.choice(dictionary) for _ in range(count)]
    return punctuated((", " if rng.random() < 0.25 else " ").join(words), rng)


def training_texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    dictionary = [word for word in DICTIONARY.read_text().split() if re.fullmatch(r"[a-z]{2,12}", word)]
    in_world = sentences.generate("train", int(count * CORPUS_SHARE), seed)
    texts = [punctuated(sentence, rng) for sentence in in_world]
    texts += [word_list(rng, dictionary) for _ in range(count - len(texts))]
    rng.shuffle(texts)
    return texts


def heldout_texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [punctuated(sentence, rng) for sentence in sentences.generate("heldout", count, seed)]
