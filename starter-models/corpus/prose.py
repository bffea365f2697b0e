"""Plain invented prose, so that the recogniser meets words outside the requests."""

import random

from .grammar import Grammar
from .requests import SHARED, TERMINALS
from .words import items

NOUNS = items("""river|mountain|forest|valley|village|farmer|sailor|teacher|doctor|painter|captain|child|stranger|king|queen|soldier|
horse|dog|cat|bird|wolf|fox|sheep|cow|fish|spider|letter|story|song|dream|secret|promise|question|answer|shadow|storm|wind|rain|snow|
winter|summer|autumn|spring|morning|evening|night|road|path|field|hill|cloud|star|moon|sun|fire|candle|window|door|roof|wall|chair|table|bed|
mirror|picture|clock|knife|spoon|cup|plate|basket|bottle|rope|wheel|cart|ship|boat|sail|anchor|island|shore|wave|stone|sand|tree|leaf|branch|
root|flower|seed|grass|apple|bread|honey|salt|pepper|soup|butter|engine|machine|hammer|nail|needle|thread|button|crowd|journey|market|shop|
school|church|prison|army|battle|peace|law|friend|enemy|brother|sister|uncle|cousin|guest|servant|neighbour|voice|face|hand|finger|shoulder|heart|eye|ear""")
VERBS = items("""followed|watched|carried|found|lost|painted|repaired|opened|closed|remembered|forgot|heard|saw|touched|pushed|pulled|
bought|sold|built|broke|burned|cleaned|washed|cut|caught|drew|drove|fed|held|hid|kept|kicked|lifted|loved|hated|feared|moved|
passed|praised|reached|saved|shook|showed|stole|taught|threw|trusted|visited|warned|welcomed|wrapped|crossed|climbed|counted|described|covered|filled""")
MOVES = items("""walked|ran|sailed|travelled|hurried|wandered|climbed|rode|marched|crept|drifted|returned|escaped|jumped|swam|danced|stumbled|rushed|crawled|flew""")
ADJECTIVES = items("""old|young|tall|narrow|wide|deep|shallow|quiet|loud|gentle|cruel|brave|shy|clever|foolish|rich|poor|hungry|thirsty|tired|angry|happy|
sad|lonely|proud|honest|strange|familiar|ancient|modern|heavy|light|bright|dark|cold|warm|wet|dry|smooth|rough|sharp|soft|thick|thin|empty|full|broken|
careful|careless|curious|famous|fierce|golden|hollow|lucky|patient|precious|rusty|silent|sleepy|sudden|tiny|wild|wise|wooden|worried|crooked|dusty|frozen""")
ADVERBS = items("""slowly|quickly|quietly|suddenly|gently|carefully|angrily|happily|sadly|bravely|often|never|always|sometimes|rarely|again|at once|
at last|for a while|without a word|before dawn|after dark|long ago|once more|all day long|every year|in silence|with a smile|by chance|in secret""")
FEELINGS = items("""it was too late|nobody would believe it|the war was over|they had been there before|the end was near|something had changed|
he was right|she was wrong|there was nothing to fear|the money was gone|the world was larger than that|it would be a long winter|no one was listening|
the truth would come out|everything depended on it|they would meet again|the answer was simple|time was running out""")

GRAMMAR = Grammar({
    **TERMINALS, **SHARED,
    "n": NOUNS, "v": VERBS, "m": MOVES, "a": ADJECTIVES, "adv": ADVERBS, "f": FEELINGS,
    "np": ["the {n}", "the {a} {n}", "a {n}", "an? {a} {n}".replace("an? ", "the "), "every {n}", "my {n}", "his {a} {n}", "her {n}", "their {n}", "{first}", "{first} {last}", "{count} {n}s", "the {n} of the {n}", "the {ordinal} {n}"],
    "pp": ["(across|over|under|behind|beyond|beside|through|towards|around|along|near|past|without|above|below|inside) {np}", "in {month}", "on {day}", "for {duration}", "in {town}"],
    "s": ["{np} {v} {np}", "{np} {adv} {v} {np}", "{np} {m} {pp}", "{np} {m} {adv} {pp}", "{np} {v} {np} {pp}", "{pp} {np} {v} {np}", "{np} knew that {f}", "{np} said that {f}",
          "{np} was {a} and {a}", "there was {np} {pp}", "{np} had {v} {np}", "no {n} ever {v} {np}", "{np} could not have {v} {np}", "if {np} {m} {pp} then {f}"],
    "long": ["{s}", "{s}", "{s} and {s}", "when {s} {s}", "{s} because {f}", "{s} but {f}", "{s} while {np} {m} {pp}", "{s} until {f}"],
})


def prose(rng: random.Random) -> str:
    """One sentence of invented narrative."""
    return GRAMMAR.pick("long", rng)
