"""Colours for code, line by line: only lines that are on the screen are taken apart.

`spans` costs some 20 µs for a line of 80 characters and never looks at more than LINE_LIMIT of them. `modes` goes over
the whole text once (30 ms for each million characters: call it off the screen's loop) and tells which lines begin
inside a comment, a string or a tag that an earlier one opened. What must not move in: styles, and prettifying.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_LIMIT: Final = 4_000
"""Characters of a line that are taken apart; what follows is plain text."""

LOOKS: Final = ("key", "string", "number", "literal", "comment", "tag", "attribute", "keyword", "text", "muted")

Span = tuple[str, str]
"""Text, and its look: one of LOOKS."""


@dataclass(frozen=True, slots=True)
class _Language:
    tokens: re.Pattern[str]
    """One line's tokens; the group's name is the look, "inside" for what has tokens of its own."""
    across: re.Pattern[str] | None = None
    """What can go over several lines, and what must be skipped to find it; the group's name is a mode."""
    ends: dict[str, tuple[re.Pattern[str], str]] = field(default_factory=dict)
    """How each mode ends, and its look."""
    inside: re.Pattern[str] | None = None


def _tokens(*patterns: tuple[str, str]) -> re.Pattern[str]:
    names: dict[str, int] = {}
    parts = []
    for look, pattern in patterns:
        names[look] = names.get(look, 0) + 1
        parts.append(f"(?P<{look}_{names[look]}>{pattern})")
    return re.compile("|".join(parts), re.DOTALL)


def _words(words: str) -> str:
    return rf"\b(?:{'|'.join(words.split())})\b"


_DOUBLE = r'"(?:[^"\\\n]|\\.)*+"?'
_SINGLE = r"'(?:[^'\\\n]|\\.)*+'?"
_NUMBER = r"(?<![\w.])[-+]?(?:0[xXbBoO][\da-fA-F_]++|\d[\d_]*+(?:\.\d++)?(?:[eE][-+]?\d++)?)n?"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_BLOCK_END = re.compile(r"\*/")

