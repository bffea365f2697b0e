"""A small byte-pair tokenizer in Moonshine's own format (SentencePiece-style BPE with byte fallback).

Ids: 0 `<unk>`, 1 `<s>`, 2 `</s>`, 3..258 the bytes, then characters and merged pieces. A word starts with `▁`.
"""
import json
from collections import Counter, defaultdict
from pathlib import Path

SPACE = '▁'
SPECIALS = ['<unk>', '<s>', '</s>']
BYTES = [f'<0x{value:02X}>' for value in range(256)]
CHARACTERS = [SPACE, "'"] + [chr(code) for code in range(ord('a'), ord('z') + 1)]


def learn_merges(word_counts, count):
    """The `count` most useful pair merges over words given with their counts; ties fall to the alphabet."""
    words = [[SPACE] + list(word) for word in word_counts]
    weights = list(word_counts.values())
    pairs, places = Counter(), defaultdict(set)
    for index, symbols in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += weights[index]
            places[pair].add(index)
    merges = []
    for _ in range(count):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for index in list(places.pop(best)):
            symbols, weight = words[index], weights[index]
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] -= weight
            merged = merge_pair(symbols, best)
            words[index] = merged
            for pair in zip(merged, merged[1:]):
                pairs[pair] += weight
                places[pair].add(index)
        pairs.pop(best, None)
    return merges


def merge_pair(symbols, pair):
    merged, at = [], 0
    while at < len(symbols):
        if at + 1 < len(symbols) and (symbols[at], symbols[at + 1]) == pair:
            merged.append(symbols[at] + symbols[at + 1])
            at += 2
        else:
            merged.append(symbols[at])
            at += 1
    return merged


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        self.pieces = SPECIALS + BYTES + CHARACTERS + [a + b for a, b in self.merges]
        self.ids = {piece: index for index, piece in enumerate(self.pieces)}
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.known = {}

    @classmethod
    def learn(cls, sentences, vocab_size):
        counts = Counter(word for sentence in sentences for word in sentence.split())
        fixed = len(SPECIALS) + len(BYTES) + len(CHARACTERS)
        return cls(learn_merges(dict(sorted(counts.items())), vocab_size - fixed))

    @classmethod
    def load(cls, path):
        model = json.loads(Path(path).read_text(encoding='utf-8'))['model']
        return cls([tuple(pair.split(' ')) for pair in model['merges']])

    def __len__(self):
        return len(self.pieces)

    def encode(self, sentence):
        return [token for word in sentence.split() for token in self.encode_word(word)]

    def encode_word(self, word):
        if word not in self.known:
            symbols = [SPACE] + list(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
                if best not in self.ranks:
                    break
                symbols = merge_pair(symbols, best)
            self.known[word] = [self.ids[symbol] for symbol in symbols]
        return self.known[word]

    def decode(self, tokens):
        return ''.join(self.pieces[t] for t in tokens if t >= len(SPECIALS) + len(BYTES)).replace(SPACE, ' ').strip()

    def save(self, folder):
        """tokenizer.json and tokenizer_config.json as transformers.js and transformers read them."""
        special = [dict(id=index, content=piece, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
                   for index, piece in enumerate(SPECIALS)]
        document = dict(
            version='1.0', truncation=None, padding=None, added_tokens=special,
            normalizer=dict(type='Sequence', normalizers=[
                dict(type='Prepend', prepend=SPACE),
                dict(type='Replace', pattern=dict(String=' '), content=SPACE)]),
            pre_tokenizer=None,
            post_processor=dict(
                type='TemplateProcessing',
                single=[dict(SpecialToken=dict(id='<s>', type_id=0)), dict(Sequence=dict(id='A', type_id=0))],
                pair=[dict(SpecialToken=dict(id='<s>', type_id=0)), dict(Sequence=dict(id='A', type_id=0)),
                      dict(SpecialToken=dict(id='<s>', type_id=1)), dict(Sequence=dict(id='B', type_id=1))],
                special_tokens={'<s>': dict(id='<s>', ids=[1], tokens=['<s>'])}),
            decoder=dict(type='Sequence', decoders=[
                dict(type='Replace', pattern=dict(String=SPACE), content=' '), dict(type='ByteFallback'), dict(type='Fuse'),
                dict(type='Strip', content=' ', start=1, stop=0)]),
            model=dict(type='BPE', dropout=None, unk_token='<unk>', continuing_subword_prefix=None, end_of_word_suffix=None,
                       fuse_unk=True, byte_fallback=True, vocab=self.ids, merges=[f'{a} {b}' for a, b in self.merges]))
        config = dict(
            add_bos_token=True, add_eos_token=False, bos_token='<s>', eos_token='</s>', unk_token='<unk>', pad_token='</s>',
            clean_up_tokenization_spaces=False, model_max_length=1000000000000000019884624838656, legacy=False,
            tokenizer_class='PreTrainedTokenizerFast',
            added_tokens_decoder={str(t['id']): {k: v for k, v in t.items() if k != 'id'} for t in special})
        folder = Path(folder)
        (folder / 'tokenizer.json').write_text(json.dumps(document, ensure_ascii=False, indent=1) + '\n', encoding='utf-8')
        (folder / 'tokenizer_config.json').write_text(json.dumps(config, indent=2) + '\n', encoding='utf-8')
