"""Kinds of facts a kiosk can be told: how a line is written, asked for, answered and missed."""

import itertools
import random
from dataclasses import dataclass
from functools import lru_cache

from . import numbers, words
from .grammar import parse
from .split import is_heldout

HELDOUT_WORDINGS = 0.1
HELDOUT_VALUES = 0.15
PLURALS = {"stairs", "ruins", "lockers", "wheelchairs", "bike racks", "coat hooks", "recycling bins", "stables", "toilets"}


@dataclass(frozen=True)
class Kind:
    """One kind of fact. `{x}` is what it is about, `{v}` its value, `{day}` a weekday.

    `questions` and `followups` are templates in the grammar's notation. `followups` ask it of the
    thing last spoken about ("and when does it close").
    """

    key: str
    pool: tuple[str, ...]
    value: str
    questions: tuple[str, ...]
    answer: str
    unknown: str
    followups: tuple[str, ...] = ()
    by_day: bool = False


def _kind(key, pool, value, questions, answer, unknown, followups=(), by_day=False) -> Kind:
    return Kind(key, tuple(pool), value, tuple(questions), answer, unknown, tuple(followups), by_day)


HOURS_POOL = [name for name in words.VENUE_LIST]
PLACE_POOL = words.VENUE_LIST + words.SPOT_LIST
PRICE_POOL = words.FOOD_LIST + words.DRINK_LIST + words.TICKET_LIST + words.EVENT_LIST
TRIPS = [f"{vehicle} to {town}" for vehicle in ("bus", "train", "ferry", "last bus", "last train", "shuttle") for town in words.TOWN_LIST]
BUSES = [trip for trip in TRIPS if trip.startswith("bus")]
TRAINS = [trip for trip in TRIPS if trip.startswith("train")]
WHEN, AT_WHAT = "(when|at what time|what time|from when|from what time)", "(when|what time|at what time|until when|how late)"