_JSON: Final = _Language(
    _tokens(
        ("key", r'"(?:[^"\\]|\\.)*+"(?=\s*+:)'),
        ("string", r'"(?:[^"\\]|\\.)*+"?'),
        ("number", _NUMBER),
        ("literal", _words("true false null NaN Infinity")),
        ("muted", r"[{}\[\],:]++"),
    )
)
_JAVASCRIPT: Final = _Language(
    _tokens(
        ("comment", r"//.*+|" + _BLOCK),
        ("string", rf"{_DOUBLE}|{_SINGLE}|`(?:[^`\\]|\\.)*+`?"),
        ("number", _NUMBER),
        (
            "keyword",
            _words(
                "async await break case catch class const continue debugger default delete do else enum export extends "
                "finally for from function get if import in instanceof interface let new of return set static super "
                "switch this throw try type typeof var void while with yield"
            ),
        ),
        ("literal", _words("true false null undefined NaN Infinity")),
    ),
    re.compile(
        rf"//[^\n]*+|{_DOUBLE}|{_SINGLE}|(?P<comment>{_BLOCK})|(?P<template>`(?:[^`\\]|\\.)*+`?)",
        re.DOTALL,
    ),
    {"comment": (_BLOCK_END, "comment"), "template": (re.compile(r"(?<!\\)`"), "string")},
)
_CSS: Final = _Language(
    _tokens(
        ("comment", _BLOCK),
        ("string", rf"{_DOUBLE}|{_SINGLE}"),
        ("keyword", r"@[\w-]++|!\s*+important"),
        ("key", r"(?<![\w-])[\w-]++(?=\s*+:[^:])"),
        ("number", r"#[\da-fA-F]{3,8}\b|(?<![\w.-])[-+]?(?:\d++(?:\.\d++)?|\.\d++)(?:%|[a-zA-Z]++)?"),
        ("tag", r"[.#][\w-]++"),
        ("muted", r"[{};]++"),
    ),
    re.compile(rf"{_DOUBLE}|{_SINGLE}|(?P<comment>{_BLOCK})", re.DOTALL),
    {"comment": (_BLOCK_END, "comment")},
)
_GRAPHQL: Final = _Language(
    _tokens(
        ("comment", r"#.*+"),
        ("string", r'""".*?(?:"""|\Z)|' + _DOUBLE),
        ("attribute", r"\$\w++|@\w++"),
        ("number", _NUMBER),
        (
            "keyword",
            _words(
                "query mutation subscription fragment on schema type interface union enum input scalar directive extend"
            ),
        ),
        ("literal", _words("true false null")),
        ("key", r"\b\w++(?=\s*+:)"),
        ("muted", r"[{}()\[\]:,!|]++|\.\.\."),
    ),
    re.compile(rf'#[^\n]*+|(?P<string>""".*?(?:"""|\Z))|{_DOUBLE}', re.DOTALL),
    {"string": (re.compile('"""'), "string")},
)
_PYTHON: Final = _Language(
    _tokens(
        ("comment", r"#.*+"),
        (
            "string",
            rf"\b[rbfuRBFU]{{0,2}}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|{_DOUBLE}|{_SINGLE})"
            rf"|'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|{_DOUBLE}|{_SINGLE}",
        ),
        ("attribute", r"(?<!\S)@[\w.]++"),
        ("number", _NUMBER),
        (
            "keyword",
            _words(
                "and as assert async await break class continue def del elif else except finally for from global if "
                "import in is lambda match nonlocal not or pass raise return try while with yield"
            ),
        ),
        ("literal", _words("True False None")),
    ),
    re.compile(
        rf"#[^\n]*+|(?P<single>'''.*?(?:'''|\Z))|(?P<double>\"\"\".*?(?:\"\"\"|\Z))|{_DOUBLE}|{_SINGLE}",
        re.DOTALL,
    ),
    {"single": (re.compile("'''"), "string"), "double": (re.compile('"""'), "string")},
)
_YAML: Final = _Language(
    _tokens(
        ("comment", r"(?<!\S)#.*+"),
        ("key", r"^[\s-]*+[^\s:#\"'{}\[\]][^:#\"'{}\[\]]*+(?=:(?:\s|$))"),
        ("string", rf"{_DOUBLE}|{_SINGLE}"),
        ("literal", _words("true false null yes no")),
        ("number", _NUMBER + r"(?![\w.:-])"),
        ("muted", r"[{}\[\],]++|^---"),
    )
)
_MARKUP: Final = _Language(
    _tokens(
        ("comment", r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"),
        ("inside", r"</?[A-Za-z!_:](?:[^<>\"']|\"[^\"]*+\"?|'[^']*+'?)*+>?"),
        ("literal", r"&[#\w]{1,30};"),
    ),
    re.compile(
        r"(?P<comment><!--.*?(?:-->|\Z))|(?P<instruction><\?.*?(?:\?>|\Z))|(?P<data><!\[CDATA\[.*?(?:\]\]>|\Z))"
        r"|(?P<tag></?[A-Za-z!_:](?:[^<>\"']|\"[^\"<]*+\"?|'[^'<]*+'?)*+>?)",
        re.DOTALL,
    ),
    {
        "comment": (re.compile("-->"), "comment"),
        "instruction": (re.compile(r"\?>"), "comment"),
        "data": (re.compile("]]>"), "comment"),
        "tag": (re.compile(r">"), "inside"),
    },
    _tokens(
        ("muted", r"[<>/=]++"),
        ("tag", r"(?<=[</])[^\s<>/=\"']++"),
        ("string", r"\"[^\"]*+\"?|'[^']*+'?|(?<==)[^\s<>\"']++"),
        ("attribute", r"[^\s<>/=\"']++"),
    ),
)

_LANGUAGES: Final[dict[str, _Language]] = {
    "json": _JSON,
    "javascript": _JAVASCRIPT,
    "css": _CSS,
    "graphql": _GRAPHQL,
    "python": _PYTHON,
    "yaml": _YAML,
    "html": _MARKUP,
    "xml": _MARKUP,
}


def spans(language: str, line: str, mode: str = "") -> list[Span]:
    """The line in pieces with their looks; joined, they are the line. `mode` is what `modes` says of the line."""
    known = _LANGUAGES.get(language)
    if known is None or not line:
        return [(line, "text")] if line else []
    head, rest = line[:LINE_LIMIT], line[LINE_LIMIT:]
    found: list[Span] = []
    start = 0
    if mode in known.ends:
        end, look = known.ends[mode]
        match = end.search(head)
        start = match.end() if match else len(head)
        found += _pieces(known, known.inside, head[:start]) if look == "inside" else [(head[:start], look)]
    found += _pieces(known, known.tokens, head[start:])
    return [*found, (rest, "text")] if rest else found


def _pieces(known: _Language, tokens: re.Pattern[str] | None, text: str) -> list[Span]:
    found: list[Span] = []
    at = 0
    for match in tokens.finditer(text) if tokens is not None else ():
        if match.start() > at:
            found.append((text[at : match.start()], "text"))
        at = match.end()
        look = (match.lastgroup or "text_").rpartition("_")[0]
        if look == "inside":
            found += _pieces(known, known.inside, match[0])
        elif match[0]:
            found.append((match[0], look))
    if at < len(text):
        found.append((text[at:], "text"))
    return found


def modes(language: str, lines: Sequence[str]) -> dict[int, str]:
    """Which lines begin inside something opened on an earlier one: their indexes, and the mode to give to `spans`."""
    known = _LANGUAGES.get(language)
    if known is None or known.across is None or len(lines) < 2:
        return {}
    text = "\n".join(lines)
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    found: dict[int, str] = {}
    for match in known.across.finditer(text):
        mode = match.lastgroup
        if mode is not None and "\n" in match[0]:
            first, last = bisect_right(starts, match.start()), bisect_right(starts, match.end() - 1)
            found.update(dict.fromkeys(range(first, min(last, len(lines))), mode))
    return found
