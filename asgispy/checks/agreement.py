"""Whether a message of a response agrees with what came before it: the request, the start, what was advertised.

What must not move in: order (http), and what a message says by itself (response, extensions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.checks.http import HttpCheck
    from asgispy.checks.messages import Shape
    from asgispy.checks.response import Body, Start
    from asgispy.checks.rule import Fault

ORDERED: Final = frozenset({"http.body-too-long", "http.body-too-short"})
"""Rules that can't be judged when events are missing."""
ONCE: Final = frozenset({"http.body-on-head", "ext.trailers.not-announced-in-header"})
"""Rules of which the first time on a connection tells everything."""

_BODILESS: Final = frozenset({204, 304})
_CONTENTLESS: Final = frozenset({204, 205, 304})


def agreement_faults(check: HttpCheck, shape: Shape) -> Iterable[Fault]:
    """What a well-formed message breaks here."""
    judge = _JUDGES.get(shape.type)
    return judge(check, shape.facts) if judge is not None else ()


def _start(check: HttpCheck, start: Start) -> Iterable[Fault]:
    return _announced_trailers(check) if start.trailers else ()


def _announced_trailers(check: HttpCheck) -> Iterator[Fault]:
    if "http.response.trailers" not in check.extensions:
        text = "trailers are announced, but the server does not advertise 'http.response.trailers'"
        yield "ext.trailers.flag-not-advertised", text
    elif not any(b"trailers" in value.lower() for value in check.request.values(b"te")):
        yield "ext.trailers.te-missing", "trailers are announced, but the request has no 'te: trailers'"


def _body(check: HttpCheck, body: Body) -> Iterable[Fault]:
    start = check.start
    if start is None:
        return ()
    if start.length is None and check.method != "HEAD" and start.status not in _CONTENTLESS:
        return ()
    return _body_faults(check, body, start)


def _body_faults(check: HttpCheck, body: Body, start: Start) -> Iterator[Fault]:
    if check.method == "HEAD":
        if body.size:
            yield "http.body-on-head", f"a body of {body.size} bytes was sent for HEAD"
    elif start.status in _BODILESS:
        if body.size:
            yield "http.body-on-no-content", f"a body of {body.size} bytes was sent with status {start.status}"
    else:
        if start.status == 205 and body.size:
            yield "http.body-on-reset-content", f"a body of {body.size} bytes was sent with status 205"
        if start.length is not None and not check.uncounted:
            yield from _length(start.length, check.sent_bytes + body.size, body, tainted=check.tainted)


def _length(announced: int, total: int, body: Body, *, tainted: bool) -> Iterator[Fault]:
    if total > announced:
        yield "http.body-too-long", f"content-length is {announced}, but the body has {total} bytes so far"
    elif total < announced and not body.more and not tainted:
        yield "http.body-too-short", f"content-length is {announced}, but the body has {total} bytes"


def _trailers(check: HttpCheck, trailers: Any) -> Iterator[Fault]:
    names = {name for name, _ in trailers.headers}
    announced = check.start.get(b"trailer").lower() if check.start is not None else b""
    unnamed = sorted(name for name in names if name not in announced)
    if unnamed:
        name = unnamed[0][:40].decode("latin-1")
        yield "ext.trailers.not-announced-in-header", f"the start had no 'trailer' header that names {name!r}"


def _pathsend(check: HttpCheck, facts: Any) -> Iterator[Fault]:
    if check.start is None:
        return
    absent = [name for name in ("content-length", "content-type") if not check.start.get(name.encode())]
    if absent:
        yield "ext.pathsend.headers", f"a file was sent without {' and '.join(absent)}"


def _debug(check: HttpCheck, facts: Any) -> Iterator[Fault]:
    check.debugs += 1
    if check.debugs > 1:
        yield "ext.debug.repeated", "http.response.debug was sent a second time"


_JUDGES: Final[dict[str, Callable[[HttpCheck, Any], Iterable[Fault]]]] = {
    "http.response.start": _start,
    "http.response.body": _body,
    "http.response.trailers": _trailers,
    "http.response.pathsend": _pathsend,
    "http.response.debug": _debug,
}


def file_faults(check: HttpCheck, file: Any) -> Iterator[Fault]:
    """What the probe's look at a file that is sent breaks: {"path": …, "size": bytes or None}."""
    if type(file) is not dict or check.start is None:
        return
    size = file.get("size")
    if size is None:
        yield "ext.pathsend.file-missing", f"there was no file {str(file.get('path'))[:80]!r} when it was sent"
        return
    announced = check.start.length
    rewritten = check.start.get(b"content-range") or check.start.get(b"content-encoding")
    if announced is not None and announced != size and not rewritten:
        yield "ext.pathsend.length-differs", f"content-length is {announced}, but the file has {size} bytes"