KINDS: dict[str, Kind] = {
    "opens": _kind("{x} opens", HOURS_POOL, "time",
        [WHEN + " does the {x} open[ up]", "(from when|from what time) is the {x} open", "(when|what time) will the {x} open[ its doors]", "what is the opening time of the {x}",
         "how early (does the {x} open|can i get into the {x}|can we come to the {x})", "when can (i|we) (visit|go to|get into|enter) the {x}", "the {x} opens (when|at what time)",
         "when (can|could|may|do) (i|we) (come to|go into|get into|go to) the {x}", "when (could|should) (i|we) (visit|go to|enter) the {x}", "what's the (first time|soonest) (i|we) can (visit|enter|go to) the {x}",
         "what's the earliest (i|we) can (visit|enter) the {x}", "{x} opening time", "when do you open the {x}"],
        "the {x} opens at {v}", "when the {x} opens", ["[and ](when|what time) does it open", "[and ]at what time does it open", "[and ]how early does it open", "[and ]the opening time"], True),
    "closes": _kind("{x} closes", HOURS_POOL, "time",
        [AT_WHAT + " does the {x} (close|shut|stay open)", "(when|what time) will the {x} (close|shut)[ its doors]", "what is the closing time of the {x}", "until (when|what time) is the {x} open",
         "how (late|long) is the {x} open", "how long can (i|we) stay in the {x}", "the {x} closes (when|at what time)",
         "how (late|long) (will|can) (i|we) (be|stay) in the {x}", "how long does the {x} stay open", "until when can (i|we) (visit|stay in|be in) the {x}", "when will the {x} be (closed|shut) for the night", "when do you close the {x}", "{x} closing time", "when do (i|we) have to leave the {x}",
         "what time does the {x} (finish|end)"],
        "the {x} closes at {v}", "when the {x} closes", ["[and ](when|what time) does it (close|shut)", "[and ]until when is it open", "[and ]how late is it open", "[and ]the closing time"], True),
    "closed": _kind("{x} closed", HOURS_POOL, "day",
        ["(which|what) day is the {x} (closed|shut)", "on (which|what) day is the {x} (closed|shut|not open)", "when is the {x} closed (all day|for the day)", "is the {x} ever closed", "does the {x} have a day off",
         "what is the closing day of the {x}", "is there a day when the {x} is closed",
         "(which|what) day (is the {x}|does the {x} stay) closed", "on (which|what) day can i not visit the {x}", "is the {x} (shut|closed) (on some day|one day a week)", "(which|what) weekday is the {x} (closed|shut|off)", "(which|what) day does the {x} not open"],
        "the {x} {is} closed on {v}", "which day the {x} {is} closed", ["[and ](which|what) day is it closed", "[and ]is it ever closed"]),
    "where": _kind("{x} where", PLACE_POOL, "spot",
        ["where (is|are) the {x}", "where's the {x}", "where can (i|we) find (the|a) {x}", "how do (i|we) (get to|find|reach) the {x}", "which way (is|to) the {x}", "can you (show|tell) me the way to the {x}",
         "i am looking for the {x}", "i'm looking for the {x}", "is there (a|any) {x} (here|nearby|around here|in the building)", "(i|we) can't find the {x}", "i need the {x}", "what is the way to the {x}",
         "the {x} is where", "where do (i|we) go for the {x}", "(i|we) want to (go to|see|visit) the {x} where is it", "on which floor is the {x}", "point me to the {x}",
         "(i am|i'm|we are|we're) (looking for|trying to find|searching for) (the|a) {x}", "is there (a|any|some) {x} (close by|near here|in here|close to here|somewhere)", "do you have (a|any) {x} (here|around here|nearby)",
         "(i|we) (want|would like|have) to (see|find|visit|go to) the {x}[ where is it|]", "how do (i|we) (go|walk|come) to the {x}", "where do (i|we) find (the|a) {x}", "how can (i|we) get to the {x}"],
        "the {x} {is} {v}", "where the {x} {is}", ["[and ]where is it", "[and ]how do (i|we) get there", "[and ]where can (i|we) find it", "[and ]which way is it"]),
    "price": _kind("{x} price", PRICE_POOL, "price",
        ["how much (is|are) (a|the) {x}", "how much does (a|the|one) {x} cost", "what does (a|the|one) {x} cost", "what is the price of (a|the) {x}", "how much do you (charge|want) for (a|the) {x}",
         "what do (i|we) pay for (a|the) {x}", "the price of (a|the) {x}",
         "what (do|must|would) (i|we|you) pay for (a|the|one) {x}", "how much do (i|we) pay for (a|the) {x}", "how much (money is|would|will) (a|the|one) {x}[ be|]", "what is (a|the) {x} (in price|going to cost)", "how expensive is (a|the) {x}", "what's the cost of (a|the) {x}", "(i|we) want (a|the) {x} how much is (it|that)", "how much for (a|the|one) {x}",
         "{x} price", "what would (a|the) {x} cost (me|us)"],
        "the {x} costs {v}", "what the {x} costs", ["[and ]how much is it", "[and ]what does it cost", "[and ]how much does it cost", "[and ]what is the price"]),
    "starts": _kind("{x} starts", words.EVENT_LIST, "time",
        ["(when|what time|at what time) does the {x} (start|begin)", "(when|what time) is the {x}", "(when|what time) will the {x} (start|begin)", "what is the starting time of the {x}", "the {x} starts (when|at what time)",
         "when should (i|we) be there for the {x}", "how soon does the {x} (start|begin)", "{x} start time"],
        "the {x} starts at {v}", "when the {x} starts", ["[and ](when|what time) does it (start|begin)", "[and ]when is it", "[and ]the starting time"], True),
    "lasts": _kind("{x} lasts", words.EVENT_LIST, "duration",
        ["how long (is|does) the {x} (take|last|go on)", "how long is the {x}", "how long will the {x} (take|last)", "how many minutes (is|does) the {x}[ take|]", "what is the length of the {x}", "how much time does the {x} take", "how much time (will|would) the {x} take", "how much time (do|should) (i|we) (need|plan) for the {x}", 
         "how long (must|should|do) (i|we) (plan|need) for the {x}", "the {x} takes how (long|much time)", "how many (minutes|hours) (long is|should i plan for) the {x}"],
        "the {x} lasts {v}", "how long the {x} lasts", ["[and ]how long (does it take|is it|does it last|will it take)"]),
    "meets": _kind("{x} meets", words.EVENT_LIST, "spot",
        ["where does the {x} (meet|start|begin|leave from|gather)", "where do (i|we) meet for the {x}", "where is the meeting point (of|for) the {x}", "what is the meeting point of the {x}", "where should (i|we) (go|wait) for the {x}",
         "where (do|should|can) (i|we) (join|start|find) the {x}", "from where does the {x} (leave|start|go)", "(what|which) place does the {x} (start|leave) from", "at which place does the {x} (meet|start)", "where (will|is) the {x} (meet|start|leave from|meeting)",
         "where (is|do i join) the {x}"],
        "the {x} meets {v}", "where the {x} meets", ["[and ]where (does it (meet|start)|is the meeting point|do we meet)"]),
    "guide": _kind("{x} guide", words.EVENT_LIST, "person",
        ["who (leads|guides|gives|runs|does|hosts) the {x}", "who is (the guide (of|for)|leading|guiding|running) the {x}", "what is the name of the {x} guide", "who will be our guide (for|on) the {x}", "the {x} is with (who|whom)", "who (will lead|will guide|is in charge of|takes us on) the {x}", "who (guides|leads) us (on|at|through) the {x}", "(which guide|what person) (leads|does|has) the {x}"],
        "the {x} guide is {v}", "who leads the {x}", ["[and ]who (leads|guides|runs) it", "[and ]who is the guide"]),
    "leaves": _kind("{x} leaves", TRIPS, "time",
        ["(when|what time|at what time) does the[ next|] {x} (leave|go|depart)", "(when|what time) is the[ next|] {x}", "(when|what time) will the {x} (leave|go)", "(i|we) want to take the {x} when does it (leave|go)", "the {x} leaves (when|at what time)",
         "what is the departure time of the {x}", "how soon does the {x} (leave|go)",
         "(i|we) (want|need|have) to (take|catch|get) the {x} (when|what time) (is it|does it (go|leave|depart))", "(when|at what time) (can|could) (i|we) (take|catch|get) the {x}", "when do (i|we) have to catch the {x}"],
        "the {x} leaves at {v}", "when the {x} leaves", ["[and ](when|what time) does it (leave|go)", "[and ]the departure time"], True),
    "platform": _kind("{x} platform", TRAINS, "number",
        ["(which|what) platform (does the {x} leave from|is the {x} on|for the {x})", "from (which|what) platform does the {x} (leave|go)", "what is the platform (of|for) the {x}", "where does the {x} leave from", "where (does|will) the {x} (go|depart|start) from", "from where does the {x} (leave|go|depart)", "(which|what) track is the {x} on", "where (do|can|must) (i|we) (catch|get|board|wait for) the {x}", "at (which|what) platform (is|do i find) the {x}", "(which|what) platform is it for the {x}"],
        "the {x} leaves from platform {v}", "which platform the {x} leaves from", ["[and ](from |)(which|what) platform[ is it|]", "[and ]the platform"]),
    "number": _kind("{x} number", BUSES, "number",
        ["(which|what) number is the {x}", "what is the number of the {x}", "(which|what) line is the {x}", "what number does the {x} have"],
        "the {x} is number {v}", "which number the {x} is", ["[and ](which|what) number (is it|does it have)", "[and ]the number"]),
    "dogs": _kind("{x} dogs", HOURS_POOL, "allowed",
        ["are dogs (allowed|welcome) (in|at) the {x}", "can (i|we) (bring|take) (my|our|a|the) dog (to|into) the {x}", "is my dog allowed in the {x}", "may dogs come into the {x}", "do you let dogs into the {x}", "(can|may|could) (i|we|you) (bring|take|have) (dogs|a dog|my dog|our dog) (in|into|to|inside) the {x}", "(is a dog|are dogs) (okay|all right|permitted|possible) in the {x}"],
        "dogs are {v} in the {x}", "if dogs are allowed in the {x}", ["[and ]are dogs allowed[ there|]", "[and ]can (i|we) bring (my|our|a) dog"]),
    "wheelchair": _kind("{x} wheelchairs", PLACE_POOL, "access",
        ["is the {x} (wheelchair accessible|accessible|good for wheelchairs)", "can (i|we) get (into|to) the {x} (with|in) a wheelchair", "how do wheelchairs get (into|to) the {x}", "is there wheelchair access (to|at) the {x}", "can wheelchairs get into the {x}",
         "my mother is in a wheelchair can she get to the {x}", "my (father|son|wife|friend|daughter) (is in|has|uses|needs) a wheelchair can (he|she) (get to|get into|visit|see) the {x}", "(i|we) have a wheelchair can (i|we) (get to|get into|visit) the {x}",
         "can (someone|people) in a wheelchair (visit|see|get into) the {x}", "i am in a wheelchair can i (get to|get into|see) the {x}"],
        "at the {x} wheelchairs {v}", "about wheelchairs at the {x}", ["[and ]is it (accessible|wheelchair accessible)", "[and ]can (i|we) get there (with|in) a wheelchair"]),
    "phone": _kind("{x} phone", HOURS_POOL + ["lost property", "taxi", "first aid room", "manager"], "digits",
        ["what is the (phone number|telephone number|phone) (of|for) the {x}", "how can (i|we) (call|phone|reach) the {x}",
         "(i|we) (need|would like|have) to (call|phone|ring) the {x}", "how do (i|we) (call|phone|ring) the {x}", "(what|which) number does the {x} have", "give me the (phone number|number) of the {x}", "what number do (i|we) call for the {x}", "{x} phone number", "(i|we) want to (call|phone) the {x}", "can (i|we) have the phone number of the {x}"],
        "the phone number of the {x} is {v}", "the phone number of the {x}", ["[and ]what is (its|the|their) phone number", "[and ]the phone number"]),
    "soup": _kind("{x} today", ["soup", "cake", "special", "pie", "curry", "ice cream", "salad"], "dish",
        ["what is the {x} (today|of the day)", "(what|which) {x} do you have today", "(what|which) {x} is there[ today|]", "what kind of {x} is it today", "what's today's {x}", "what is the {x}[ today|]", "what do you have as the {x}[ today|]", "(which|what) {x} (can i have|do they have|are you serving)[ today|]"],
        "the {x} today is {v}", "what the {x} is today", ["[and ]what is it today"]),
    "password": _kind("{x} password", ["wifi", "locker", "quiz", "audio guide"], "password",
        ["what is the {x} password", "what's the password (for|of) the {x}",
         "what is the password (for|of) the {x}", "(tell me|give me) the {x} password", "the password (for|of) the {x}[ please|]", "how do (i|we) (use|get on|connect to|open) the {x}", "can (i|we) have the {x} password", "(i|we) need the {x} password", "do you have a password for the {x}", "how do (i|we) get into the {x}"],
        "the {x} password is {v}", "the {x} password", ["[and ]what is the password", "[and ]the password"]),
    "manager": _kind("{x} manager", HOURS_POOL, "person",
        ["who (manages|runs|is in charge of) the {x}", "who is the (manager|boss|head) of the {x}",
         "who (is|was) responsible for the {x}", "who (can|should|do) (i|we) (speak|talk) to (about|in|at) the {x}", "(which person|who) (leads|looks after|heads) the {x}", "who should (i|we) (speak to|contact) about the {x}", "what is the name of the {x} manager", "who (can|should) (i|we) (ask|see) (about|in) the {x}"],
        "the manager of the {x} is {v}", "who manages the {x}", ["[and ]who (manages|runs) it", "[and ]who is the manager"]),
}


