"""granian: a manager with workers in Rust; its own `--http` and `--interface` mean other things than uvicorn's.

What must not move in: options that have no namesake among uvicorn's; those go after `--`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import asgispy.launch
from asgispy.launch.port import free_port
from asgispy.launch.servers.base import Server, choice, each, flag, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgispy.launch.servers.base import Listening, Translate

GRACE: Final = "--workers-kill-timeout=3"
"""Quitting must not hang on a stream that the application never ends."""


class Granian(Server):
    name = "granian"
    extra = "granian"
    environment_prefix = "GRANIAN"
    address_pattern: ClassVar[re.Pattern[str]] = re.compile(r"Listening at: (?P<address>https?://\S+)")
    translations: ClassVar[Mapping[str, Translate]] = {
        "access_log": flag("--access-log", "--no-access-log"),
        "backlog": value("--backlog"),
        "env_file": value("--env-files"),
        "log_config": value("--log-config"),
        "log_level": choice("--log-level", {"trace": "debug"}),
        "loop": value("--loop"),
        "reload": lambda given: ["--reload", "--reload-ignore-worker-failure"] if given else [],
        "reload_dirs": each("--reload-paths"),
        "root_path": value("--url-path-prefix"),
        "ssl_ca_certs": value("--ssl-ca"),
        "ssl_certfile": value("--ssl-certificate"),
        "ssl_keyfile": value("--ssl-keyfile"),
        "ssl_keyfile_password": value("--ssl-keyfile-password"),
        "timeout_graceful_shutdown": value("--workers-kill-timeout"),
        "workers": value("--workers"),
    }

    def arguments(self, options: Mapping[str, object], extra: Sequence[str]) -> list[str]:
        entry, *tokens = super().arguments(options, ())
        if options.get("timeout_graceful_shutdown") is None:
            tokens.append(GRACE)
        return [entry, "--interface=asgi", "--no-factory", *tokens, *extra]

    def entry_point(self) -> str:
        # A module name would be looked up under the current folder's package, if that folder is one.
        return f"{Path(asgispy.launch.__file__).with_name('entry.py')}:app"

    def place(self, options: Mapping[str, object]) -> list[str]:
        if options.get("fd") is not None:
            raise self.lacks("fd")
        places = {name: options[name] for name in ("host", "port", "uds") if options.get(name) is not None}
        if places.get("port") == 0:
            # It would not tell which one it got.
            places["port"] = free_port(str(places.get("host", "127.0.0.1")))
        return [f"--{name}={given}" for name, given in places.items()]

    def main(self) -> None:
        from granian.cli import entrypoint

        entrypoint()  # type: ignore[no-untyped-call]

    def address(self, line: str, expected: Listening) -> str | None:
        found = super().address(line, expected)
        if found and found.partition("://")[2].startswith("unix:"):
            return found.partition("://")[2]
        return found
