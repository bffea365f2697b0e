"""What visitors say: the grammar of requests."""

import random

from . import numbers, words
from .grammar import Grammar


def _from(values: list[str]):
    return lambda rng: rng.choice(values)


def _age(rng: random.Random) -> str:
    return numbers.number_words(rng.choice((rng.randint(2, 16), rng.randint(17, 99))))


TERMINALS = {
    "place": _from(words.PLACE_LIST), "venue": _from(words.VENUE_LIST), "spot": _from(words.SPOT_LIST),
    "food": _from(words.FOOD_LIST), "drink": _from(words.DRINK_LIST), "ticket": _from(words.TICKET_LIST),
    "event": _from(words.EVENT_LIST), "town": _from(words.TOWN_LIST), "day": _from(words.DAYS),
    "month": _from(words.MONTHS), "first": _from(words.FIRST_NAME_LIST), "last": _from(words.SURNAME_LIST),
    "thing": _from(words.THING_LIST), "colour": _from(words.COLOURS), "material": _from(words.MATERIALS),
    "size": _from(words.SIZES), "room": _from(words.ROOM_LIST), "device": _from(words.DEVICE_LIST),
    "chore": _from(words.CHORE_LIST), "elsewhere": _from(words.ELSEWHERE_LIST), "floor": _from(words.FLOORS),
    "time": numbers.clock, "price": numbers.price, "duration": numbers.duration,
    "count": lambda rng: numbers.number_words(rng.randint(2, 12)),
    "number": lambda rng: numbers.number_words(rng.randint(0, 999)),
    "small": lambda rng: numbers.number_words(rng.randint(0, 30)),
    "digits": lambda rng: numbers.digits(rng, rng.randint(3, 7)),
    "ordinal": lambda rng: numbers.ordinal_words(rng.randint(1, 31)), "age": _age,
}

SHARED = {
    "polite": ["excuse me ", "hello ", "hi ", "hi there ", "sorry ", "um ", "please ", "hey ", "good morning ",
               "good afternoon ", "right ", "so ", "okay ", "well ", "uh ", "oh ", "and ", "can you tell me ",
               "could you tell me ", "i would like to know ", "do you know ", "tell me ", "one question ",
               "just quickly ", "i was wondering ", "pardon me ", "good evening ", "by the way ", "actually "],
    "end": [" please", " thanks", " thank you", " today", " then", " for me", " right now", " if possible",
            " if you don't mind", " cheers", " this week", " tomorrow", " in the end", " at all"],
    "when": ["today", "tomorrow", "on {day}", "on {day}", "this evening", "this afternoon", "at the weekend", "next {day}",
             "at {time}", "on the {ordinal} of {month}", "in {month}", "on {day} morning", "tonight", "next week", "right now",
             "after {time}", "before {time}", "between {time} and {time}", "on public holidays", "in the winter", "during the summer"],
    "who": ["my daughter", "my son", "my grandmother", "my husband", "my wife", "my friend", "my mother", "my father",
            "my brother", "my sister", "a friend of mine", "our group", "my class", "the children", "my neighbour", "{first}", "{first} {last}"],
    "item": ["{food}", "{food}", "{drink}"],
    "amount": ["a", "one", "two", "three", "{count}", "another", "half a", "a large", "a small"],
}