@dataclass
class Fact:
    """One fact line: what it is about, on which day (or None), and its value."""

    kind: str
    x: str
    day: str | None
    value: str

    def key(self, name: str) -> str:
        return KINDS[self.kind].key.format(x=name) + (f" {self.day.title()}" if self.day else "")


ONSETS = "b d f g h j k l m n p r s t v w z br dr fl gr kl pr st tr th sh".split()
VOWELS = "a e i o u ai ee oo ar or en el".split()


def invented(rng: random.Random) -> str:
    """A made-up name of two or three syllables."""
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(rng.choice((2, 2, 3))))


def _person(rng: random.Random) -> str:
    first = rng.choice(words.FIRST_NAME_LIST) if rng.random() < 0.7 else invented(rng)
    last = rng.choice(words.SURNAME_LIST) if rng.random() < 0.6 else invented(rng)
    return f"{first.title()} {last.title()}"


def _spot(rng: random.Random) -> str:
    near = rng.choice(("next to", "behind", "opposite", "near", "past", "beside", "in front of", "by", "left of", "right of"))
    place = rng.choice(PLACE_POOL)
    if rng.random() < 0.1:
        place = rng.choice(("{} hall", "{} gate", "{} room")).format(invented(rng))
    shape = rng.randrange(5)
    if shape == 0:
        return f"on the {rng.choice(words.FLOORS)}"
    if shape == 1:
        return f"in room {numbers.number_words(rng.randint(1, 40))}"
    if shape == 2:
        return f"on the {rng.choice(words.FLOORS)} {near} the {place}"
    return f"{near} the {place}"


