"""The home and assistant part: requests with their right answers, known without any facts."""

import random
from functools import lru_cache

from . import numbers, words
from .facts import HELDOUT_WORDINGS, enumerate_texts
from .grammar import parse
from .jokes import JOKES
from .split import is_heldout

NUMBER = numbers.number_words
MONTH_DAYS = dict(zip(words.MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)))
LIGHTS = ["light", "lamp", "reading lamp", "ceiling light", "heater", "fan", "radio", "television", "desk lamp", "fairy lights"]


@lru_cache(maxsize=None)
def _wordings(template: str, split: str) -> tuple[str, ...]:
    every = sorted({" ".join(text.split()) for text in enumerate_texts(parse(template))})
    kept = [text for text in every if is_heldout("wording:" + text, HELDOUT_WORDINGS) == (split == "heldout")]
    return tuple(kept or every)


def _ask(template: str, split: str, rng: random.Random, **slots: str) -> str:
    return rng.choice(_wordings(template, split)).format(**slots)


def timer(split: str, rng: random.Random) -> tuple[str, str]:
    span = numbers.duration(rng)
    ask = _ask("(set|start|make|give me|i need|put on) a timer (for|of) {d}|timer (for|of) {d}|(set|start) a {d} timer|(can|could|would) you (set|start) a timer for {d}|"
               "(wake me|tell me|remind me|call me) in {d}|count down {d}|time {d} for me|let me know (in|after) {d}".join("()"), split, rng, d=span)
    return ask, f"Timer set for {span}."


def alarm(split: str, rng: random.Random) -> tuple[str, str]:
    time = numbers.clock(rng)
    return _ask("((set|make|put on|i need) an alarm (for|at) {t}|wake me[ up] at {t}|alarm at {t}|get me up at {t}|(can|could) you wake me[ up] at {t})", split, rng, t=time), f"Alarm set for {time}."


def light(split: str, rng: random.Random) -> tuple[str, str]:
    room, device, state = rng.choice(words.ROOM_LIST), rng.choice(LIGHTS), rng.choice(("on", "off"))
    ask = _ask("((turn|switch|put) (the |){r} {d} {s}|(turn|switch|put) {s} the {r} {d}|(turn|switch) the {d} {s} in the {r}|{r} {d} {s}|(can|could|would) you (turn|switch) {s} the {r} {d}|"
               "(i want|i'd like|make|have) the {r} {d} {s})", split, rng, r=room, d=device, s=state)
    verb = "are" if device.endswith("lights") else "is"
    return ask, f"Okay, the {room} {device} {verb} {state}."


def dim(split: str, rng: random.Random) -> tuple[str, str]:
    room, level = rng.choice(words.ROOM_LIST), NUMBER(rng.randrange(5, 101, 5))
    return _ask("((set|dim|turn|put) the {r} light[s] to {n} percent|{r} light[s] at {n} percent|(make|i want) the {r} light[s] {n} percent)", split, rng, r=room, n=level), f"Okay, the {room} light is at {level} percent."


def sums(split: str, rng: random.Random) -> tuple[str, str]:
    kind = rng.randrange(5)
    if kind <= 1:
        first, second, word = rng.randint(0, 12), rng.randint(0, 12), "plus"
        result = first + second
    elif kind == 2:
        result, second, word = rng.randint(0, 12), rng.randint(0, 12), "minus"
        first = result + second
    elif kind == 3:
        first, second, word = rng.randint(0, 10), rng.randint(0, 10), "times"
        result = first * second
    else:
        first = rng.randint(0, 20)
        return _ask("(what is|what's|tell me|how much is) (double|twice) {a}", split, rng, a=NUMBER(first)), f"Double {NUMBER(first)} is {NUMBER(2 * first)}."
    ask = _ask("(what is|what's|how much is|tell me|work out|calculate|do you know|) {a} {w} {b}|{a} {w} {b} (is what|equals|makes what)|what (does|do you get from) {a} {w} {b}[ make|]".join("()"), split, rng,
               a=NUMBER(first), w=word, b=NUMBER(second))
    return ask, f"{NUMBER(first).capitalize()} {word} {NUMBER(second)} is {NUMBER(result)}."


