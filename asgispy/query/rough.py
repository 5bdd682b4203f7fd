"""What SQLite can tell of terms that need events: which connections can't match, from the bytes as they are stored.

Encoded values hold texts and bytes as they are, so that a word which stands nowhere in them is nowhere in the data
either, unless the data has another form than its bytes: compressed, escaped, in several parts. Such a connection is
always taken in. What must not move in: whether a connection does match (conditions).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.query.conditions import Pairs
from asgispy.query.patterns import PART, WHOLE

if TYPE_CHECKING:
    from asgispy.query.conditions import Texts
    from asgispy.query.patterns import Pattern

LARGE: Final = 2_000_000
"""Bytes from which on a value is not looked through."""
_UNREAD: Final = b"\\"

_STORED: Final = f"(SELECT iif(length(data) > {LARGE}, x'5c', data) FROM blobs WHERE blobs.id = {{0}})"
_VALUE: Final = f"iif(typeof({{0}}) = 'integer', {_STORED}, {{0}})"
_IN_SCOPE: Final = f"asgispy_stored({_VALUE.format('scope')}, ?, {{0}})"
_IN_EVENTS: Final = (
    "EXISTS (SELECT 1 FROM events WHERE connection = connections.id AND "
    f"asgispy_stored({_VALUE.format('message')}, ?, {{0}}))"
)
_OTHER_FORM: Final = (b"\\", b"content-encoding", b"x-www-form-urlencoded", b"utf-16")
_MORE: Final = re.compile(rb"more_body[^\xc2]")
"""Signs that data is not what its bytes say: escapes, compression, a form, another charset; and more parts."""

_PLACES: Final = {
    "header": (True, True),
    "request.header": (True, False),
    "response.header": (False, True),
    "cookie": (True, False),
}
"""Whether the scope and the messages have to be looked through."""


def stored(value: Any, word: Any, data: int) -> bool:
    """Whether an encoded value can hold a word; `data`: of bodies and messages, which may have another form."""
    if not isinstance(value, bytes) or not isinstance(word, str):
        return False
    lowered = value.lower()
    if word.encode() in lowered or value == _UNREAD:
        return True
    return data == 1 and (any(sign in lowered for sign in _OTHER_FORM) or _MORE.search(lowered) is not None)


def possible(condition: Texts | Pairs) -> tuple[str, tuple[str, ...]] | None:
    """A condition, and its values, that holds of every connection that matches; None when there is none."""
    if isinstance(condition, Pairs):
        word = _word(condition.name, WHOLE)
        if word is None or condition.field not in _PLACES:
            return None
        scope, events = _PLACES[condition.field]
        parts = [_IN_SCOPE.format(0)] * scope + [_IN_EVENTS.format(0)] * events
        return f"({' OR '.join(parts)})", (word,) * len(parts)
    words = [_word(pattern, PART) for pattern in condition.patterns]
    if None in words:
        return None
    sql = " OR ".join([_IN_SCOPE.format(1), _IN_EVENTS.format(1)] * len(words))
    return f"({sql})", tuple(word for word in words if word is not None for _ in range(2))


def _word(pattern: Pattern, form: str) -> str | None:
    """The word that has to stand somewhere; None when it can't be looked for in bytes."""
    # A colon or a space at the beginning may be the one between a header's name and its value.
    plain = pattern.form == form and pattern.ascii and ":" not in pattern.text and not pattern.text.startswith(" ")
    return pattern.folded if plain else None
