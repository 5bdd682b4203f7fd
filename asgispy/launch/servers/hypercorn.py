"""hypercorn: one bind in place of host and port, and always a manager with workers.

What must not move in: options that have no namesake among uvicorn's; those go after `--`.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import TYPE_CHECKING, ClassVar

from asgispy.launch.servers.base import Server, choice, flag, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.launch.servers.base import Listening, Translate


class Hypercorn(Server):
    name = "hypercorn"
    extra = "hypercorn"
    # Its manager ignores SIGINT while it starts workers.
    stop_signal = signal.SIGTERM
    # Its manager forgets the code of a worker that failed.
    zero_means_well = False
    address_pattern: ClassVar[re.Pattern[str]] = re.compile(r"Running on (?P<address>https?://\S+) \(CTRL")
    translations: ClassVar[Mapping[str, Translate]] = {
        "access_log": lambda given: ["--access-logfile=-"] if given else [],
        "backlog": value("--backlog"),
        "limit_max_requests": value("--max-requests"),
        "log_config": value("--log-config"),
        "log_level": choice("--log-level", {"trace": "debug"}),
        "reload": flag("--reload"),
        "root_path": value("--root-path"),
        "ssl_ca_certs": value("--ca-certs"),
        "ssl_cert_reqs": choice("--verify-mode", {"0": "CERT_NONE", "1": "CERT_OPTIONAL", "2": "CERT_REQUIRED"}),
        "ssl_certfile": value("--certfile"),
        "ssl_ciphers": value("--ciphers"),
        "ssl_keyfile": value("--keyfile"),
        "ssl_keyfile_password": value("--keyfile-password"),
        "timeout_graceful_shutdown": value("--graceful-timeout"),
        "timeout_keep_alive": value("--keep-alive"),
        "workers": value("--workers"),
    }

    def place(self, options: Mapping[str, object]) -> list[str]:
        if options.get("fd") is not None:
            return [f"--bind=fd://{options['fd']}"]
        if options.get("uds"):
            return [f"--bind=unix:{options['uds']}"]
        if options.get("host") is None and options.get("port") is None:
            return []
        place = self.listening(options, {})
        return [f"--bind={f'[{place.host}]' if ':' in place.host else place.host}:{place.port}"]

    def prepare_worker(self) -> None:
        # Its manager terminates all workers once one has stopped, in the middle of their lifespan shutdown.
        worker = os.getpid()

        def ignore(number: int, frame: object) -> None:
            # What the application forks inherits this handler, and must still end when it is told to.
            if os.getpid() != worker:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)

        signal.signal(signal.SIGTERM, ignore)

    def main(self) -> None:
        from hypercorn.__main__ import main

        sys.exit(main())

    def address(self, line: str, expected: Listening) -> str | None:
        found = super().address(line, expected)
        if found and found.partition("://")[2].startswith("unix:"):
            return found.partition("://")[2]
        return found
