"""daphne: one process on Twisted, without lifespan, reload or workers; TLS is an endpoint of its own.

What must not move in: options that have no namesake among uvicorn's; those go after `--`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from asgispy.errors import UsageError
from asgispy.launch.servers.base import Listening, Server, choice, flag, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.launch.servers.base import Translate

VERBOSITY: Final = {"critical": "0", "error": "0", "warning": "0", "info": "1", "debug": "2", "trace": "3"}


class Daphne(Server):
    name = "daphne"
    extra = "daphne"
    address_pattern: ClassVar[re.Pattern[str]] = re.compile(r"Listening on TCP address (?P<host>\S+):(?P<port>\d+)\s*$")
    translations: ClassVar[Mapping[str, Translate]] = {
        "log_level": choice("--verbosity", VERBOSITY),
        "proxy_headers": flag("--proxy-headers"),
        "root_path": value("--root-path"),
        "ssl_certfile": lambda given: [],
        "ssl_keyfile": lambda given: [],
        "ws_ping_interval": lambda given: [f"--ping-interval={whole(given)}"],
        "ws_ping_timeout": lambda given: [f"--ping-timeout={whole(given)}"],
    }

    def place(self, options: Mapping[str, object]) -> list[str]:
        if options.get("fd") is not None:
            return [f"--fd={options['fd']}"]
        if options.get("uds"):
            return [f"--unix-socket={options['uds']}"]
        place = self.listening(options, {})
        if options.get("ssl_certfile") or options.get("ssl_keyfile"):
            return [f"--endpoint={tls_endpoint(place, options)}"]
        if options.get("host") is None and options.get("port") is None:
            return []
        return [f"--bind={place.host}", f"--port={place.port}"]

    def main(self) -> None:
        from daphne.cli import CommandLineInterface

        CommandLineInterface.entrypoint()

    def address(self, line: str, expected: Listening) -> str | None:
        match = self.address_pattern.search(line)
        if match is None:
            return None
        return Listening(match["host"].strip("[]"), int(match["port"]), secure=expected.secure).url


def tls_endpoint(place: Listening, options: Mapping[str, object]) -> str:
    """Twisted's description of a TLS port."""
    certificate, key = options.get("ssl_certfile"), options.get("ssl_keyfile")
    if not certificate or not key:
        raise UsageError("daphne needs both --ssl-keyfile and --ssl-certfile")
    host, key, certificate = (str(each).replace(":", "\\:") for each in (place.host, key, certificate))
    return f"ssl:port={place.port}:interface={host}:privateKey={key}:certKey={certificate}"


def whole(given: object) -> int:
    """uvicorn takes fractions of seconds, daphne does not."""
    return max(1, round(float(str(given))))
