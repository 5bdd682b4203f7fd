"""What all servers share: a name, a command line made from named options, and an address in their output.

What must not move in: anything that only one server does.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import signal
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from asgispy.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    Translate = Callable[[object], list[str]]

ENTRY_POINT: Final = "asgispy.launch.entry:app"
OURS: Final = frozenset({"factory", "interface", "app_dir"})
"""Options that our entry point takes care of, under any server."""

SINGULARS: Final = {
    "reload_dirs": "reload-dir",
    "reload_includes": "reload-include",
    "reload_excludes": "reload-exclude",
    "headers": "header",
}


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens by its options: a port of a host, or the path of a Unix socket, or neither."""

    host: str
    port: int | None
    path: str | None = None
    secure: bool = False

    @property
    def url(self) -> str | None:
        """As servers print it; None when only the server can know."""
        if self.path is not None:
            return f"unix:{self.path}"
        if not self.port:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


class Server(ABC):
    """One server program. Subclasses say how its command line differs from the others'."""

    name: ClassVar[str]
    extra: ClassVar[str]
    address_pattern: ClassVar[re.Pattern[str]]
    failure_pattern: ClassVar[re.Pattern[str] | None] = None
    """What a server prints that then ends with code 0, although it failed."""
    waiting_pattern: ClassVar[re.Pattern[str] | None] = None
    """What a server prints when connections hold up a reload or its end."""
    zero_means_well: ClassVar[bool] = True
    """Whether a server that ends by itself with code 0 did not fail."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    environment_prefix: ClassVar[str | None] = None
    """Servers that read their options from the environment too, as `<prefix>_PORT`."""
    translations: ClassVar[Mapping[str, Translate]] = {}

    def installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.name) is not None

    def version(self) -> str:
        """Of the installed package."""
        return importlib.metadata.version(self.name)

    def require(self) -> None:
        """MissingExtra unless it is installed."""
        if not self.installed():
            raise MissingExtra(self.name, self.extra)

    def arguments(self, options: Mapping[str, object], extra: Sequence[str]) -> list[str]:
        """The server's own command line; UsageError for an option that it lacks."""
        tokens = self.place(options)
        for name, value in options.items():
            if name in OURS or name in PLACES or value is None:
                continue
            translate = self.translations.get(name)
            if translate is None:
                raise self.lacks(name)
            tokens += translate(value)
        return [self.entry_point(), *tokens, *extra]

    def entry_point(self) -> str:
        """How this server is told which module to load."""
        return ENTRY_POINT

    def place(self, options: Mapping[str, object]) -> list[str]:
        """The tokens for where to listen: host, port, uds and fd; none where the server takes uvicorn's options."""
        return []

    def run(self, argv: Sequence[str]) -> None:
        """Its command, in this process, as if its own program had been started."""
        sys.argv = [self.name, *argv]
        self.main()

    @abstractmethod
    def main(self) -> None:
        """Calls the command that reads `sys.argv`."""

    def prepare_worker(self) -> None:  # noqa: B027 - most servers need nothing
        """Called in each process that the server's manager spawns, before it loads anything."""

    def address(self, line: str, expected: Listening) -> str | None:
        """Where it listens, when this line of its output says so."""
        match = self.address_pattern.search(line)
        return match["address"] if match else None

    def listening(self, options: Mapping[str, object], environment: Mapping[str, str]) -> Listening:
        """Where it will listen by its options, its environment variables, and the default that all share."""
        if options.get("fd") is not None:
            return Listening("", None)
        prefix = self.environment_prefix
        fallback = {name: environment.get(f"{prefix}_{name.upper()}") for name in PLACES} if prefix else {}
        host, port, path, certificate = (
            options.get(name) if options.get(name) is not None else fallback.get(name)
            for name in ("host", "port", "uds", "ssl_certfile")
        )
        try:
            number = int(str(port)) if port is not None else 8000
        except ValueError:
            raise UsageError(f"Port {port!r} is not a number: choose another with --port") from None
        return Listening(str(host or "127.0.0.1"), number, str(path) if path else None, bool(certificate))

    def lacks(self, option: str) -> UsageError:
        """The error for an option that would otherwise be ignored in silence."""
        flag = SINGULARS.get(option, option.replace("_", "-"))
        return UsageError(f"{self.name} has no --{flag}: leave it out, or choose another --server")


PLACES: Final = ("host", "port", "uds", "fd")


def flag(on: str, off: str | None = None) -> Translate:
    """An option without a value; False gives its opposite, or nothing."""
    return lambda value: [on] if value else [off] if off else []


def value(option: str) -> Translate:
    """An option with one value; joined by `=`, since a value may begin with a dash."""
    return lambda given: [f"{option}={given}"]


def each(option: str) -> Translate:
    """An option given once per value."""
    return lambda given: [f"{option}={one}" for one in values_of(given)]


def choice(option: str, names: Mapping[str, str]) -> Translate:
    """An option whose values have other names here."""
    return lambda given: [f"{option}={names.get(str(given), str(given))}"]


def values_of(given: object) -> Sequence[object]:
    """A repeatable option's values, also when only one came."""
    return given if isinstance(given, (tuple, list)) else (given,)
