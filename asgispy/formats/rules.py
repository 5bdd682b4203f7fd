"""The rules of the catalogue as text, JSON and Markdown.

What must not move in: the rules themselves (checks/catalogue).
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.checks.catalogue import RULES
from asgispy.model.finding import LEVEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.checks.rule import Rule

WIDTH: Final = 100
NARROWEST: Final = 20
NOT_SEEN: Final = "What can not be seen"


def matching(pattern: str) -> list[Rule]:
    """The rules whose id is the pattern, begins with it, or matches it where it has `*`."""
    if pattern in RULES:
        return [RULES[pattern]]
    wild = pattern if "*" in pattern else f"{pattern}*"
    return [rule for rule in RULES.values() if fnmatchcase(rule.id, wild)]


def rules_text(rules: Iterable[Rule]) -> str:
    """A line for each rule."""
    chosen = list(rules)
    width = max((len(rule.id) for rule in chosen), default=0)
    lines = [f"{rule.id:{width}}  {LEVEL_NAMES[rule.level]:7}  {rule.owner:6}  {rule.title}" for rule in chosen]
    return "\n".join(lines) + "\n"


def explained(rule: Rule, width: int = WIDTH) -> str:
    """Everything about one rule, in lines of at most so many characters."""
    parts = [
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("Servers", rule.practice),
        ("Profile", "told under the strict profile only" if rule.strict else ""),
        ("Unseen", rule.blind),
        ("Source", rule.spec),
    ]
    width = max(width, NARROWEST)
    head = textwrap.wrap(f"{rule.id}: {LEVEL_NAMES[rule.level]}, owner {rule.owner}", width)
    lines = [*head, *textwrap.wrap(f"{rule.title}.", width), ""]
    for name, text in parts:
        if text:
            lines += textwrap.wrap(text, width, initial_indent=f"{name:8}", subsequent_indent=" " * 8)
    return "\n".join(lines) + "\n"


def rules_json(rules: Iterable[Rule]) -> str:
    """A JSON array with everything about each rule."""
    return msgspec.json.format(msgspec.json.encode([_plain(rule) for rule in rules])).decode() + "\n"


def _plain(rule: Rule) -> dict[str, Any]:
    return {**asdict(rule), "level": LEVEL_NAMES[rule.level], "servers": dict(rule.servers)}


def rules_markdown(rules: Iterable[Rule]) -> str:
    """A table, and below it what of the rules a recording can't show."""
    chosen = list(rules)
    rows = [
        f"| `{rule.id}` | {LEVEL_NAMES[rule.level]}{' (strict)' if rule.strict else ''} | {rule.owner} |"
        f" {_cell(rule.title)} | {_cell(rule.fix)} | {_cell(rule.spec)} |"
        for rule in chosen
    ]
    blind = [f"- `{rule.id}`: {_cell(rule.blind)}" for rule in chosen if rule.blind]
    head = ["| rule | level | owner | what is wrong | what to do | source |", "| --- | --- | --- | --- | --- | --- |"]
    below = ["", f"## {NOT_SEEN}", "", *blind] if blind else []
    return "\n".join(head + rows + below) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