VALUES = {
    "time": numbers.clock, "price": numbers.price, "duration": numbers.duration, "spot": _spot, "person": _person,
    "day": lambda rng: rng.choice(words.DAYS).title(),
    "number": lambda rng: numbers.number_words(rng.choice((rng.randint(1, 20), rng.randint(1, 99), rng.randint(1, 400)))),
    "digits": lambda rng: numbers.digits(rng, rng.choice((3, 4, 4, 5, 6))),
    "allowed": lambda rng: rng.choice(("allowed", "not allowed", "welcome", "only allowed on a lead", "not welcome")),
    "access": lambda rng: rng.choice(("use the side door", "use the ramp", "can take the lift", "are not possible", "use the back entrance", "can get in easily", f"use the {rng.choice(PLACE_POOL)}")),
    "dish": lambda rng: rng.choice(words.FOOD_LIST) if rng.random() < 0.8 else f"{invented(rng)} {rng.choice(('soup', 'cake', 'pie', 'stew'))}",
    "password": lambda rng: f"{rng.choice(words.COLOURS)} {rng.choice(words.THING_LIST)}" if rng.random() < 0.7 else f"{rng.choice(words.COLOURS)} {invented(rng)}",
}
SCRAMBLED_SHARE = 0.25
_VALUE_WORDS = [*numbers.ONES, *numbers.ONES, *numbers.TENS, *words.COLOURS, *" ".join(words.PLACE_LIST + words.FOOD_LIST).split(), "pounds", "pounds", "minutes", "hours", "the", "by", "in", "near", "oh"]


