"""What the recogniser is taught to hear: the kiosk's sentences, prose of our own, and random word strings.

The prose and the random strings keep the decoder from learning the kiosk's templates by heart.
Everything is lowercase words of a-z and the apostrophe; numbers are spelled out.
"""
import random
import re
from functools import lru_cache

from . import lexicon as lx

DICTIONARY = '/usr/share/dict/words'
WORD = re.compile(r"^[a-z]+(?:'[a-z]+)?$")
COMMON = sorted(set(lx.NOUNS + lx.VERBS + lx.ADJECTIVES + lx.ADVERBS + lx.PREPOSITIONS + lx.FUNCTION_WORDS + lx.NAMES))
UNITS = 'zero one two three four five six seven eight nine'.split()
TEENS = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split()
TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split()


@lru_cache(None)
def dictionary():
    """Lowercase words of 3 to 10 letters from Debian's word list, possessives left out."""
    with open(DICTIONARY, encoding='utf-8') as lines:
        words = [line.strip() for line in lines]
    return [w for w in words if re.fullmatch(r'[a-z]{3,10}', w)]


def past(verb):
    if verb in lx.IRREGULAR_PAST:
        return lx.IRREGULAR_PAST[verb]
    if verb.endswith('e'):
        return verb + 'd'
    if re.search(r'[^aeiou]y$', verb):
        return verb[:-1] + 'ied'
    if verb in ('stop', 'drop', 'plan', 'plug', 'hug', 'prefer', 'chat'):
        return verb + verb[-1] + 'ed'
    return verb + 'ed'


def third(verb):
    if re.search(r'[^aeiou]y$', verb):
        return verb[:-1] + 'ies'
    return verb + ('es' if re.search(r'(s|sh|ch|x|o)$', verb) else 's')


def plural(noun):
    odd = dict(man='men', woman='women', child='children', foot='feet', tooth='teeth', mouse='mice', sheep='sheep', fish='fish',
               person='people', knife='knives', wife='wives', leaf='leaves', wolf='wolves', half='halves', shelf='shelves',
               people='people', news='news')
    if noun in odd:
        return odd[noun]
    if re.search(r'[^aeiou]y$', noun):
        return noun[:-1] + 'ies'
    return noun + ('es' if re.search(r'(s|sh|ch|x)$', noun) else 's')


