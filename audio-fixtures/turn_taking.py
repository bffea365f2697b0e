"""Fixtures for turn-taking: pauses inside a question, barge-in, backchannels, two questions in a row, and no speech at all."""

import numpy as np

from questions import default_facts, spoken
from sounds import music, room
from voices import Voice, audible_span

LEAD_MS, TAIL_MS = 300, 700
SPEAKER, OTHER = Voice("espeak", "en-us+m3"), Voice("flite", "awb")
SAMPLE_RATE = 16000

# Text pieces and the pause in milliseconds after each piece but the last.
PAUSED = [
    (["how do i get", "to the accessible toilet"], [300], "accessible toilet where"),
    (["what time does the museum", "close today"], [500], "museum closes"),
    (["excuse me i wanted to ask", "how much is", "a family ticket"], [600, 400], "family ticket price"),
    (["when does the bus", "to oakley leave"], [700], "bus to Oakley leaves"),
    (["so the guided tour", "where does it meet"], [900], "guided tour meets"),
]
BARGE_INS = ["stop", "no wait", "hold on", "no i meant the museum", "stop where is the toilet", "wait what about sunday", "never mind", "be quiet please"]
BACKCHANNELS = ["mm hm", "uh huh", "yeah", "okay", "right", "i see"]
CONVERSATION = [("how much is a coffee", "coffee price"), ("and how much is the apple cake", "apple cake price")]
CONVERSATION_GAP_MS = 6000


def silence(ms: float) -> np.ndarray:
    return np.zeros(round(SAMPLE_RATE * ms / 1000))


def joined(texts: list[str], gaps_ms: list[int], voice: Voice, spoken_at) -> tuple[np.ndarray, list[dict]]:
    """Pieces of speech with scripted silences between them, and each piece's place."""
    parts, segments, place = [silence(LEAD_MS)], [], len(silence(LEAD_MS))
    for text, gap_ms in zip(texts, [*gaps_ms, TAIL_MS]):
        samples, _ = spoken_at(text, voice, SAMPLE_RATE)
        first, end = audible_span(samples)
        samples = samples[first:end]
        segments.append({"text": text, "startMs": place * 1000 / SAMPLE_RATE, "endMs": (place + len(samples)) * 1000 / SAMPLE_RATE})
        parts += [samples, silence(gap_ms)]
        place += len(samples) + len(parts[-1])
    return np.concatenate(parts), [{**segment, "startMs": round(segment["startMs"], 2), "endMs": round(segment["endMs"], 2)} for segment in segments]


def spoken_fixture(kind: str, number: int, texts: list[str], gaps_ms: list[int], voice: Voice, write, spoken_at, facts: list[str]) -> dict:
    samples, segments = joined(texts, gaps_ms, voice, spoken_at)
    pauses = [{"startMs": before["endMs"], "endMs": after["startMs"]} for before, after in zip(segments, segments[1:])]
    expected = [spoken(default_facts()[fact]) for fact in facts]
    return {
        **write(f"{kind}-{number:02d}", samples, SAMPLE_RATE, flac=kind == "conversation"), "kind": kind, "voice": voice.label, "snrDb": None, "noise": None,
        "transcript": " ".join(texts), "fact": facts[0] if len(facts) == 1 else None, "expectedFact": expected[0] if len(expected) == 1 else None,
        **({"expectedFacts": expected} if len(expected) > 1 else {}),
        "speechStartMs": segments[0]["startMs"], "speechEndMs": segments[-1]["endMs"], "segments": segments, "pauses": pauses, "wordTimings": None,
    }


def speechless(name: str, samples: np.ndarray, write) -> dict:
    return {
        **write(name, samples, SAMPLE_RATE, flac=True), "kind": name, "voice": None, "snrDb": None, "noise": name, "transcript": "",
        "fact": None, "expectedFact": None, "speechStartMs": None, "speechEndMs": None, "wordTimings": None,
    }


def fixtures(write, spoken_at) -> list[dict]:
    entries = []
    for number, (texts, gaps_ms, fact) in enumerate(PAUSED, 1):
        entries.append(spoken_fixture("mid-pause", number, texts, gaps_ms, SPEAKER, write, spoken_at, [fact]))
    for number, text in enumerate(BARGE_INS, 1):
        entries.append(spoken_fixture("barge-in", number, [text], [], (SPEAKER, OTHER)[number % 2], write, spoken_at, []))
    for number, text in enumerate(BACKCHANNELS, 1):
        entries.append(spoken_fixture("backchannel", number, [text], [], (SPEAKER, OTHER)[number % 2], write, spoken_at, []))
    texts, facts = zip(*CONVERSATION)
    entries.append(spoken_fixture("conversation", 1, list(texts), [CONVERSATION_GAP_MS], OTHER, write, spoken_at, list(facts)))
    count = SAMPLE_RATE * 20
    rng = np.random.default_rng(7)
    entries.append(speechless("room-noise", room(count, SAMPLE_RATE, rng) * 10 ** (-40 / 20), write))
    entries.append(speechless("music", music(count, SAMPLE_RATE, rng), write))
    entries.append(speechless("silence", np.zeros(SAMPLE_RATE * 5), write))
    return entries
