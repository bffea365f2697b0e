"""Dialogues with a kiosk: a system prompt of random facts, questions, and the right answers.

A dialogue is a dict: `system` (the prompt's text), `lines` (its fact lines, in order) and `turns`.
A turn has `user`, `answer`, `category` ("fact", "follow-up", "unknown", "outside", "assistant"),
`kind`, `expected` (the values a right answer must contain) and `segments`: the answer in pieces,
where a number is the index of the fact line whose value stands there.
"""

import random

from . import assistant, words
from .default_facts import default_keys
from .elsewhere import outside
from .facts import HOURS_POOL, KINDS, Fact, draw_value, followup, invented, question, verb_is, wordings
from .noise import polite, reaches, titled

DAY_FOLLOWUPS = ("and on {d}", "what about {d}", "and {d}", "how about on {d}", "and what about {d}", "on {d}", "is it the same on {d}", "and if i come on {d}", "and for {d}", "what about on {d}", "how about {d}", "what about a {d}", "so what about {d}", "and then on {d}", "what if i come on {d}", "what about {d} then", "and what about on {d}")
THING_FOLLOWUPS = ("and the {x}", "what about the {x}", "and what about the {x}", "how about the {x}", "and for the {x}", "the {x}", "and how about the {x}", "the same for the {x}", "okay and what about the {x}", "and then the {x}", "what of the {x}", "so what about the {x}", "what about the {x} then", "what about for the {x}", "and of the {x}")
BOTH_QUESTIONS = ("when is the {x} open", "what are the opening hours of the {x}", "what are the opening times of the {x}", "what are the {x} opening hours", "what hours is the {x} open", "{x} opening hours", "from when to when is the {x} open",
                  "what are the hours of the {x}", "{x} opening times", "when can i visit the {x}", "between what times is the {x} open", "tell me the opening hours of the {x}", "what (are|were) the (hours|times) (of|for|at) the {x}", "what are the opening (hours|times) (for|at) the {x}", "the (opening hours|opening times|hours) of the {x}", "(on what|what|at which) (hours|times) (is|are) the {x} open", "from when until when is the {x} open", "when (exactly |)is the {x} open[ to visitors|]")
OPEN_ON_QUESTIONS = ("is the {x} open on {d}", "are you sure the {x} is open on {d}", "will the {x} be open on {d}", "is the {x} closed on {d}", "can i visit the {x} on {d}", "can we go to the {x} on {d}", "do you open the {x} on {d}", "does the {x} open on {d}", "is the {x} (shut|not open) on {d}", "will the {x} be (closed|shut) on {d}", "are you (open|closed) at the {x} on {d}", "(can|could) i (come to|see|go to) the {x} on {d}", "do you (close|shut) the {x} on {d}", "the {x} is (open|closed) on {d} (right|or not|isn't it)")
PARTS = ["visitor centre", "museum", "castle", "gardens", "zoo", "gallery", "nature park", "science centre", "library", "abbey", "aquarium", "information desk"]
EXTRAS = ["Answer in one or two short sentences.", "Be brief and friendly.", "If you do not know, say so.", "Your answers are spoken aloud.", "Use only the facts below.", "Facts:", "Today you help visitors."]
GENERAL = ["You are a helpful voice assistant.", "You are a friendly assistant in a small shop.", "You are a voice assistant.", "You are a kiosk.", "You are a helpful assistant.", "You are a calm spoken guide."]

FOLLOWUP_SHARE = 0.42  # of the turns after one about a fact
TURN_SHARES = {"fact": 0.58, "unknown": 0.15, "outside": 0.09, "repeat": 0.03, "who": 0.02, "task": 0.13}


