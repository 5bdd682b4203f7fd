"""uvicorn: its options are read from its own command, so that all of them work without being listed here.

What must not move in: a list of uvicorn's options.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from asgispy.errors import UsageError
from asgispy.launch.servers.base import ENTRY_POINT, OURS, Server, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

NOT_OPTIONS: Final = frozenset({"version", "help"})
GRACE: Final = "--timeout-graceful-shutdown=3"
"""Quitting must not hang on a stream that the application never ends."""


class Uvicorn(Server):
    name = "uvicorn"
    extra = ""
    environment_prefix = "UVICORN"
    address_pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"Uvicorn running on (?:(?P<address>https?://\S+)|unix socket (?P<path>.+)|socket .+) \(Press"
    )
    failure_pattern = re.compile(r"Child process \[\d+\] failed to start, stopping the parent process")

    waiting_pattern = re.compile(r"Waiting for (?:connections to close|background tasks to complete)")

    def require(self) -> None:
        if not self.installed():
            raise UsageError("uvicorn is not installed: pip install 'uvicorn[standard]'")

    def arguments(self, options: Mapping[str, object], extra: Sequence[str]) -> list[str]:
        known = {option.name: option for option in uvicorn_options()}
        tokens = ["--interface=asgi3"]
        if options.get("timeout_graceful_shutdown") is None:
            tokens.append(GRACE)
        for name, given in options.items():
            if name in OURS or given is None:
                continue
            if name not in known:
                raise self.lacks(name)
            tokens += tokens_for(known[name], given)
        return [ENTRY_POINT, *tokens, *extra]

    def main(self) -> None:
        from uvicorn.main import main

        main()

    def address(self, line: str, expected: object) -> str | None:
        match = self.address_pattern.search(line)
        if match is None:
            return None
        return f"unix:{match['path']}" if match["path"] else match["address"]


def uvicorn_options() -> list[click.Option]:
    """The options of the installed uvicorn's command, for a command line to adopt."""
    from uvicorn.main import main

    found = [each for each in main.params if each.param_type_name == "option"]
    return [each for each in found if each.name not in NOT_OPTIONS]  # type: ignore[misc]


def tokens_for(option: click.Option, given: object) -> list[str]:
    """One option as it stood on the command line, from the value that it was converted to."""
    name = longest(option.opts)
    if option.is_flag:
        if given:
            return [name]
        return [longest(option.secondary_opts)] if option.secondary_opts else []
    if option.multiple:
        return [f"{name}={one}" for one in values_of(given)]
    if option.nargs != 1:
        return [name, *map(str, values_of(given))]
    return [f"{name}={given}"]


def longest(names: Sequence[str]) -> str:
    """The spelled-out name among an option's names."""
    return max(names, key=len)
