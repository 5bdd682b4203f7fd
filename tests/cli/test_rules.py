"""`asgispy rules` lists and explains; the documentation's table says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asgispy.checks.catalogue import RULES
from asgispy.cli.main import main

Run = pytest.CaptureFixture[str]
DOCUMENT = Path(__file__).parents[2] / "RULES.md"


def test_all_rules_are_listed_one_to_a_line(capsys: Run) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)


def test_one_rule_is_explained(capsys: Run) -> None:
    assert main(["rules", "ws.returned-open"]) == 0
    said = capsys.readouterr().out
    rule = RULES["ws.returned-open"]
    assert said.startswith("ws.returned-open: warning, owner app\n")
    assert rule.title in said
    assert rule.fix in said


@pytest.mark.parametrize("pattern", ["state", "state.*"])
def test_a_beginning_lists_its_rules(pattern: str, capsys: Run) -> None:
    assert main(["rules", pattern]) == 0
    assert {line.split(".")[0] for line in capsys.readouterr().out.splitlines()} == {"state"}


def test_json_has_everything(capsys: Run) -> None:
    assert main(["rules", "http", "-f", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told[0]) >= {"id", "level", "owner", "title", "why", "fix", "spec"}


def test_an_unknown_rule_is_one_line(capsys: Run) -> None:
    assert main(["rules", "http.no-respons"]) == 0
    capsys.readouterr()
    assert main(["rules", "http.noresponse"]) == 2
    assert capsys.readouterr().err == "asgispy: there is no rule 'http.noresponse': is http.no-response meant?\n"


def test_the_documentation_is_what_the_command_prints(capsys: Run) -> None:
    assert main(["rules", "-f", "markdown"]) == 0
    table = capsys.readouterr().out
    assert DOCUMENT.read_text(encoding="utf-8").endswith(table), "write it anew: see CONTRIBUTING"
