"""`asgispy export`: to files and pipes, whole or not at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from asgispy.cli.main import main
from asgispy.formats.export import FORMATS
from tests.cli.test_main import expect_one_line
from tests.support.build import recording
from tests.support.scripts import asgispy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(300):
            tape.http(f"/{number}", data=b'{"token": "hidden", "pad": "%s"}' % (b"x" * 1000))
    return path


def test_a_document_goes_to_standard_output(capture: Path) -> None:
    result = asgispy("export", capture)
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert len(document["connections"]) == 300
    jsonschema.validate(document, json.loads(asgispy("export", "--schema").stdout))


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_a_file_holds_what_standard_output_would(capture: Path, format: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    result = asgispy("export", capture, "-f", format, "-o", target)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert target.read_text() == asgispy("export", capture, "-f", format, "-o", "-").stdout
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.html", "<!doctype html>"),
        ("r.csv", "id,started"),
        ("r.md", "# ASGI"),
        ("r.otlp", '{"resource'),
        ("r", '{"fo'),
    ],
)
def test_the_end_of_a_file_s_name_tells_the_format(capture: Path, name: str, begins: str, tmp_path: Path) -> None:
    assert main(["export", str(capture), "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_text().startswith(begins)
    assert main(["export", str(capture), "-o", str(tmp_path / name), "-f", "jsonl"]) == 0
    assert json.loads((tmp_path / name).read_text().splitlines()[1])["id"] == 1


def test_help_lists_every_format_with_its_title() -> None:
    listed = asgispy("export", "--help").stdout.partition("Formats:")[2]
    for name, format in FORMATS.items():
        assert re.search(rf"^  {name} +{re.escape(format.title)}", listed, re.MULTILINE)


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_masks_secrets_and_takes_a_filter(capture: Path, format: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert main(["export", str(capture), "-f", format, "-o", str(target), "--filter", "id:2"]) == 0
    assert ("/1" if format not in ("wscat", "websocat") else "# 1 left out: only websocket") in target.read_text()
    assert '"hidden"' not in target.read_text()
    assert "&quot;hidden&quot;" not in target.read_text()


def test_secrets_are_kept_only_when_that_is_said(capture: Path) -> None:
    assert "hidden" not in asgispy("export", capture).stdout
    assert "hidden" in asgispy("export", capture, "--secrets", "keep").stdout
    expect_one_line(asgispy("export", capture, "--secrets", "show"), text="mask")


def test_the_schema_can_be_written_to_a_file(tmp_path: Path) -> None:
    assert asgispy("export", "--schema", "-o", tmp_path / "schema.json").returncode == 0
    jsonschema.Draft202012Validator.check_schema(json.loads((tmp_path / "schema.json").read_text()))


def test_what_cannot_be_exported_is_one_line(capture: Path, tmp_path: Path) -> None:
    expect_one_line(asgispy("export"), text="needs a capture")
    expect_one_line(asgispy("export", tmp_path / "missing"), text="no such file")
    expect_one_line(asgispy("export", tmp_path), text=tmp_path.name)
    expect_one_line(asgispy("export", capture, "-f", "xml"), text="jsonl")


def test_a_place_that_cannot_be_written_is_one_line_and_keeps_what_was_there(capture: Path, tmp_path: Path) -> None:
    expect_one_line(asgispy("export", capture, "-o", tmp_path / "no" / "out.json"), text="can't be written")
    expect_one_line(asgispy("export", capture, "-o", tmp_path), text="can't be written")
    expect_one_line(asgispy("export", capture, "-o", "/dev/full"), text="No space left")


def test_a_full_disk_behind_standard_output_is_one_line(capture: Path) -> None:
    for arguments in (["export", capture], ["export", "--schema"]):
        with open("/dev/full", "w") as full:  # noqa: PTH123
            expect_one_line(asgispy(*arguments, stdout=full, stderr=subprocess.PIPE), text="No space left")


def test_an_older_file_stays_when_the_export_breaks_off(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("older")
    broken = tmp_path / "broken.asgispy"
    content = bytearray(capture.read_bytes())
    content[4096 * 8 :] = b"\xa5" * len(content[4096 * 8 :])
    broken.write_bytes(content)
    expect_one_line(asgispy("export", broken, "-o", target))
    assert target.read_text() == "older"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken.asgispy", "out.json"]


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_a_reader_that_leaves_early_is_no_error(capture: Path, format: str) -> None:
    command = [sys.executable, "-m", "asgispy", "export", str(capture), "-f", format]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(10)
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(20), error) == (0, b"")
