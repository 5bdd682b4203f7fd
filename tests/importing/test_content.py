"""What a file is, told from its beginning, in any encoding; and memory that does not grow with it."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.errors import NotACapture
from asgispy.importing.importing import import_file
from tests.importing.files import connections, imported
from tests.importing.test_har_of_others import entry, log
from tests.support.scripts import python

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_files_that_windows_programs_write(tmp_path: Path, encoding: str) -> None:
    made = entry()
    made["response"]["content"]["text"] = "caf\u00e9 \u2028"
    capture, found = imported(tmp_path, json.dumps(log(made), ensure_ascii=False).encode(encoding))
    assert (found.connections, found.unreadable, found.problem) == (1, 0, "")
    assert connections(capture)[0].sent == len("caf\u00e9 \u2028".encode())


@pytest.mark.parametrize(
    ("document", "title"),
    [
        ({"entries": [entry()]}, "HAR"),
        ({"log": {"entries": [entry()]}}, "HAR"),
        ({"log": {"entries": [entry()], "browser": {"name": "Firefox", "version": "130.0"}}}, "HAR by Firefox 130.0"),
        ({"log": {"creator": {"name": "a\x1b[31m\u202e" + "b" * 99}, "entries": [entry()]}}, f"HAR by a[31m{'b' * 33}"),
    ],
)
def test_har_without_its_frame_and_by_writers_of_any_name(tmp_path: Path, document: Any, title: str) -> None:
    _, found = imported(tmp_path, document)
    assert (found.connections, found.title) == (1, title)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"<html>", "neither a capture, nor asgispy's JSON, nor HAR"),
        ({"openapi": "3.1.0"}, "it is JSON, but neither asgispy's nor HAR"),
        ({"connections": [], "format": "other"}, "it is JSON, but neither asgispy's nor HAR"),
        ({"format": "asgispy-capture", "version": 2}, "written by a newer asgispy"),
        ({"log": {"version": "1.2"}}, "it is HAR without entries"),
        (b'{"log": {"entries": [', "nothing in it can be read: it is cut off"),
    ],
)
def test_what_cannot_be_imported_says_why(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(NotACapture, match=said) as error:
        imported(tmp_path, content)
    assert "\n" not in str(error.value)


def test_a_pipe_tells_what_it_is_without_being_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps(log(entry()))))
    writer.start()
    assert import_file(pipe, tmp_path / "c.asgispy").connections == 1
    writer.join()


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(json.dumps(log(*[entry()] * 600)))
    told: list[int] = []
    import_file(file, tmp_path / "c.asgispy", told.append)
    assert told == sorted(told)
    assert told[-1] == file.stat().st_size


MEMORY = """
import json, resource, sys
from pathlib import Path
from asgispy.importing.importing import import_file
from tests.importing.test_har_of_others import entry

folder, count = Path(sys.argv[1]), int(sys.argv[2])
made = entry()
made["response"]["content"]["text"] = "x" * 20_000
one = json.dumps(made)
with (folder / "large.har").open("w") as file:
    file.write('{"log": {"entries": [')
    for number in range(count):
        file.write(("," if number else "") + one.replace("items", f"items/{number}"))
    file.write("]}}")
found = import_file(folder / "large.har", folder / f"{count}.asgispy")
print(found.connections, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_an_import_takes_no_more_memory_for_a_larger_file(tmp_path: Path) -> None:
    small, small_peak = map(int, python(MEMORY, tmp_path, 1_000).stdout.split())
    large, large_peak = map(int, python(MEMORY, tmp_path, 4_000).stdout.split())
    assert (small, large) == (1_000, 4_000)
    assert large_peak < small_peak + 40_000, "kilobytes, for 60 MB more: what waits for the disk is bounded"
