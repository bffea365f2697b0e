"""Phones of a word, as espeak-ng says it alone: the targets of the auxiliary loss on the encoder."""
import json
import subprocess
from pathlib import Path

from . import text

STRESS = str.maketrans('', '', 'ˈˌ')


def pronounce(words):
    """{word: [phone, …]} for a list of words, through one run of espeak-ng."""
    run = subprocess.run(['espeak-ng', '-q', '-v', 'en-us', '--ipa', '--sep=_', '--stdin'], input='\n\n'.join(words),
                         capture_output=True, text=True, check=True)
    lines = [line.strip() for line in run.stdout.splitlines() if line.strip()]
    if len(lines) != len(words):
        raise RuntimeError(f'espeak-ng gave {len(lines)} pronunciations for {len(words)} words')
    return {word: [p for p in line.translate(STRESS).replace(' ', '_').split('_') if p] for word, line in zip(words, lines)}


class Phones:
    """Numbers phones from 1 (0 is the blank) and remembers every word's phones in `path`."""

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.exists():
            self.build()
        stored = json.loads(self.path.read_text(encoding='utf-8'))
        self.words, self.inventory = stored['words'], stored['inventory']
        self.ids = {phone: index + 1 for index, phone in enumerate(self.inventory)}

    def __len__(self):
        return len(self.inventory) + 1

    def build(self):
        sentences = text.kiosk('train', 30000, 7) + text.prose(20000, 7)
        words = sorted({w for s in sentences for w in s.split()} | set(text.COMMON) | set(text.dictionary()))
        table = {}
        for start in range(0, len(words), 2000):
            table.update(pronounce(words[start:start + 2000]))
        counts = {}
        for phones in table.values():
            for phone in phones:
                counts[phone] = counts.get(phone, 0) + 1
        inventory = sorted(phone for phone, count in counts.items() if count >= 40)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(dict(words=table, inventory=inventory), ensure_ascii=False), encoding='utf-8')

    def encode(self, sentence):
        """Phone ids of a sentence."""
        result = []
        for word in sentence.split():
            if word not in self.words:
                self.words[word] = pronounce([word])[word]
            result += [self.ids[p] for p in self.words[word] if p in self.ids]
        return result
