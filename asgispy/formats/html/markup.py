"""HTML out of recorded text: everything recorded passes through `escaped`, so that it is text and nothing else.

What must not move in: what a page looks like and says.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from asgispy.formats.visible import visible_line, visible_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """One line of text, for elements and for attributes in double quotes."""
    return escape(visible_line(str(text)))


def escaped_lines(text: str) -> str:
    """The same with its lines."""
    return escape(visible_text(text))


def element(tag: str, inside: str, kind: str = "") -> str:
    """An element around HTML, of a class."""
    named = f' class="{kind}"' if kind else ""
    return f"<{tag}{named}>{inside}</{tag}>"


def pairs_table(pairs: Iterable[tuple[str, str]], kind: str = "pairs") -> str:
    """Names and values, as a table; empty without any."""
    rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(value)}</td></tr>" for name, value in pairs)
    return f'<table class="{kind}">{rows}</table>' if rows else ""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], aligned: str, kind: str = "") -> str:
    """A table of cells that are HTML already; `aligned` has a letter for each column: l, r, or w (takes the room)."""
    marks = [f' class="{each}"' for each in aligned]
    head = "".join(f"<th{mark}>{title}</th>" for mark, title in zip(marks, titles, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{mark}>{cell}</td>' for mark, cell in zip(marks, cells, strict=True))}</tr>"
        for cells in rows
    )
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def percent(part: float, whole: float) -> str:
    """A share as CSS has it, within 0 and 100 %."""
    return f"{min(100.0, max(0.0, 100 * part / whole if whole else 0.0)):.4g}%"
