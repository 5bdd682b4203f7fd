"""The capture of all kinds of content is what those who test with it take it for."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from asgispy.capture.reader import CaptureReader
from tests.tui.assorted import ORDER, assorted, png

if TYPE_CHECKING:
    from pathlib import Path


def test_it_holds_every_kind_and_is_always_the_same(tmp_path: Path) -> None:
    found = assorted(tmp_path / "a.asgispy")
    assert assorted(tmp_path / "b.asgispy") == found
    with CaptureReader(tmp_path / "a.asgispy") as one, CaptureReader(tmp_path / "b.asgispy") as other:
        assert list(one.connections()) == list(other.connections())
        bodies = {
            name: one.body(connection, "sent", 1 << 20)
            for name, id in found.items()
            if (connection := one.connection(id)) is not None and not connection.type
        }
    assert json.loads(gzip.decompress(bodies["gzip"][0])) == json.loads(bodies["json"][0]) == ORDER
    assert bodies["image"][0] == png()
    assert all(complete for _, _, complete in bodies.values())
