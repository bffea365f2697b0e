"""Questions about the default facts of the kiosk (starter-models/llm/kiosk.txt) that no model was trained on."""

import itertools
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "starter-models"))

from corpus.sentences import spoken
from corpus.split import is_heldout

# fact line's name -> ways to ask for it
WAYS_TO_ASK = {
    "visitor centre opens": ["when does the visitor centre open", "what time does the visitor centre open"],
    "visitor centre closes": ["when does the visitor centre close", "what time does the visitor centre close"],
    "visitor centre closes Sunday": ["when does the visitor centre close on sunday", "what time does the visitor centre close on sunday"],
    "café opens": ["when does the cafe open", "what time does the cafe open"],
    "café closes": ["when does the cafe close", "what time does the cafe close"],
    "café closes Sunday": ["when does the cafe close on sunday", "what time does the cafe close on sunday"],
    "museum opens": ["when does the museum open", "what time does the museum open"],
    "museum closes": ["when does the museum close", "what time does the museum close"],
    "museum closed": ["which day is the museum closed", "on which day is the museum closed"],
    "castle closes": ["when does the castle close", "what time does the castle close"],
    "toilet where": ["where is the toilet", "where can i find the toilet", "how do i get to the toilet"],
    "accessible toilet where": ["where is the accessible toilet", "how do i get to the accessible toilet"],
    "café where": ["where is the cafe", "how do i get to the cafe", "i am looking for the cafe"],
    "lift where": ["where is the lift", "how do i get to the lift", "i am looking for the lift"],
    "lost property where": ["where is lost property", "where can i find lost property"],
    "lost property phone": ["what is the phone number of lost property", "what number do i call for lost property"],
    "coffee price": ["how much is the coffee", "how much is a coffee", "what does a coffee cost"],
    "apple cake price": ["how much is the apple cake", "what does the apple cake cost", "how much is an apple cake"],
    "soup today": ["what soup do you have today", "what is the soup today", "what soup is there today"],
    "adult ticket price": ["how much is an adult ticket", "what does an adult ticket cost", "how much does an adult ticket cost"],
    "child ticket price": ["how much is a child ticket", "what does a child ticket cost", "how much does a child ticket cost"],
    "family ticket price": ["how much is a family ticket", "what does a family ticket cost", "how much does a family ticket cost"],
    "guided tour starts": ["when does the guided tour start", "what time does the guided tour start"],
    "guided tour lasts": ["how long does the guided tour last", "how long does the guided tour take", "how long is the guided tour"],
    "guided tour meets": ["where does the guided tour meet", "where does the guided tour start"],
    "castle dogs": ["are dogs allowed in the castle", "can i bring my dog into the castle"],
    "castle wheelchairs": ["can i get into the castle with a wheelchair", "is the castle wheelchair accessible"],
    "bus to Oakley leaves": ["when does the bus to oakley leave", "what time does the bus to oakley leave", "what time is the bus to oakley"],
    "train to Millbrook leaves": ["when does the train to millbrook leave", "what time is the train to millbrook"],
    "train to Millbrook platform": ["which platform for the train to millbrook", "which platform does the train to millbrook leave from"],
    "wifi password": ["what is the wifi password", "can you tell me the wifi password"],
}
OPENERS = ["", "", "excuse me ", "hello ", "hi ", "hi there ", "sorry ", "please ", "good morning ", "good afternoon ", "okay ",
           "well ", "so ", "hey ", "um ", "good evening "]
ENDINGS = ["", "", "", " please", " thanks", " thank you", " then"]


def default_facts() -> dict[str, str]:
    """Name and value of each fact line of the default facts file."""
    path = Path(__file__).resolve().parents[1] / "starter-models" / "llm" / "kiosk.txt"
    lines = [line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]
    return dict(line.split(": ", 1) for line in lines)


def heldout_questions(fact: str) -> list[str]:
    """Every wording of the question about one fact that belongs to the held-out split, shortest first."""
    wordings = {opener + way + ending for opener, way, ending in itertools.product(OPENERS, WAYS_TO_ASK[fact], ENDINGS)}
    return sorted((wording for wording in wordings if is_heldout(wording)), key=lambda wording: (len(wording), wording))


def questions(count: int, seed: int) -> list[dict]:
    """`count` distinct held-out questions with the words that a right answer contains, spread over the facts."""
    rng = random.Random(seed)
    facts = default_facts()
    pools = {fact: heldout_questions(fact) for fact in WAYS_TO_ASK}
    for pool in pools.values():
        rng.shuffle(pool)
    chosen = []
    while len(chosen) < count:
        before = len(chosen)
        for fact, pool in pools.items():
            if pool and len(chosen) < count:
                chosen.append({"text": pool.pop(), "fact": fact, "expectedFact": spoken(facts[fact])})
        if len(chosen) == before:
            raise ValueError(f"only {before} held-out questions exist, {count} were asked for")
    return chosen
