"""What one finding says in full: what happened, what the server did, and the rule behind it. Pure.

What must not move in: marks and counts (rows/found), and the rules themselves (checks/catalogue).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from asgispy.checks.catalogue import RULES
from asgispy.formats.rules import explained
from asgispy.model.finding import LEVEL_NAMES
from asgispy.tui.rows.found import level_look
from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from asgispy.model.finding import Finding, FindingSummary
    from asgispy.tui.theme import Palette


def finding_text(finding: Finding | FindingSummary, palette: Palette) -> Text:
    """The finding, and of its rule what there is to do."""
    text = Text(end="")
    text.append(f"{LEVEL_NAMES[finding.level]} ", getattr(palette, level_look(finding.level)))
    text.append(clean(finding.rule), palette.strong)
    text.append(f"  {clean(finding.owner)}", palette.muted)
    text.append(f"\n{clean(finding.message)}", palette.text)
    rule = RULES.get(finding.rule)
    told = (("Server", finding.verdict), ("Why", rule.why if rule else ""), ("Fix", rule.fix if rule else ""))
    for label, said in told:
        if said:
            text.append(f"\n{label:7}", palette.muted).append(clean(said), palette.text)
    return text


def copied_text(finding: Finding | FindingSummary, place: str = "") -> str:
    """The finding as lines to paste."""
    lines = [f"{finding.rule}: {LEVEL_NAMES[finding.level]}, owner {finding.owner}", place, finding.message]
    lines.append(f"server: {finding.verdict}" if finding.verdict else "")
    return "\n".join(line for line in lines if line)


def rule_text(id: str, width: int) -> str:
    """Everything about a rule, in lines of at most so many cells."""
    rule = RULES.get(id)
    if rule is None:
        return f"{id}\n\nThis version of asgispy does not know the rule."
    return explained(rule, width).rstrip("\n")
