"""`--filter`: wrong ones end at once, and the same one gives the same connections live, on a file and by SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.cli.filtering import Sieve
from asgispy.cli.main import main
from asgispy.query.functions import register
from asgispy.query.query import parse
from tests.tui.build import varied

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = [
    "status:5xx or is:failed",
    "type:websocket -close:1000",
    "path:/api/* duration:>30ms method:POST",
    'body:"sku-1138"',
    "header:content-type=css",
    "lamp -is:open",
    "text:hello close:1006",
    "-status:200 -is:open",
    "worker:2 -has:query",
]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some sixty connections of every kind."""
    path = tmp_path_factory.mktemp("filter") / "shop.asgispy"
    varied(path).close()
    return path


def exported(capture: Path, tmp_path: Path, query: str, format: str = "jsonl") -> list[int]:
    """The ids that an export writes."""
    output = tmp_path / "out.json"
    assert main(["export", str(capture), "-f", format, "-o", str(output), "--filter", query]) == 0
    if format == "json":
        document = json.loads(output.read_bytes())
        assert document["format"] == "asgispy-capture"
        return [each["id"] for each in document["connections"]]
    header, *lines = output.read_text().splitlines()
    assert json.loads(header)["format"] == "asgispy-capture"
    return [json.loads(line)["id"] for line in lines]


@pytest.mark.parametrize("text", QUERIES)
def test_live_file_and_database_give_the_same(capture: Path, tmp_path: Path, text: str) -> None:
    query = parse(text)
    with CaptureReader(capture) as reader:
        register(reader.database)
        where = query.where()
        rows = reader.database.execute(f"SELECT id FROM connections WHERE {where.sql} ORDER BY id", where.values)
        by_sql = [id for (id,) in rows]
        ended = [each.id for each in reader.connections() if not each.open]
    live: list[int] = []
    sieve = Sieve(capture, query, lambda connection: live.append(connection.id))
    for id in ended:
        sieve.ended(id)
    sieve.finish()
    on_file = exported(capture, tmp_path, text)
    assert sieve.failure is None
    assert live
    assert live == [id for id in on_file if id in ended]
    assert exported(capture, tmp_path, text, "json") == on_file
    assert set(on_file) <= set(by_sql)
    if where.exact:
        assert by_sql == on_file


def test_an_empty_filter_exports_everything_and_one_without_matches_the_header(capture: Path, tmp_path: Path) -> None:
    assert len(exported(capture, tmp_path, "")) == len(exported(capture, tmp_path, "-nowhere-to-be-found")) > 50
    assert exported(capture, tmp_path, "nowhere-to-be-found") == []
    assert exported(capture, tmp_path, "nowhere-to-be-found", "json") == []


@pytest.mark.parametrize(
    "command",
    [
        ["run", "no.such.module:app", "--headless"],
        ["run", "no.such.module:app"],
        ["attach", "--headless"],
        ["demo", "--headless"],
        ["view", "no-such-capture"],
        ["export", "no-such-capture", "-o", "out.json"],
    ],
)
def test_a_wrong_filter_ends_in_one_line_before_anything_begins(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--filter", "status:200 durtion:>5"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "asgispy: filter: there is no field 'durtion' at character 12; did you mean duration:?\n"
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "attach", "demo", "view", "export"])
def test_help_names_the_fields(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "--filter QUERY" in text
    assert "Fields: status, method, path, route," in text


def test_saved_filters_are_known_by_their_names(
    capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.asgispy.filters]\nslow = "duration:>100ms"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    assert exported(capture, tmp_path, "@slow type:http") == exported(capture, tmp_path, "duration:>100ms type:http")
    assert main(["export", str(capture), "--filter", "@fast"]) == 2
    assert "no saved filter is named @fast" in capsys.readouterr().err
