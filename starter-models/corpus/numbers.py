"""Numbers as words: counts, times, prices, digits, durations, ordinals."""

import random

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


def number_words(value: int) -> str:
    """Words for 0 to 9999, British style ("two hundred and five")."""
    if value < 20:
        return ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return TENS[tens - 2] + (" " + ONES[ones] if ones else "")
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return ONES[hundreds] + " hundred" + (" and " + number_words(rest) if rest else "")
    thousands, rest = divmod(value, 1000)
    joint = " and " if 0 < rest < 100 else " "
    return ONES[thousands] + " thousand" + (joint + number_words(rest) if rest else "")


def ordinal_words(value: int) -> str:
    """Words for the 1st to the 31st."""
    if value <= 20:
        return ORDINALS[value - 1]
    if value == 30:
        return "thirtieth"
    return TENS[value // 10 - 2] + " " + ORDINALS[value % 10 - 1]


def digits(rng: random.Random, count: int) -> str:
    """`count` random digits, spoken one by one."""
    return " ".join(ONES[rng.randrange(10)] for _ in range(count))


def clock(rng: random.Random, step_minutes: int = 5) -> str:
    """A spoken time of day: "nine", "five thirty", "ten oh five"."""
    hour = rng.randint(1, 12)
    minute = rng.choice((0, 0, 30, 30, 15, 45, rng.randrange(0, 60, step_minutes)))
    return clock_words(hour, minute)


def clock_words(hour: int, minute: int) -> str:
    """Hour 1 to 12 and minute as they are spoken."""
    if minute == 0:
        return ONES[hour]
    return f"{ONES[hour]} {'oh ' if minute < 10 else ''}{number_words(minute)}"


def price(rng: random.Random) -> str:
    """A price: "four pounds", "three pounds twenty", "ninety pence"."""
    pounds, pence = rng.randint(0, 30), rng.choice((0, 0, rng.randrange(5, 100, 5)))
    return price_words(pounds, pence)


def price_words(pounds: int, pence: int) -> str:
    """Pounds and pence as they are spoken."""
    if pounds == 0:
        return f"{number_words(pence or 50)} pence"
    unit = "pound" if pounds == 1 else "pounds"
    return f"{number_words(pounds)} {unit}" + (f" {number_words(pence)}" if pence else "")


def duration(rng: random.Random) -> str:
    """A span of time: "ten minutes", "an hour and a half"."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.choice(("an hour", "half an hour", "an hour and a half", "a quarter of an hour", "a minute", "two and a half hours"))
    if kind == 1:
        return f"{number_words(rng.randint(2, 12))} hours"
    if kind == 2:
        return f"{number_words(rng.randint(2, 90))} seconds"
    if kind == 3:
        return f"{number_words(rng.randint(1, 3))} minutes and {number_words(rng.randrange(5, 60, 5))} seconds".replace("one minutes", "one minute")
    return f"{number_words(rng.randint(2, 90))} minutes"
