"""The registry of views: which of them suit a body, best first, and a body shown by one of them.

Types are believed only as far as the content agrees. Nothing here raises: a broken body is shown raw, with a note that
says why. `show` takes up to a second for the largest bodies that are decoded: call it in a thread.
What must not move in: decoding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.body import Plain, media_type
from asgispy.analysis.content.encoding import OUTPUT_LIMIT, plain_body
from asgispy.analysis.content.parts import Content, Unreadable
from asgispy.analysis.content.table import TABLE
from asgispy.analysis.content.text import is_text, joined, show_hex
from asgispy.analysis.content.view import DOUBTED, LAST, READABLE
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Body
    from asgispy.analysis.content.view import View

SAMPLE: Final = 64 * 1024
"""Bytes that are looked at to choose a view."""

VIEWS: Final[dict[str, View]] = {view.name: view for view in TABLE}
"""Every view by its name."""


def views_for(body: Body) -> list[str]:
    """The names of the views that suit a body, best first; hex is always among them. Quick; never raises."""
    return _suitable(_opened(body, SAMPLE))


def show(body: Body, view: str | None = None) -> Content:
    """The body in a view, by default the one that suits it best, and raw where that fails. Never raises."""
    return _shown(body, _opened(body, OUTPUT_LIMIT), view)


def show_nested(body: Body, carried: dict[str, str]) -> Content:
    """The same for a body inside another; what is carried joins the parameters of its content type."""
    plain = _opened(body, OUTPUT_LIMIT)
    return _shown(body, replace(plain, parameters=plain.parameters | carried), None)


def _shown(body: Body, plain: Plain, view: str | None) -> Content:
    if not plain.data:
        return Content("text", "Empty", (), joined(plain.note, _missing(body)))
    beginning = replace(plain, data=plain.data[:SAMPLE], complete=plain.complete and len(plain.data) <= SAMPLE)
    names = _suitable(beginning)
    if view in VIEWS:
        names = [view, *(name for name in names if name in ("text", "hex"))]
    reasons: list[str] = []
    for name in names:
        content = _attempt(VIEWS[name], plain)
        if isinstance(content, Content):
            wrong = "" if view else _disagreement(VIEWS[name], beginning)
            return replace(content, note=joined(plain.note, *reasons, wrong, content.note, _missing(body)))
        if (view or VIEWS[name].declared(plain.media)) and content not in reasons:
            reasons.append(content)
    return replace(show_hex(plain), note=joined(plain.note, *reasons))


def _opened(body: Body, most: int) -> Plain:
    """The body without its encoding, at most `most` bytes of it."""
    media, parameters = media_type(body.content_type)
    if body.encoding:
        data, note = plain_body(body.data, body.encoding, most)
        whole = len(data) < most and not note
    else:
        data, note = body.data, ""
        if most < OUTPUT_LIMIT:
            data = data[:most]
        whole = len(data) == len(body.data)
    complete = body.complete and len(body.data) >= body.size and whole
    return Plain(data, media, parameters, complete, body.text, note, body.size, body.most)


def _suitable(plain: Plain) -> list[str]:
    ranks = {view.name: _rank(view, plain) for view in TABLE}
    readable = is_text(plain.data, plain.charset)
    ranks["text"] = READABLE if readable else 0
    ranks["hex"] = LAST
    return sorted((name for name, rank in ranks.items() if rank), key=lambda name: -ranks[name])


def _rank(view: View, plain: Plain) -> int:
    try:
        return view.matches(plain)
    except Exception:  # the same as below, for the look at the beginning
        return 0


def _attempt(view: View, plain: Plain) -> Content | str:
    """What the view shows, or why it can't."""
    try:
        return view.show(plain)
    except Unreadable as error:
        return str(error)
    except Exception as error:  # data is hostile: a decoder's mistake must cost this view, never the screen
        return f"not shown as {view.title}: {type(error).__name__}"


def _disagreement(view: View, beginning: Plain) -> str:
    if not beginning.media or view.name in ("text", "hex") or view.declared(beginning.media):
        return ""
    if _rank(view, beginning) <= DOUBTED:
        return ""
    return f"declared as {beginning.media[:60]}, but it looks like {view.title}"


def _missing(body: Body) -> str:
    if body.size > len(body.data):
        return f"cut when recorded: {format_size(len(body.data))} of {format_size(body.size)} kept"
    return "" if body.complete else "not all of it has come"
