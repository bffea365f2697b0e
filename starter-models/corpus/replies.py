"""What the kiosk answers: the grammar of replies, for the recogniser and the voice."""

import random

from .grammar import Grammar
from .jokes import JOKES
from .requests import SHARED, TERMINALS

REPLIES = {
    "where": ["the {place} is on the {floor} next to the {place}", "you will find the {place} behind the {place}", "the {place} is (to the left of|to the right of|opposite|near|just past|beside) the {place}",
              "go (straight on|up the stairs|through the courtyard|along the river path|past the {spot}) and turn (left|right) at the {spot}", "the {place} is {count} minutes on foot from here",
              "take the lift to the {floor} and follow the {colour} signs", "walk about {number} metres and the {place} is on your (left|right)"],
    "hours": ["the {venue} opens at {time}", "the {venue} closes at {time}", "on {day} the {venue} opens at {time} and closes at {time}", "the {venue} is closed on {day}",
              "the {venue} is open from {time} to {time}", "last entry to the {venue} is at {time}", "it opens again {when}"],
    "prices": ["the {item} costs {price}", "the {ticket} is {price}", "that makes {price} altogether", "children under {age} go in free", "the {event} costs {price} per person",
               "a {ticket} costs {price} and a {ticket} costs {price}", "you get {price} change"],
    "order": ["the {food} comes with {food}", "today's soup is {food}", "one {item} and one {drink} coming up", "the {food} contains (nuts|milk|eggs|wheat|sesame|fish)", "the {food} is vegan",
              "order number {digits} is ready", "would you like {drink} with that"],
    "tickets": ["your ticket number is {digits}", "the {event} starts at {time} by the {spot}", "the {event} takes {duration}", "{first} {last} leads the {event}", "there are {count} places left {when}",
                "i have booked {count} places for {first} {last}", "seat {number} is in row {small}", "the {event} meets at the {place} at {time}"],
    "access": ["there is a ramp at the {spot}", "the {place} can be reached by wheelchair", "dogs are (not |)allowed in the {venue}", "wheelchairs are at the {place}", "the wifi password is {colour} {thing}"],
    "lost": ["a {colour} {thing} was handed in {when}", "lost property is in room {small} behind the {place}", "please call {digits}", "nobody has handed in a {thing} yet", "your {thing} is waiting at the {place}"],
    "travel": ["the bus to {town} leaves at {time}", "the train to {town} leaves from platform {small}", "bus number {number} goes to {town}", "the last ferry to {town} is at {time}", "the {time} train to {town} is {small} minutes late",
               "it takes {duration} to {town}", "change trains in {town}", "a return ticket to {town} costs {price}"],
    "home": ["timer set for {duration}", "your {chore} timer has {duration} left", "okay the {room} {device} is (on|off)", "the {device} in the {room} is now at {small} percent", "i will remind you about the {chore} at {time}",
             "alarm set for {time}", "the timer is done", "all timers are off"],
    "sums": ["{small} plus {small} is {small}", "{small} minus {small} is {small}", "{small} times {small} is {number}", "half of {number} is {number}", "that makes {number}", "after {number} comes {number}"],
    "calendar": ["today is {day} the {ordinal} of {month}", "after {day} comes {day}", "{month} has thirty one days", "the {ordinal} of {month} is a {day}", "it is {time}", "there are {small} days until {day}"],
    "chat": ["hello how can i help you", "you are welcome", "goodbye and have a lovely day", "i am the voice of the visitor centre", "sorry i don't know that", "sorry i don't know when the {venue} opens",
             "sorry i don't know where the {place} is", "sorry i don't know what the {item} costs", "okay i will stop", "nice to meet you {first}", "i am a small computer program", "one moment please", "pleased to help"],
}

OPENERS = ["okay ", "sure ", "of course ", "yes ", "certainly ", "well ", "let me see ", "no problem ", "gladly ", "one moment "]
GRAMMAR = Grammar({**TERMINALS, **SHARED, **REPLIES, "any": ["{" + name + "}" for name in REPLIES]})


def reply(rng: random.Random) -> str:
    """One spoken reply: one sentence, or two, now and then after a short opener, or a joke."""
    shape = rng.random()
    if shape < 0.02:
        return rng.choice(JOKES)
    if shape < 0.6:
        return GRAMMAR.expand("{any}", rng)
    if shape < 0.8:
        return GRAMMAR.expand(rng.choice(OPENERS) + "{any}", rng)
    return GRAMMAR.expand("{any} and {any}", rng)
