"""Captures that the tests of several formats share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from asgispy.capture.reader import CaptureReader
from asgispy.formats.export import FORMATS
from tests.support.build import recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.build import Studio

HOSTILE = (
    "</code></pre><script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "' onmouseover='document.title=1' '",
    "<!--", "-->", "</style>", "</noscript>", "</template>", "</textarea>", "<![CDATA[", "&lt;script&gt;",
    "javascript:document.title='owned'",
    "``` end of fence ~~~", "` | ` | \\| [a](http://evil.example) ![](http://evil.example/x.png)",
    "@somebody #1 <http://evil.example> http://evil.example",
    "\u202egnp.exe\u2066\u200b", "\x1b[2J\x00\x07", "\ud800", "\r\n## heading\r\n",
    "=HYPERLINK(\"http://evil.example\")",
)  # fmt: skip


@contextlib.contextmanager
def made(path: Path) -> Iterator[tuple[Studio, Path]]:
    """A studio, and the file that it makes."""
    with recording(path / "c.asgispy") as studio:
        yield studio, path / "c.asgispy"


def written(capture: Path, format: str, *, keep_secrets: bool = False) -> str:
    """All of a capture in a format."""
    with CaptureReader(capture) as reader:
        return b"".join(FORMATS[format].write(reader, keep_secrets=keep_secrets)).decode()