def _scrambled(rng: random.Random) -> str:
    """Words of values in no order: what can only be copied, not guessed from its kind."""
    return " ".join(rng.choice(_VALUE_WORDS) for _ in range(rng.randint(1, 5)))


CLOSED_VALUES = {"day", "allowed", "access"}


def draw_value(value: str, split: str, rng: random.Random) -> str:
    """A value of `split`: held-out values never occur in training (but for weekdays and the like)."""
    while True:
        scramble = split == "train" and value not in CLOSED_VALUES and rng.random() < SCRAMBLED_SHARE
        text = _scrambled(rng) if scramble else VALUES[value](rng)
        if value in CLOSED_VALUES or is_heldout("value:" + text, HELDOUT_VALUES) == (split == "heldout"):
            return text


@lru_cache(maxsize=None)
def wordings(templates: tuple[str, ...], split: str) -> tuple[str, ...]:
    """The texts that templates stand for, slots still open, of one split."""
    every = sorted({" ".join(text.split()) for template in templates for text in enumerate_texts(parse(template))})
    kept_back = [text for text in every if is_heldout("wording:" + text, HELDOUT_WORDINGS)]
    if not kept_back:
        kept_back = every[-1:] if len(every) > 2 else []
    if split == "heldout":
        return tuple(kept_back or every)
    return tuple(text for text in every if text not in kept_back)


def enumerate_texts(node) -> list[str]:
    """Every text a parsed template stands for; slots stay as they are."""
    kind, body = node
    if kind == "text":
        return [body]
    if kind == "slot":
        return ["{" + body + "}"]
    if kind == "choice":
        return [text for branch in body for text in enumerate_texts(branch)]
    return ["".join(parts) for parts in itertools.product(*(enumerate_texts(item) for item in body))]


def question(kind: Kind, split: str, rng: random.Random) -> str:
    """A wording of `split` with `{x}` still open."""
    return rng.choice(wordings(kind.questions, split))


def followup(kind: Kind, split: str, rng: random.Random) -> str:
    """A wording of `split` that speaks of "it"."""
    return rng.choice(wordings(kind.followups, split))


def verb_is(name: str) -> str:
    """"is" or "are", as the name needs."""
    return "are" if name in PLURALS else "is"