class Kiosk:
    """A set of facts that can be asked, with the way each thing is written."""

    def __init__(self, facts: list[Fact], accent: bool = True):
        self.facts, self.accent = facts, accent
        self.index = {(fact.kind, fact.x, fact.day): at for at, fact in enumerate(facts)}

    def name(self, x: str) -> str:
        return titled(x).replace("cafe", "café")

    def lines(self) -> list[str]:
        """The fact lines; the one accented word is at times written without its accent."""
        lines = [f"- {fact.key(self.name(fact.x))}: {fact.value}" for fact in self.facts]
        return lines if self.accent else [line.replace("café", "cafe") for line in lines]

    def resolve(self, kind: str, x: str, day: str | None) -> int | None:
        """Index of the fact that answers: the day's own line, else the general one."""
        return self.index.get((kind, x, day), self.index.get((kind, x, None)) if day else None)

    def closed_on(self, x: str, day: str | None) -> int | None:
        at = self.index.get(("closed", x, None))
        return at if at is not None and day and self.facts[at].value.lower() == day else None


def _sentence(text: str, day: str | None = None) -> str:
    text = (f"on {day.title()} " if day else "") + text
    return text[0].upper() + text[1:]


def answer(kiosk: Kiosk, kind: str, x: str, day: str | None) -> list[str | int]:
    """The right answer in segments (see the module's text)."""
    name, verb = kiosk.name(x), verb_is(x)
    if kind in ("opens", "closes", "both", "open_on") and (closed := kiosk.closed_on(x, day)) is not None:
        return [_sentence(f"the {name} {verb} closed on"), closed, "."]
    if kind in ("both", "open_on"):
        first, last = kiosk.resolve("opens", x, day), kiosk.resolve("closes", x, day)
        if first is not None and last is not None:
            return [_sentence(f"the {name} {verb} open from", day), first, " to", last, "."]
        kind = "closes" if first is None and last is not None else "opens"
    at = kiosk.resolve(kind, x, day)
    if at is None:
        return ["Sorry, I don't know " + KINDS[kind].unknown.format(x=name, **{"is": verb}) + (f" on {day.title()}" if day else "") + "."]
    before, after = KINDS[kind].answer.format(x=name, v="\0", **{"is": verb}).split("\0")
    return [_sentence(before.rstrip(), day), at, after + "."]


def text_of(segments: list[str | int], values: list[str]) -> str:
    """The answer as text; a value is set off by one space before it."""
    return "".join(" " + values[part] if isinstance(part, int) else part for part in segments)


BY_ENTITY: dict[str, list[str]] = {}
for _name, _kind in KINDS.items():
    for _x in _kind.pool:
        BY_ENTITY.setdefault(_x, []).append(_name)
for _kinds in BY_ENTITY.values():
    _kinds.sort(key=list(KINDS).index)
FAMILIES = [HOURS_POOL, HOURS_POOL, words.SPOT_LIST, words.FOOD_LIST + words.DRINK_LIST, words.TICKET_LIST, words.EVENT_LIST, list(KINDS["leaves"].pool),
            [x for x in BY_ENTITY if x in ("soup", "wifi", "lost property", "taxi", "special", "manager", "locker", "cake", "first aid room")]]


def random_facts(split: str, count: int, rng: random.Random, keys: list[tuple[str, str, str | None]] | None = None) -> list[Fact]:
    """`count` facts about few things, several facts a thing; or the values of the given keys drawn anew."""
    chosen: dict[tuple[str, str, str | None], None] = {}
    if keys:
        chosen = dict.fromkeys(sorted(rng.sample(keys, min(count, len(keys))), key=keys.index))
        chosen.update({(kind, x, None): None for kind, x, day in list(chosen) if day})
    while len(chosen) < count:
        pool = rng.choice(FAMILIES)
        x = rng.choice(pool) if rng.random() < 0.97 else f"{invented(rng)} {rng.choice(('hall', 'room', 'garden', 'tower'))}"
        kinds = BY_ENTITY.get(x, BY_ENTITY["museum"])
        for kind in rng.sample(kinds, min(len(kinds), rng.choice((1, 2, 2, 3, 4)))):
            chosen[(kind, x, None)] = None
            if KINDS[kind].by_day and rng.random() < 0.25:
                chosen[(kind, x, rng.choice(words.DAYS))] = None
    facts = _with_values(list(chosen), split, rng)
    if rng.random() < 0.4:
        rng.shuffle(facts)
    return facts