VISITOR = {
    "where": ["where is the {place}", "where's the {place}", "where are the {place}", "how do i get to the {place}",
              "how can i find the {place}", "which way is the {place}", "i am looking for the {place}", "i can't find the {place}",
              "what is the quickest way to the {place} from the {place}", "is the {place} near the {place}", "which floor is the {place} on",
              "can you show me the way to the {place}", "is there a {place} (nearby|around here|in this building|on the {floor})",
              "how far is it to the {place}", "is it far to the {place}", "do i turn left or right at the {place}",
              "we need to find the {place}", "what is behind the {place}", "can we walk from the {place} to the {place}",
              "how long does it take to walk to the {place}", "{who} is waiting by the {place} where is that"],
    "hours": ["when does the {venue} (open|close)[ {when}]", "what time does the {venue} (open|close|shut)[ {when}]",
              "is the {venue} open {when}", "until when is the {venue} open[ {when}]", "what are the opening hours of the {venue}",
              "how late is the {venue} open[ {when}]", "from what time can we visit the {venue}", "is the {venue} closed {when}",
              "when is the {venue} open", "does the {venue} close early {when}", "what's the last entry to the {venue}",
              "how long will the {venue} stay open", "are you open {when}", "which day is the {venue} closed"],
    "prices": ["how much is (a|the) {item}", "how much does (a|the) {ticket} cost", "what does (a|the) {item} cost", "what is the price of (a|the) {ticket}",
               "how much are {count} {item}s", "is the {ticket} more than {price}", "i only have {price}", "can i pay by card for the {ticket}",
               "what do i pay for {amount} {item}", "is there a discount for {age} year olds", "do you take {price} in coins",
               "how expensive is the {event}", "is the {event} free", "is {price} enough for a {item}", "do children under {age} pay",
               "what is the cheapest {ticket}", "can i get change for {price}"],
    "order": ["i would like {amount} {item}", "can i have {amount} {item} and {amount} {item}", "{amount} {item} please",
              "we'd like {count} {item}s and {amount} {drink}", "could we order {amount} {item} with {drink}", "do you have {item}",
              "is there {food} (without|with) (milk|nuts|gluten|eggs|meat|cheese|sugar|onions|garlic)", "what is in the {food}",
              "is the {food} (vegan|vegetarian|gluten free|spicy|hot|fresh|homemade)", "i'll take the {food}", "no {drink} for me just {amount} {item}",
              "make that {count} {item}s", "what soup do you have today", "what is on the menu[ {when}]", "a table for {count} {when}",
              "{who} is allergic to (nuts|milk|eggs|fish|wheat|sesame)", "can i get the {food} to take away", "my order number is {digits}"],
    "tickets": ["i want to book {count} {ticket}s {when}", "can i book the {event} {when}", "are there any {ticket}s left {when}",
                "my ticket number is {digits}", "the booking is under {first} {last}", "i have a booking for {count} people at {time}",
                "my name is {first} {last}", "can i change my booking from {day} to {day}", "please cancel ticket {digits}",
                "when does the {event} start[ {when}]", "how long does the {event} (last|take)", "where does the {event} (start|meet|begin)",
                "who leads the {event}", "can {who} join the {event}", "i lost my {ticket}", "two adults and {count} children",
                "one adult one child aged {age}", "is the {event} suitable for a {age} year old", "how many places are left on the {event}",
                "i'd like to reserve seat {number}", "can we get {count} {ticket}s for the {event} {when}", "what is my booking code is it {digits}",
                "the code on my ticket is {digits}", "do i need to book the {event}", "which {event} is on {when}"],
    "access": ["is the {place} wheelchair accessible", "can i get to the {place} with a (wheelchair|pushchair|walking frame)", "is there a (lift|ramp) to the {place}",
               "are dogs allowed in the {venue}", "can i bring my (dog|bike|pushchair|own food) into the {venue}", "do you have a hearing loop in the {venue}",
               "are there steps at the {place}", "where can i borrow a wheelchair", "is there a quiet time at the {venue}", "can i take photographs in the {venue}",
               "is there large print for the {event}", "do you offer sign language for the {event}", "where can {who} sit down", "is there disabled parking near the {place}",
               "{who} can't walk far is there a {spot}", "are guide dogs welcome {when}", "is there wifi in the {venue}", "what is the wifi password"],
    "lost": ["i have lost my {thing}", "i left my {colour} {thing} in the {place}", "has anyone handed in a {size} {colour} {thing}",
             "i found a {material} {thing} near the {place}", "{who} lost a {colour} {thing} {when}", "where is lost property", "i can't find my {thing}",
             "it is a {size} {material} {thing}", "the {thing} is {colour} with {colour} (stripes|spots|letters|buttons|straps|flowers)",
             "my {thing} was stolen {when}", "my phone number is {digits}", "it has the name {first} {last} on it", "{who} is missing",
             "my little boy is {age} and wears a {colour} {thing}", "did you find {amount} {thing} {when}", "who do i call about a lost {thing}"],
    "travel": ["when does the next (bus|train|tram|ferry|coach|shuttle) to {town} leave", "what time is the (bus|train|ferry) to {town}", "which platform for {town}",
               "which bus goes to {town}", "does bus {number} stop here", "how long is the (train|bus|ferry) to {town}", "is the train to {town} (late|delayed|on time|cancelled)",
               "when is the last (bus|train|ferry|shuttle) to {town}[ {when}]", "what does a (ticket|single|return) to {town} cost", "a return to {town} {when}",
               "do i have to change trains for {town}", "where does the bus to {town} stop", "is there a night bus to {town}", "can you call me a taxi to {town}",
               "where does the {time} train go", "how many stops is it to {town}", "i missed the {time} bus to {town}", "can i take my (bike|dog) on the (train|bus|ferry)",
               "we are going from {town} to {town}", "is platform {small} (accessible|open|closed)", "i need to be in {town} by {time}"],
    "followup": ["and on {day}", "what about {day}", "and the {place}", "and how much is the {item}", "what about the {venue}", "and {when}",
                 "and when does it (open|close)", "and where is it", "how much is that", "and for children", "what about a {ticket}", "and to {town}",
                 "and the one after that", "is that every day", "are you sure", "and before that", "which one is closer", "and the last one"],
}