def calendar(split: str, rng: random.Random) -> tuple[str, str]:
    kind, index = rng.randrange(6), rng.randrange(12)
    if kind <= 1:
        step, word = rng.choice(((1, "after"), (-1, "before")))
        names, unit = (words.DAYS, "day") if kind == 0 else (words.MONTHS, "month")
        name, other = names[index % len(names)], names[(index + step) % len(names)]
        ask = _ask("(what|which) {u} (comes|is|do we have) {w} {n}|{w} {n} (comes|is) (what|which {u})|(tell me|what's) the {u} {w} {n}|name the {u} {w} {n}".join("()"), split, rng, u=unit, w=word, n=name)
        return ask, f"The {unit} {word} {name.title()} is {other.title()}."
    if kind == 2:
        month = words.MONTHS[index]
        return _ask("how many days (are in|has|does|are there in) {m}[ have]|how long is {m}|number of days in {m}|{m} has how many days".join("()"), split, rng, m=month), f"{month.title()} has {NUMBER(MONTH_DAYS[month])} days."
    thing, count, part = rng.choice((("week", 7, "days"), ("year", 12, "months"), ("year", 52, "weeks"), ("day", 24, "hours"), ("hour", 60, "minutes"), ("minute", 60, "seconds")))
    return _ask("how many {p} (are in|has|are there in|make) (a|an|one) {t}|how many {p} does (a|an|one) {t} have".join("()"), split, rng, p=part, t=thing), f"{'An' if thing == 'hour' else 'A'} {thing} has {NUMBER(count)} {part}."


FIXED = {
    "greeting": ("(hello|hi|hey|good morning|good afternoon|good evening|hi there|hello there|hey there|greetings|hello kiosk|morning|hiya)", "Hello! How can I help you?"),
    "thanks": ("(thank you|thanks|thank you very much|many thanks|thanks a lot|thank you so much|cheers|that's great thank you|thanks for your help|great|lovely|perfect thank you|that's very kind|brilliant|okay thanks|thanks that is all)", "You are welcome."),
    "goodbye": ("(goodbye|bye|bye bye|see you[ later|]|good night|i have to go|that is all|have a nice day|see you tomorrow|farewell)", "Goodbye, have a lovely day."),
    "stop": ("(stop|stop it|stop talking|be quiet|quiet|shut up|enough|never mind|that's enough|cancel|cancel that|silence|please stop|stop please|hush)", "Okay."),
    "how": ("(how are you|how are you today|how are you doing|how do you do|are you well|how is it going|are you okay)", "I am well, thank you."),
    "help": ("(what can you do|what can i ask[ you|]|can you help me|help|how can you help[ me|]|what do you know|i need help|i have a question|what are you for)", "Ask me about opening times, prices, places and travel."),
    "machine": ("are you (a robot|human|a person|real|a computer|a machine|alive|a real person|a program)", "I am a small computer program."),
    "repair": ("(no|no that's wrong|that's wrong|that is not right|wrong|that's not what i asked|you are wrong|i meant something else)", "Sorry, please ask me again."),
    "confirm": ("(yes|yes please|okay|ok|right|good|fine|i see|all right|sure|of course|got it)", "Good. What else can I do?"),
}
JOKE_ASK = "(tell me a joke|tell me another joke|do you know a joke|make me laugh|a joke please|another one|can you tell a joke|say something funny|i want to hear a joke|got any jokes|joke|give me a joke|one more joke)"
WHO_ASK = "(who are you|what are you|what is your name|what's your name|do you have a name|who am i talking to|who is speaking|who is this|tell me who you are|introduce yourself|are you the kiosk)"
REPEAT_ASK = "(say that again|say it again|can you repeat that|could you say that again|repeat that|pardon|what did you say|i didn't (catch|hear|get|understand) that|once more|again please|sorry what was that|repeat please|come again|one more time|what was that)"

TASKS = {"timer": timer, "alarm": alarm, "light": light, "dim": dim, "sums": sums, "calendar": calendar}


def task(split: str, rng: random.Random) -> tuple[str, str, str]:
    """A request of the home and assistant part: (name, what is said, the right answer)."""
    name = rng.choice((*TASKS, "sums", "calendar", "fixed", "fixed", "joke"))
    if name == "fixed":
        name = rng.choice(tuple(FIXED))
        ask, answer = FIXED[name]
        return name, _ask(ask, split, rng), answer
    if name == "joke":
        ask = _ask(JOKE_ASK, split, rng)
        return name, ask, JOKES[sum(map(ord, ask)) % len(JOKES)]  # by the wording: nothing is learned from a coin
    return name, *TASKS[name](split, rng)


def who(split: str, rng: random.Random) -> str:
    """A way to ask who is speaking."""
    return _ask(WHO_ASK, split, rng)


def repeat(split: str, rng: random.Random) -> str:
    """A way to ask for the last answer again."""
    return _ask(REPEAT_ASK, split, rng)