def _with_values(keys: list[tuple[str, str, str | None]], split: str, rng: random.Random) -> list[Fact]:
    """A fact for each key; values differ where that is easily had, so that a wrong line gives a wrong answer."""
    facts, taken = [], set()
    for kind, x, day in keys:
        for _ in range(12):
            value = draw_value(KINDS[kind].value, split, rng)
            if value not in taken:
                break
        taken.add(value)
        facts.append(Fact(kind, x, day, value))
    return facts


class Talk:
    """Draws the turns of one dialogue; remembers what was last spoken about."""

    def __init__(self, kiosk: Kiosk, identity: str, split: str, rng: random.Random, errors: float, shares: dict[str, float]):
        self.kiosk, self.identity, self.split, self.rng, self.errors, self.shares = kiosk, identity, split, rng, errors, shares
        self.values = [fact.value for fact in kiosk.facts]
        self.topic: tuple[str, str, str | None] | None = None
        self.last: str | None = None

    def _turn(self, user: str, segments: list[str | int], category: str, kind: str) -> dict:
        text = text_of(segments, self.values)
        used = [part for part in segments if isinstance(part, int)]
        self.last = text
        return {"user": reaches(user, self.rng, self.errors), "answer": text, "category": category, "kind": kind, "expected": [self.values[at] for at in used], "segments": segments}

    def _about(self, user: str, kind: str, x: str, day: str | None, category: str) -> dict:
        segments = answer(self.kiosk, kind, x, day)
        self.topic = (kind, x, day)
        known = any(isinstance(part, int) for part in segments)
        return self._turn(user, segments, category if known else "unknown", kind)

    def fact(self) -> dict:
        rng, fact = self.rng, self.rng.choice(self.kiosk.facts)
        kind, x, day = fact.kind, fact.x, fact.day
        if kind in ("opens", "closes", "closed") and rng.random() < 0.22:
            kind = rng.choice(("both", "both", "open_on")) if kind != "closed" else "open_on"
        if KINDS[fact.kind].by_day and day is None and rng.random() < 0.15 or kind == "open_on":
            day = day or rng.choice(words.DAYS)
            if (at := self.kiosk.index.get(("closed", x, None))) is not None and rng.random() < 0.5:
                day = self.kiosk.facts[at].value.lower()
        return self.ask(kind, x, day, "fact")

    def ask(self, kind: str, x: str, day: str | None, category: str) -> dict:
        rng = self.rng
        if kind == "both":
            user = rng.choice(wordings(BOTH_QUESTIONS, self.split))
        elif kind == "open_on":
            user = rng.choice(wordings(OPEN_ON_QUESTIONS, self.split))
        else:
            user = question(KINDS[kind], self.split, rng)
        user = user.format(x=x, d=day)
        if x.startswith("last ") or x.startswith("next "):
            user = user.replace("next last", "last")
        if day and kind != "open_on":
            user = f"on {day} {user}" if rng.random() < 0.15 else f"{user} on {day}"
        return self._about(polite(user, rng), kind, x, day, category)

    def unknown(self) -> dict:
        rng = self.rng
        for _ in range(50):
            x = rng.choice(self.kiosk.facts).x if self.kiosk.facts and rng.random() < 0.5 else rng.choice(rng.choice(FAMILIES))
            kind = rng.choice(BY_ENTITY.get(x, BY_ENTITY["museum"]))
            if self.kiosk.resolve(kind, x, None) is None:
                day = rng.choice(words.DAYS) if KINDS[kind].by_day and rng.random() < 0.15 else None
                return self.ask(kind, x, day, "unknown")
        return self.outside()

    def followup(self) -> dict | None:
        """One of: the same on another day, something else of the same thing, the same of another thing."""
        if self.topic is None:
            return None
        rng, (kind, x, day) = self.rng, self.topic
        shape = rng.choice(("day", "kind", "thing"))
        if shape == "day" and kind in ("opens", "closes", "both", "starts", "leaves"):
            own = [fact.day for fact in self.kiosk.facts if fact.x == x and fact.day and fact.day != day]
            other = rng.choice(own) if own and rng.random() < 0.7 else rng.choice([name for name in words.DAYS if name != day])
            return self._about(rng.choice(wordings(DAY_FOLLOWUPS, self.split)).format(d=other), kind, x, other, "follow-up")
        if shape == "kind":
            known = [fact.kind for fact in self.kiosk.facts if fact.x == x and fact.kind != kind and not fact.day]
            every = [name for name in BY_ENTITY.get(x, []) if name != kind and KINDS[name].followups]
            other = rng.choice(known) if known and rng.random() < 0.75 else rng.choice(every) if every else None
            if other:
                return self._about(followup(KINDS[other], self.split, rng), other, x, None, "follow-up")
        if kind in KINDS:
            known = [fact.x for fact in self.kiosk.facts if fact.kind == kind and fact.x != x and not fact.day]
            other_x = rng.choice(known) if known and rng.random() < 0.8 else rng.choice(KINDS[kind].pool)
            if other_x != x:
                return self._about(rng.choice(wordings(THING_FOLLOWUPS, self.split)).format(x=other_x), kind, other_x, day if day and KINDS[kind].by_day else None, "follow-up")
        return None

    def outside(self) -> dict:
        self.topic = None
        return self._turn(polite(outside(self.split, self.rng), self.rng), ["Sorry, I don't know that."], "outside", "outside")

    def task(self) -> dict:
        self.topic = None
        name, user, said = assistant.task(self.split, self.rng)
        return self._turn(polite(user, self.rng) if name in assistant.TASKS else user, [said], "assistant", name)

    def sum(self) -> dict:
        self.topic = None
        user, said = assistant.sums(self.split, self.rng)
        return self._turn(user, [said], "assistant", "sums")

    def who(self) -> dict:
        self.topic = None
        return self._turn(assistant.who(self.split, self.rng), [self.identity.replace("You are", "I am", 1)], "assistant", "who")

    def repeat(self) -> dict | None:
        if self.last is None:
            return None
        topic, said = self.topic, self.last
        turn = self._turn(assistant.repeat(self.split, self.rng), [said], "assistant", "repeat")
        self.topic = topic
        return turn

    def turn(self) -> dict:
        """The next turn, of a kind drawn at random."""
        rng, made = self.rng, None
        if self.kiosk.facts and self.topic and rng.random() < FOLLOWUP_SHARE:
            made = self.followup()
        if made is None:
            names, shares = zip(*self.shares.items())
            name = rng.choices(names, shares)[0]
            if name == "fact" and not self.kiosk.facts:
                name = "task"
            made = getattr(self, name)()
        return made or self.task()


