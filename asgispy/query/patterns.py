"""What a text is compared with: a part, the whole, wildcards, or a regular expression. Nothing here minds case.

Texts are hostile, and expressions may be written without care: wildcards take linear time, expressions whose nested
repetitions could take forever are refused, and others see a long text in pieces and for a limited time.
What must not move in: fields, and where texts come from.
"""

from __future__ import annotations

import re
import time
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from asgispy.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

PART: Final = "part"
WHOLE: Final = "whole"
WILDCARDS: Final = "wildcards"
ANCHORED: Final = "anchored"
EXPRESSION: Final = "expression"

LONGEST: Final = 500
"""Characters that a regular expression may have."""
PIECES: Final = (16_384, 4_096, 1_024, 128)
"""Characters that an expression sees at a time, by how many open repetitions it has: each multiplies its time."""
TIME_LIMIT: Final = 0.5
"""Seconds after which an expression gives up on one text."""


@dataclass(frozen=True)
class Pattern:
    """One thing to look for in a text."""

    form: str
    """PART, WHOLE, WILDCARDS (a part), ANCHORED (wildcards for the whole) or EXPRESSION."""
    text: str

    @cached_property
    def ascii(self) -> bool:
        """Whether comparing can leave all but ASCII letters as they are, as SQLite does."""
        return self.text.isascii()

    @cached_property
    def folded(self) -> str:
        """The text as it is compared."""
        return fold(self.text, ascii_only=self.ascii)

    @cached_property
    def _pieces(self) -> list[re.Pattern[str]]:
        """What stands between the asterisks."""
        return [_piece(part) for part in self.folded.split("*") if part]

    @cached_property
    def _expression(self) -> tuple[re.Pattern[str], int]:
        return _compiled(self.text), PIECES[min(_repetitions(self.text), len(PIECES) - 1)]

    def found(self, text: str) -> bool:
        """Whether it is found in this text."""
        if self.form == EXPRESSION:
            return self._search(text)
        text = fold(text, ascii_only=self.ascii)
        match self.form:
            case "part":
                return self.folded in text
            case "whole":
                return self.folded == text
            case _:
                return self._wildcards(text)

    def _wildcards(self, text: str) -> bool:
        pieces, at = self._pieces, 0
        if self.form == ANCHORED and pieces and not self.folded.endswith("*"):
            # The last one is bound to the end; what stands before it must leave room.
            length = len(self.folded.rpartition("*")[2])
            if len(text) < length or not pieces[-1].match(text, len(text) - length):
                return False
            if len(pieces) == 1 and "*" not in self.folded:
                return len(text) == length
            pieces, text = pieces[:-1], text[: len(text) - length]
        for number, piece in enumerate(pieces):
            bound = number == 0 and self.form == ANCHORED and not self.folded.startswith("*")
            found = piece.match(text) if bound else piece.search(text, at)
            if found is None:
                return False
            at = found.end()
        return True

    def _search(self, text: str) -> bool:
        expression, size = self._expression
        if len(text) <= size:
            return expression.search(text) is not None
        deadline = time.monotonic() + TIME_LIMIT
        for piece in _in_pieces(text, size):
            if expression.search(piece):
                return True
            if time.monotonic() > deadline:
                return False
        return False


def fold(text: str, *, ascii_only: bool) -> str:
    """The text without its case: of ASCII letters only, or of all."""
    if not ascii_only:
        return text.casefold()
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _piece(part: str) -> re.Pattern[str]:
    return re.compile("".join("." if char == "?" else re.escape(char) for char in part), re.DOTALL)


def _in_pieces(text: str, size: int) -> Iterator[str]:
    """Lines as they are; of longer ones, pieces that overlap by a quarter."""
    at = 0
    while at < len(text):
        end = at + size
        line_end = text.rfind("\n", at, end)
        if line_end > at and end < len(text):
            yield text[at:line_end]
            at = line_end + 1
        else:
            yield text[at:end]
            at = end - size // 4 if end < len(text) else end


def check_expression(text: str, position: int) -> None:
    """Raise QueryError for an expression that is wrong, too long, or could take forever."""
    if len(text) > LONGEST:
        raise QueryError("the regular expression is too long", position, f"it may have {LONGEST} characters")
    try:
        _compiled(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise QueryError(f"the regular expression is wrong: {error}"[:160], position, "check it") from None
    if _repetitions(text) >= len(PIECES):
        hint = "use wildcards, or bound repetitions as in {0,9}"
        raise QueryError("this regular expression could take forever", position, hint)


@lru_cache(256)
def _compiled(text: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about nested sets; they would be printed into the screen
        return re.compile(text, re.IGNORECASE)


_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?[^):]*:?)?|\)|\||[*+?]\??|\{(\d*)(,?)(\d*)\}|[^\\]", re.DOTALL
)
_FEW: Final = 16
"""A bounded repetition up to this is not an open one."""
ENDLESS: Final = 1_000


@lru_cache(256)
def _repetitions(text: str) -> int:
    """How many open repetitions an expression has; ENDLESS when one stands inside another."""
    count = 0
    groups = [False]
    """For the whole and each open group: whether it holds a repetition or alternatives."""
    closed = False
    """Whether the last token closed a group that does."""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token.startswith("(") and len(token) >= 1:
            groups.append(False)
            closed = False
        elif token == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif token == "|":
            groups[-1], closed = True, False
        elif token[0] in "*+" or (token[0] == "{" and len(token) > 2):
            most = ENDLESS if token[0] in "*+" or (found[2] and not found[3]) else int(found[3] or found[1] or 0)
            if closed and most > 1:
                return ENDLESS
            count += most > _FEW
            groups[-1] = groups[-1] or most > 1
            closed = False
        elif token[0] != "?":
            closed = False
    return count
