"""Which findings are wanted: a profile, what is ignored, and the thresholds of the practical rules.

What must not move in: reading settings files (configuration) and the rules themselves (catalogue).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from asgispy.errors import UsageError
from asgispy.model.finding import HINT, OWNERS, WARNING
from asgispy.settings import PROFILES, Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.checks.rule import Rule

OFF: Final = "off"
LENIENT: Final = "lenient"
STANDARD: Final = "standard"
STRICT: Final = "strict"


OUTSIDE: Final = frozenset(
    {
        "http.json-invalid",
        "http.ndjson-invalid",
        "smell.http.body-on-get",
        "smell.http.charset-missing",
        "smell.http.cookie-not-httponly",
        "smell.http.cookie-not-secure",
        "smell.http.cookie-prefix",
        "smell.http.cookie-samesite-none",
        "smell.http.cors-wildcard-credentials",
        "smell.http.redirect-without-location",
        "smell.http.status-header-missing",
    }
)
"""The rules that hold whoever looks. What a browser or a proxy saw is no recording of ASGI: how the application was
called, in which messages it answered, and what a server or a cache made of these, nobody can tell from there."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One thing that is not to be told: rules by pattern, an owner, and the paths where that holds."""

    text: str
    """As it was written: `http.no-response`, `smell.*`, `owner:server`, `headers.*@/admin/*`."""
    rules: str
    owner: str
    paths: str

    def covers(self, rule: Rule, owner: str, path: str) -> bool:
        """Whether a finding of that rule, owner and path is not to be told."""
        if self.owner and self.owner != owner:
            return False
        return _matches(self.rules, rule.id) and (self.paths == "*" or _matches(self.paths, path))


def parse_suppression(text: str) -> Suppression:
    """Read `RULE`, `owner:OWNER`, or either with `@PATH` behind; raises UsageError."""
    name, at, paths = text.strip().partition("@")
    owner = name.removeprefix("owner:") if name.startswith("owner:") else ""
    if not name or (at and not paths):
        raise UsageError(
            f"ignore: {text!r} names no rule: write RULE, owner:OWNER or RULE@PATH, with * where it may vary"
        )
    if owner and owner not in OWNERS:
        raise UsageError(f"ignore: there is no owner {owner!r}: write one of {', '.join(OWNERS)}")
    return Suppression(text.strip(), "*" if owner else name, owner, paths or "*")


@dataclass(frozen=True)
class Policy:
    """What is checked, and what of that is told."""

    profile: str = STANDARD
    ignore: tuple[Suppression, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    only: frozenset[str] = frozenset()
    """The rules that are asked; empty for all."""

    @property
    def checks(self) -> bool:
        """Whether anything is checked at all."""
        return self.profile != OFF

    def wants(self, rule: Rule, level: int) -> bool:
        """Whether a rule counts under the profile, at that level."""
        if (self.profile != STRICT and rule.strict) or (self.only and rule.id not in self.only):
            return False
        return level >= (WARNING if self.profile == LENIENT else HINT)

    def ignores(self, rule: Rule, owner: str, path: str) -> bool:
        """Whether a finding that counts is not to be told."""
        return any(each.covers(rule, owner, path) for each in self.ignore)


def policy_of(profile: str = STANDARD, ignore: Iterable[str] = (), thresholds: Thresholds | None = None) -> Policy:
    """The policy of these settings; raises UsageError."""
    if profile not in PROFILES:
        raise UsageError(f"checks: there is no profile {profile!r}: write one of {', '.join(PROFILES)}")
    return Policy(profile, tuple(map(parse_suppression, ignore)), thresholds or Thresholds())


@lru_cache(512)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(translate(text))


def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).match(text) is not None
