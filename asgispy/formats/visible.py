"""Recorded text for formats that people read: what can't be seen, or lies about what is seen, is written out.

Control characters, bidirectional controls, characters of no width and lone surrogates become escapes such as `\\u202e`.
What must not move in: quoting of any format.
"""

from __future__ import annotations


def visible_line(text: str) -> str:
    """The text on one line; line ends and tabs are escapes too."""
    if text.isprintable():
        return text
    return "".join([each if each.isprintable() else _escape(each) for each in text])


def visible_text(text: str) -> str:
    """The same with its lines and tabs; every way to end a line becomes a newline."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join([each if each.isprintable() or each in "\n\t" else _escape(each) for each in text])


def _escape(character: str) -> str:
    return " " if character == "\xa0" else character.encode("unicode_escape").decode()