def compose(split: str, rng: random.Random, fact_count: int, turn_count: int, keys: list | None = None, errors: float = 0.15, shares: dict[str, float] = TURN_SHARES) -> dict:
    """One dialogue of `turn_count` turns over `fact_count` facts (0 for a prompt without any); `shares` of the kinds of turn, `Talk`'s methods."""
    facts = random_facts(split, fact_count, rng, keys) if fact_count else []
    kiosk = Kiosk(facts, accent=rng.random() < 0.75)
    if not facts and rng.random() < 0.6 or rng.random() < 0.05:
        identity = rng.choice(GENERAL)
    else:
        place = rng.choice(words.TOWN_LIST).title() if rng.random() < 0.6 else invented(rng).title()
        identity = rng.choice(("You are the voice of the {p} {c}.", "You are the voice of the {p} {c}.", "You are the kiosk of the {p} {c}.", "You are the guide of the {p} {c}.")).format(p=place, c=rng.choice(PARTS))
    head = [identity] + ([rng.choice(EXTRAS)] if rng.random() < 0.25 else [])
    talk = Talk(kiosk, identity, split, rng, errors, shares)
    lines = kiosk.lines()
    return {"system": "\n".join([" ".join(head), *lines]), "lines": lines, "turns": [talk.turn() for _ in range(turn_count)]}


def generate(split: str, count: int, seed: int, fact_counts: tuple[int, int] = (3, 25)) -> list[dict]:
    """`count` dialogues of `split`, the same for the same seed."""
    rng = random.Random(f"dialogues-{split}-{seed}")
    made = []
    for _ in range(count):
        keys = default_keys() if rng.random() < 0.35 else None
        made.append(compose(split, rng, rng.randint(*fact_counts), rng.randint(6, 10), keys))
    return made