ASSISTANT = {
    "timer": ["set a timer for {duration}", "start a {duration} timer", "timer {duration}", "wake me (up at {time}|in {duration})", "set an alarm for {time}[ {when}]",
              "remind me in {duration} to check the {chore}", "remind me about the {chore} at {time}", "how much time is left on the {chore} timer", "cancel the {chore} timer",
              "add {duration} to the timer", "set a {chore} timer for {duration}", "stop the alarm", "pause the timer", "i need {duration} for the {chore}", "count down from {small}",
              "delete all my timers", "what timers are running", "snooze for {duration}"],
    "light": ["turn (on|off) the {room} {device}", "switch the {device} (on|off)[ in the {room}]", "turn the {room} light (on|off|up|down)", "dim the {room} lights",
              "make the {room} (brighter|darker|warmer|cooler)", "set the {room} light to {colour}", "all lights (on|off)", "set the {device} to {small} percent",
              "turn everything off in the {room}", "is the {room} {device} on", "open the {room} (window|blinds|curtains|door)", "close the {room} (window|blinds|curtains|door)",
              "set the heating in the {room} to {small} degrees", "lock the front door {when}", "play (music|jazz|the news|a story|piano music|rain sounds) in the {room}", "volume (up|down)"],
    "sum": ["what is {small} plus {small}", "how much is {small} minus {small}", "what's {small} times {small}", "{small} plus {small}", "add {number} and {number}",
            "what is {number} divided by {small}", "take {small} away from {number}", "what is half of {number}", "what is double {number}", "how many is {small} and {small}",
            "what comes after {number}", "what comes before {number}", "count to {small}", "is {number} bigger than {number}", "what is {small} percent of {number}", "round {number} to the nearest ten"],
    "calendar": ["what day is it[ today]", "what day is the {ordinal} of {month}", "what day comes after {day}", "what day comes before {day}", "which month comes after {month}",
                 "how many days are in {month}", "what is the date", "is {day} a holiday", "how many days until {day}", "what month is it", "which month is before {month}",
                 "my birthday is on the {ordinal} of {month}", "put {first}'s birthday on the {ordinal} of {month}", "what year is it", "what time is it", "how many days are in a week",
                 "how many months are in a year", "what is on my calendar {when}", "move my meeting with {first} from {day} to {day}"],
    "chat": ["(hello|hi|hey|good morning|good afternoon|good evening)[ there]", "thank you[ very much|]", "thanks[ a lot| so much|]", "that's (great|lovely|fine|wonderful|kind|perfect)",
             "tell me a[nother] joke", "do you know a joke", "make me laugh", "who are you", "what is your name", "what can you do", "are you a (robot|person|computer|real person|machine)",
             "say that again[ please]", "can you repeat that", "pardon", "what did you say", "i didn't (hear|catch|understand) that", "speak (slower|louder|up) please", "stop", "be quiet",
             "never mind", "cancel that", "goodbye", "bye bye", "see you {when}", "how are you[ today]", "nice to meet you", "my name is {first}", "yes[ please]", "no[ thanks]",
             "wait a moment", "hold on", "go on", "that's wrong", "i meant {day} not {day}", "i said {time}", "no i said {number}", "you are funny", "do you speak (french|german|spanish|welsh|polish)",
             "good night", "have a nice day", "that is all", "can you help me", "i have a question", "say hello to {first}", "call {first} {last}", "spell {last}"],
    "beyond": ["what is the capital of {elsewhere}", "who won the (football|race|election|match|final) in {elsewhere}", "how far away is {elsewhere}", "what's the weather like in {elsewhere}",
                  "how many people live in {elsewhere}", "who is the president of {elsewhere}", "how do i cook {food}", "what does {thing} mean in french", "write a poem about {elsewhere}",
                  "how old is the (universe|earth|sun|queen|pope)", "what is the meaning of life", "who wrote the {thing}", "how heavy is a {thing}", "will it rain {when}", "sing me a song about my {thing}"],
}

REQUEST_RULES = list(VISITOR) + list(ASSISTANT)
GRAMMAR = Grammar({
    **TERMINALS, **SHARED, **VISITOR, **ASSISTANT,
    "visitor": ["{" + name + "}" for name in VISITOR], "assistant": ["{" + name + "}" for name in ASSISTANT],
})


def request(rng: random.Random) -> str:
    """One spoken request: a plain one, one with politeness around it, or two joined."""
    core = "{visitor}" if rng.random() < 0.68 else "{assistant}"
    shape = rng.random()
    if shape < 0.40:
        template = core
    elif shape < 0.62:
        template = "{polite}" + core
    elif shape < 0.76:
        template = core + "{end}"
    elif shape < 0.86:
        template = "{polite}" + core + "{end}"
    else:
        template = core + rng.choice((" and ", " and then ", " or ", " also ", " but first ", " because ")) + "{visitor}"
    return GRAMMAR.expand(template, rng)
