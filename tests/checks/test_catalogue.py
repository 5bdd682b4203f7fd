"""The catalogue: complete, well written, and each rule held by a test of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from asgispy.checks.catalogue import RULES
from asgispy.model.finding import ERROR, HINT, OWNERS, WARNING
from tests.checks.test_scope import SHARED

NEVER_SEEN = {
    "general.scope-standard-key-changed",
    "general.send-not-awaited",
    "general.receive-not-awaited",
    "ext.zerocopysend.file-left-open",
    "smell.loop-blocked",
}
"""Rules that a recording can't show at all."""


def test_every_rule_says_what_why_and_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.owner in OWNERS
        assert rule.level in (HINT, WARNING, ERROR)
        for text in (rule.title, rule.why, rule.fix, rule.spec):
            assert text
            assert text == text.strip()
        assert not rule.title.endswith("."), rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.fix.endswith("."), rule.id


def test_the_catalogue_is_whole() -> None:
    assert Counter(rule.level for rule in RULES.values()) == {ERROR: 155, WARNING: 74, HINT: 101}


def test_every_rule_that_can_be_seen_has_a_test_that_breaks_it() -> None:
    told = "".join(
        path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name
    )
    shared = {f"scope.{kind}.{rule}" for kind in ("http", "ws") for rule, _, _ in SHARED}
    assert {rule for rule in RULES if f'"{rule}"' not in told and rule not in shared} == NEVER_SEEN
    assert all(RULES[rule].blind for rule in NEVER_SEEN)
