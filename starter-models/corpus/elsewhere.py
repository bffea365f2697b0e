"""Questions from outside the world, to which the right answer is that the kiosk does not know."""

import random

from . import words
from .grammar import Grammar
from .requests import TERMINALS

TRAIN = [
    "what is the capital of {elsewhere}", "who won the {contest} in {elsewhere}", "how far away is {elsewhere}", "how many people live in {elsewhere}", "who is the (president|king|prime minister) of {elsewhere}",
    "how (do|can) i (cook|make|bake) {food}", "what does {thing} mean in {language}", "write (me |)a poem about {elsewhere}", "what is the meaning of {noun}", "who wrote {noun} and {noun}", "sing (me |)a song about {noun}",
    "what is the {size} {thing} in {elsewhere} made of", "why is the (sky|sea|grass|sun) {colour}", "who invented the {thing}", "how do (planes|ships|rockets|computers|magnets) work", "what is the best {thing} (to buy|for {month})",
    "how much does an? (elephant|whale|car|house|piano) weigh", "which team won the {contest}", "translate {noun} into {language}", "what is the population of {elsewhere}", "how do i repair my {thing}",
    "what is the weather in {elsewhere}", "will it (rain|snow|be sunny) (tomorrow|on {day}|next week)", "who is the richest person in {elsewhere}", "tell me about {noun}", "explain {noun} to me", "what do you think about {noun}",
    "who painted the {noun}", "when was {elsewhere} discovered", "how old is {first} {last}", "what is {first} {last} famous for", "who is {first} {last}", "should i buy a {colour} {thing}", "what is my {thing} worth",
    "how many {noun}s are there in {elsewhere}", "which {noun} is the (biggest|fastest|oldest|smallest) in {elsewhere}", "do (cats|dogs|fish|birds) {verb} {noun}", "can you {verb} my {noun}", "how do i {verb} a {noun}", "why do people {verb} {noun}",
    "what happens if i {verb} the {noun}", "where does {noun} come from", "where can i buy {noun} in {elsewhere}", "when will {noun} be {verb}ed", "what is the difference between {noun} and {noun}", "is {noun} good for {noun}",
    "(i think|i believe) {noun} is {colour}", "my {noun} likes {noun}", "book (me |)a (flight|hotel|cruise) to {elsewhere}", "what time is it in {elsewhere}", "what (films|songs|books) did {first} {last} (make|write)",
    "{noun} {noun} {verb} {noun}", "how tall is {noun}", "what language do they speak in {elsewhere}", "play {noun} by {first} {last}", "send an email to {first}", "order a {thing} online", "what is on television (tonight|on {day})",
    "how many calories are in {food}", "who is better {first} or {first}", "are there {noun}s on {elsewhere}", "did {first} {verb} the {noun}",
]
HELDOUT = [
    "what is the tallest mountain in {elsewhere}", "when did the {contest} in {elsewhere} happen", "how do you spell {thing} in {language}", "what should i study at university", "what is the stock price of {noun}",
    "how many legs does a spider have", "tell me the history of {elsewhere}", "who directed the film about {noun}", "how do vaccines work", "can you drive my car", "what do whales eat in {elsewhere}", "which currency is used in {elsewhere}",
    "how long is the flight to {elsewhere}", "what is the speed of light", "what medicine should i take for a headache", "who discovered {elsewhere}", "how do i fix a broken {thing}", "what is the recipe for {food}",
    "is there life on {elsewhere}", "what does {first} {last} do for a living", "how many stars are in the sky", "read me the news from {elsewhere}", "recommend a good {noun} about {elsewhere}", "who was the first person on {elsewhere}",
    "why are {noun}s so {colour}", "what is the square root of {noun}", "give me advice about {noun}", "do you like {noun}", "which animal is the fastest", "how deep is the ocean near {elsewhere}",
]
NOUNS = words.items("""time|love|music|money|history|science|gold|silver|water|electricity|gravity|football|cricket|chess|politics|religion|art|poetry|grammar|physics|chemistry|biology|the moon|
the internet|computers|robots|dinosaurs|volcanoes|planets|stars|oceans|whales|elephants|tigers|horses|insects|trees|flowers|medicine|vitamins|sleep|dreams|happiness|fear|war|peace|law|tax|banks|shares|cars|
planes|rockets|ships|bridges|cities|countries|languages|numbers|letters|books|films|songs|paintings|shoes|hair|skin|bones|blood|brains|eyes|teeth|weather|thunder|lightning|snow|ice|fire|smoke|oil|plastic|paper|glass""")
VERBS = words.items("paint|clean|repair|teach|learn|eat|drink|sell|buy|build|break|grow|wash|throw|catch|sing|draw|fly|drive|invent|measure|love|hate|cut|burn|melt|freeze|hide|hack|solve|win|lose|move|remove|improve")
WORD_LIST = "/usr/share/dict/words"


def _random_words() -> list[str]:
    try:
        with open(WORD_LIST, encoding="utf-8") as lines:
            return sorted({line.strip() for line in lines if line.strip().isascii() and line.strip().isalpha() and line.strip().islower() and 3 < len(line.strip()) < 10})
    except FileNotFoundError:
        return NOUNS


RARE = _random_words()
GRAMMAR = Grammar({
    **TERMINALS,
    "noun": lambda rng: rng.choice(NOUNS) if rng.random() < 0.6 else rng.choice(RARE),
    "verb": lambda rng: rng.choice(VERBS) if rng.random() < 0.8 else rng.choice(RARE),
    "contest": ["world cup", "election", "race", "football match", "final", "war", "cup", "tennis", "championship"],
    "language": ["french", "german", "spanish", "welsh", "polish", "italian", "latin", "chinese"],
})


def outside(split: str, rng: random.Random) -> str:
    """A question nobody in the centre could answer."""
    return GRAMMAR.expand(rng.choice(TRAIN if split == "train" else HELDOUT), rng).replace("an? ", "an ")
