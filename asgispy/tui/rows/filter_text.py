"""What is said about a filter while it is typed: whether it is right, what it means or where it goes wrong. Pure.

What must not move in: the language (query), the input itself (widgets/filter_bar).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text

from asgispy.errors import QueryError
from asgispy.query.complete import Completion, Option, complete
from asgispy.tui.present import count_text
from asgispy.tui.rows.filtering import parse_filter
from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.query.query import Query
    from asgispy.tui.feed import Feed
    from asgispy.tui.rows.filtering import SeenValues
    from asgispy.tui.theme import Palette

CARET: Final = "^"
_WORDS: Final = (
    (re.compile(r'"(?:[^"\\]|\\.)*"?'), "string"),
    (re.compile(r"(?<![\w.])[A-Za-z][\w.]*(?=[:~<>])"), "link"),
    (re.compile(r"(?<![\w.@:])(?:and|or|not|AND|OR|NOT)(?![\w.:])"), "wait"),
    (re.compile(r"(?<![^\s(\-])@[\w.\-]+"), "socket"),
)
_AT_SAVED: Final = re.compile(r"(?:^|(?<=[\s(\-]))@([\w.\-]*)$")
_WRONG: Final = Style(bold=True, underline=True, reverse=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about a text."""

    query: Query | None
    """None when it is wrong."""
    says: str
    """What it means, or what is wrong."""
    position: int | None = None
    """The character at which it goes wrong, from 0."""

    @property
    def word(self) -> str:
        """Whether it is right, for all who see no colours."""
        return "✓ valid" if self.query is not None else "✗ wrong"

    def note(self, width: int, before: int) -> str:
        """The line under the input, which has `before` cells in front of its text: a caret shows where it is wrong."""
        if self.position is None:
            return f"{' ' * before}{self.says}"
        caret = before + self.position
        if caret + 2 + len(self.says) <= width:
            return f"{' ' * caret}{CARET} {self.says}"
        return f"{' ' * before}at character {self.position + 1}: {self.says}"


def judge(text: str, saved: Mapping[str, str]) -> Verdict:
    """What is to be said about a filter."""
    try:
        query = parse_filter(text, saved)
    except QueryError as error:
        return Verdict(
            None, f"{error.message}{'; ' + error.hint if error.hint else ''}", min(error.position, len(text))
        )
    return Verdict(
        query, query.explain() if not query.empty else "fields such as status:5xx, or any word; tab completes"
    )


def completion(text: str, cursor: int, seen: SeenValues, saved: Mapping[str, str]) -> Completion:
    """What could stand at the cursor: fields, values seen, and saved filters after an @."""
    found = _AT_SAVED.search(text[:cursor])
    if found is None:
        return complete(text, cursor, seen)
    name = found.group(1)
    options = [Option(f"@{each}", query) for each, query in sorted(saved.items()) if each.startswith(name)]
    return Completion(found.start(), cursor, options)


def wanted_option(text: str, found: Completion) -> bool:
    """Whether an option would change the text: what is typed to its end needs no help."""
    return any(option.text != text[found.start : found.end] for option in found.options)


class FilterHighlighter(Highlighter):
    """Colours the parts of a filter, and marks the character at which it goes wrong."""

    def __init__(self) -> None:
        self.palette: Palette | None = None
        self.wrong_at: int | None = None

    def highlight(self, text: Text) -> None:
        """Style the text in place; a filter made from a path may hold what must not reach the terminal."""
        text.plain = clean(text.plain)
        palette = self.palette
        if palette is None:
            return
        for pattern, look in _WORDS:
            for found in pattern.finditer(text.plain):
                text.stylize(getattr(palette, look), *found.span())
        if self.wrong_at is not None:
            at = min(self.wrong_at, max(0, len(text.plain) - 1))
            text.stylize(palette.bad + _WRONG, at, at + 1)


def progress_text(feed: Feed) -> str:
    """How far the search for rows has come; empty when there is none."""
    progress = feed.progress
    if progress is None:
        return ""
    scanned, total = progress
    if feed.query is None:
        return "sorting…"
    return f"filtering {count_text(scanned)} of {count_text(total)}"


def matching_text(feed: Feed) -> str:
    """How many connections match."""
    return f"{count_text(feed.arrangement.matching)} of {count_text(feed.extent.connections)} match"


def resting_line(feed: Feed, palette: Palette, width: int) -> Text:
    """The one line of a filter that is not being changed."""
    text = Text(" / ", palette.link, no_wrap=True, overflow="ellipsis", end="")
    on = feed.filter_on
    text.append(clean(feed.filter_text), palette.text if on else palette.faint)
    if feed.arrangement.error and on:
        said, look = f"✗ {clean(feed.arrangement.error)}", palette.bad
    elif on:
        said, look = progress_text(feed) or matching_text(feed), palette.muted
    else:
        said, look = "off: \\ switches it on", palette.warn
    meaning = clean(feed.arrangement.query.explain()) if feed.arrangement.query is not None else ""
    room = width - text.cell_len - len(said) - 6
    if on and len(meaning) <= room:
        text.append(f"   {meaning}", palette.muted)
    text.append(" " * max(2, width - text.cell_len - len(said) - 1))
    text.append(said, look)
    return text
