"""What the chatters of the demo's traffic say.

Owns: names and sentences. What must not move in: when to say them.
"""

from random import Random

NAMES = ("Ada", "Grace", "Alan")

_PATTERNS = (
    "Has anybody seen the {thing}?",
    "I left the {thing} {place}.",
    "The {thing} {place} is {state} again.",
    "Good {time}, everyone!",
    "My {thing} is {state}, and yours?",
    "Who put a {thing} {place}?",
    "{place_up} it is {state} this {time}.",
    "Yes.",
    "Not before this {time}, I think.",
    "Let us meet {place} and look at the {thing}. I will bring cake, if there is still some left by then.",
    "Grüße aus der Küche ☕",
    "ok 👍",
)
_WORDS = {
    "thing": ("teapot", "red notebook", "scope", "ladder", "event loop", "umbrella", "second cup", "map"),
    "place": ("in the kitchen", "under the stairs", "by the river", "on the roof", "next to the server"),
    "state": ("empty", "quiet", "upside down", "surprisingly warm", "out of order", "wonderful"),
    "time": ("morning", "afternoon", "evening", "hour"),
}


def sentence(random: Random) -> str:
    """Something to say."""
    words = {kind: random.choice(choices) for kind, choices in _WORDS.items()}
    return random.choice(_PATTERNS).format(**words, place_up=words["place"].capitalize())
