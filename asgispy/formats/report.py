"""What a check has found, as text, JSON, SARIF 2.1.0, JUnit and GitHub annotations.

What must not move in: deciding what is found (checks), and exit codes (cli/check).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

import msgspec

from asgispy.checks.catalogue import RULES
from asgispy.model.finding import ERROR, HINT, LEVEL_MARKS, LEVEL_NAMES, LEVELS, WARNING
from asgispy.model.text import storable
from asgispy.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgispy.model.finding import FindingSummary, Moment

JSON_VERSION: Final = 1
EXCEPTIONS: Final = ("general.exception-", "lifespan.exception-")
"""Beginnings of the rules that tell of an exception which left the application: that fails a check by itself."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check."""

    target: str
    """The capture, or the application."""
    connections: int
    suppressed: int
    findings: list[FindingSummary]
    """The worst first."""
    threshold: int
    """The level from which on a finding fails the check."""
    failures: list[str] = field(default_factory=list)
    """What else went wrong: requests without an answer, an application that died."""
    skipped: int = 0
    """Requests that were not sent, because they may change something."""

    def fails(self, finding: FindingSummary) -> bool:
        """Whether a finding makes the check fail."""
        return finding.level >= self.threshold or finding.rule.startswith(EXCEPTIONS)

    @property
    def failed(self) -> bool:
        """Whether the check failed."""
        return bool(self.failures) or any(map(self.fails, self.findings))


def text_report(report: Report) -> str:
    """For people."""
    lines: list[str] = []
    for each in report.findings:
        times = f" ×{each.count}" if each.count > 1 else ""
        level = f"{LEVEL_MARKS[each.level]} {LEVEL_NAMES[each.level]}"
        lines.append(f"{level} {each.rule}  {each.place}{times}  ({each.owner})")
        lines.append(f"    {_told(each)}")
        lines.append(f"    fix: {RULES[each.rule].fix}" if each.rule in RULES else "")
        lines.append(f"    first at connection {each.first.connection}, event {each.first.event}")
    lines += [f"✗ {each}" for each in report.failures]
    return "\n".join([line for line in lines if line] + [_summary(report)]) + "\n"


def _told(finding: FindingSummary) -> str:
    return finding.message + (f"; {finding.verdict}" if finding.verdict else "")


def _summary(report: Report) -> str:
    counts = [(level, sum(each.level == level for each in report.findings)) for level in LEVELS]
    said = [_counted(count, LEVEL_NAMES[level]) for level, count in counts if count] or ["no findings"]
    said.insert(0, _counted(report.connections, "connection"))
    if report.suppressed:
        said.append(f"{report.suppressed} ignored")
    if report.skipped:
        said.append(f"{_counted(report.skipped, 'unsafe request')} not sent (--unsafe sends them)")
    return f"{report.target}: {', '.join(said)}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def json_report(report: Report) -> str:
    """One document."""
    document = {
        "format": "asgispy-check",
        "version": JSON_VERSION,
        "asgispy": __version__,
        "target": report.target,
        "failed": report.failed,
        "connections": report.connections,
        "suppressed": report.suppressed,
        "skipped": report.skipped,
        "failures": report.failures,
        "findings": [_plain(each) for each in report.findings],
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def _plain(finding: FindingSummary) -> dict[str, Any]:
    rule = RULES.get(finding.rule)
    return {
        "rule": finding.rule,
        "level": LEVEL_NAMES[finding.level],
        "owner": finding.owner,
        "place": finding.place,
        "message": storable(finding.message),
        "verdict": finding.verdict,
        "count": finding.count,
        "first": _moment(finding.first),
        "last": _moment(finding.last),
        **({"title": rule.title, "why": rule.why, "fix": rule.fix, "spec": rule.spec} if rule else {}),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"connection": moment.connection, "event": moment.event, "time": moment.time / 1e9}


_SARIF_LEVELS: Final = {ERROR: "error", WARNING: "warning", HINT: "note"}


def sarif_report(report: Report) -> str:
    """SARIF 2.1.0, with the route or server as logical location."""
    ids = sorted({each.rule for each in report.findings})
    driver = {"name": "asgispy", "version": __version__, "rules": [_sarif_rule(id) for id in ids if id in RULES]}
    invocation: dict[str, Any] = {"executionSuccessful": not report.failures}
    if report.failures:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": each}} for each in report.failures
        ]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": list(map(_sarif_result, report.findings)),
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def _sarif_rule(id: str) -> dict[str, Any]:
    rule = RULES[id]
    return {
        "id": id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.fix} ({rule.spec})"},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
    }


def _sarif_result(finding: FindingSummary) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": f"{finding.place}: {storable(_told(finding))}"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": finding.place, "kind": "resource"}]}],
        "occurrenceCount": finding.count,
        "properties": {"owner": finding.owner, "connection": finding.first.connection, "event": finding.first.event},
    }


def junit_report(report: Report) -> str:
    """JUnit's XML: a test case for each finding, failed when it fails the check."""
    cases = [(f"{each.rule} {each.place}", _told(each), self_fails) for each, self_fails in _judged(report)]
    cases += [(each, each, True) for each in report.failures]
    if not cases:
        cases = [("rules of ASGI", "", False)]
    failed = sum(fails for _, _, fails in cases)
    suite = ElementTree.Element(
        "testsuite", name="asgispy check", tests=str(len(cases)), failures=str(failed), errors="0", skipped="0"
    )
    for name, message, fails in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(report.target), name=_xml(name), time="0")
        if fails:
            ElementTree.SubElement(case, "failure", message=_xml(message)).text = _xml(message)
        elif message:
            ElementTree.SubElement(case, "system-out").text = _xml(message)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _judged(report: Report) -> list[tuple[FindingSummary, bool]]:
    return [(each, report.fails(each)) for each in report.findings]


def _xml(text: str) -> str:
    """XML has no control characters, not even escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


_GITHUB_LEVELS: Final = {ERROR: "error", WARNING: "warning", HINT: "notice"}


def github_report(report: Report) -> str:
    """Workflow commands that annotate a run, and the summary."""
    lines = [
        f"::{_GITHUB_LEVELS[each.level]} title={_property(each.rule)}::{_data(f'{each.place}: {_told(each)}')}"
        for each in report.findings
    ]
    lines += [f"::error title=asgispy check::{_data(each)}" for each in report.failures]
    return "\n".join([*lines, _summary(report)]) + "\n"


def _data(text: str) -> str:
    return storable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORTS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text_report,
    "json": json_report,
    "sarif": sarif_report,
    "junit": junit_report,
    "github": github_report,
}