def number_words(value):
    """0 to 999 as words."""
    if value < 10:
        return UNITS[value]
    if value < 20:
        return TEENS[value - 10]
    if value < 100:
        return TENS[value // 10 - 2] + ('' if value % 10 == 0 else ' ' + UNITS[value % 10])
    rest = value % 100
    return UNITS[value // 100] + ' hundred' + ('' if rest == 0 else ' and ' + number_words(rest))


class Prose:
    """A small grammar: subject, verb, object, place and time, in statements, questions, requests and talk."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, words):
        return self.rng.choice(words)

    def maybe(self, chance, make):
        return make() if self.rng.random() < chance else ''

    def noun(self):
        return self.pick(lx.NOUNS) if self.rng.random() < 0.9 else self.pick(dictionary())

    def adjective(self):
        return self.pick(lx.ADJECTIVES)

    def noun_phrase(self):
        roll = self.rng.random()
        if roll < 0.12:
            return self.pick(lx.NAMES)
        if roll < 0.22:
            return number_words(self.rng.randint(2, 99)) + ' ' + plural(self.noun())
        if roll < 0.32:
            return self.pick(['some', 'many', 'all the', 'these', 'those', 'no', 'few']) + ' ' + plural(self.noun())
        words = ((self.adjective() + ' ') if self.rng.random() < 0.4 else '') + self.noun()
        determiner = self.pick(['the', 'the', 'the', 'a', 'a', 'my', 'your', 'his', 'her', 'our', 'their', 'this', 'that', 'every'])
        if determiner == 'a' and words[0] in 'aeiou':
            determiner = 'an'
        return determiner + ' ' + words

    def place(self):
        return self.pick(lx.PREPOSITIONS) + ' ' + self.noun_phrase()

    def subject(self):
        return self.pick(['i', 'you', 'he', 'she', 'we', 'they', 'it']) if self.rng.random() < 0.45 else self.noun_phrase()

    def ending(self):
        return ' '.join(filter(None, [self.maybe(0.4, self.place), self.maybe(0.3, lambda: self.pick(lx.ADVERBS))]))

    def clause(self):
        roll = self.rng.random()
        subject, verb = self.subject(), self.pick(lx.VERBS)
        if roll < 0.5:
            action = past(verb)
        elif roll < 0.75:
            action = self.pick(['will', 'can', 'could', 'should', 'must', 'might', "didn't", "won't", "can't", 'would']) + ' ' + verb
        else:
            action = verb if subject in ('i', 'you', 'we', 'they') else third(verb)
        return ' '.join(filter(None, [subject, action, self.maybe(0.7, self.noun_phrase), self.ending()]))

    def question(self):
        start = self.pick(['did', 'will', 'can', 'could', 'should', 'why did', 'when will', 'how can', 'where did', 'what would'])
        return f'{start} {self.subject()} {self.pick(lx.VERBS)} {self.noun_phrase()} {self.ending()}'

    def state(self):
        return f"{self.noun_phrase()} {self.pick(['is', 'was', 'seems', 'looked', 'has been'])} " \
               f"{self.pick(['', 'very ', 'too ', 'not ', 'always '])}{self.adjective()} {self.maybe(0.4, self.place)}"

    def order(self):
        return f"{self.pick(['please ', '', '', 'now '])}{self.pick(lx.VERBS)} {self.noun_phrase()} {self.ending()}"

    def sentence(self):
        make = self.rng.choices([self.clause, self.question, self.state, self.order, self.linked, self.numbers],
                                [34, 14, 16, 12, 14, 10])[0]
        return ' '.join(make().split())

    def linked(self):
        link = self.pick(['and', 'but', 'because', 'when', 'while', 'so', 'before', 'after', 'if', 'and then'])
        return f'{self.clause()} {link} {self.clause()}'

    def numbers(self):
        roll = self.rng.random()
        if roll < 0.3:
            return ' '.join(self.pick(UNITS + ['oh']) for _ in range(self.rng.randint(1, 7)))
        if roll < 0.55:
            return number_words(self.rng.randint(0, 999))
        if roll < 0.75:
            return f'{self.noun_phrase()} {number_words(self.rng.randint(0, 99))} {self.pick(UNITS)}'
        return f"{number_words(self.rng.randint(1, 12))} {number_words(self.rng.randint(10, 59))} " \
               f"{self.pick(['', 'in the morning', 'today', 'on ' + self.pick(['monday', 'friday', 'sunday'])])}"


def random_words(rng):
    """One to six words with nothing to do with each other: half everyday words, half from the dictionary."""
    count = rng.choice([1, 1, 2, 2, 3, 3, 4, 5, 6])
    return ' '.join(rng.choice(COMMON) if rng.random() < 0.5 else rng.choice(dictionary()) for _ in range(count))


def prose(count, seed):
    writer = Prose(random.Random(f'prose {seed}'))
    return [writer.sentence() for _ in range(count)]


def word_strings(count, seed):
    rng = random.Random(f'words {seed}')
    return [random_words(rng) for _ in range(count)]


def kiosk(split, count, seed):
    from corpus.sentences import generate
    return list(generate(split, count, seed))


def training_mix(count, seed, kiosk_share=0.65, words_share=0.13):
    """Shuffled training sentences; what the corpus' rule holds out is left out of every source."""
    from corpus.split import in_split
    in_world = kiosk('train', int(count * kiosk_share), seed)
    words = word_strings(int(count * words_share), seed)
    sentences = in_world + words + prose(count - len(in_world) - len(words), seed)
    sentences = [sentence for sentence in sentences if in_split(sentence, 'train')]
    random.Random(f'mix {seed}').shuffle(sentences)
    return sentences


def is_plain(sentence):
    """True when every word is spelled with a-z and the apostrophe alone."""
    return bool(sentence) and all(WORD.match(word) for word in sentence.split())
