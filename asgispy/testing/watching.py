"""Watches applications and clients in a test, and says what they broke.

    with watch() as spy:
        client = spy(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test"))
        ...

What must not move in: pytest (plugin), and recording (collect/local).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from asgispy.capture.backup import save_copy
from asgispy.checks.policy import policy_of
from asgispy.collect.local import LocalRecording
from asgispy.errors import UsageError
from asgispy.formats.report import Report, text_report
from asgispy.model.finding import APP, FRAMEWORK, LEVEL_NAMES, level_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.model.finding import FindingSummary

OURS: Final = (APP, FRAMEWORK)
"""Owners whose findings fail a test: a test's client and server are not what is tested."""
STARTUP: Final = 30.0
"""Seconds in which a live server has to start."""

Target = TypeVar("Target")


class FindingsError(AssertionError):
    """An application broke rules of ASGI; the text lists them, `findings` has them."""

    def __init__(self, text: str, findings: list[FindingSummary]) -> None:
        super().__init__(text)
        self.findings = findings


class Watch:
    """What `watch` gives: call it with what is to be watched."""

    def __init__(self, checks: str = "standard", ignore: Iterable[str] = (), fail_on: str = "error") -> None:
        """Raises UsageError for an unknown profile, level or suppression."""
        if fail_on not in LEVEL_NAMES:
            raise UsageError(f"fail_on: there is no level {fail_on!r}: write one of {', '.join(LEVEL_NAMES[1:])}")
        policy = policy_of(checks, ignore)
        self._threshold = level_of(fail_on)
        self._folder = Path(tempfile.mkdtemp(prefix="asgispy-"))
        self.capture = self._folder / "capture.asgispy"
        """Everything that passed; removed at the end, see `save`."""
        try:
            self._recording = LocalRecording(self.capture, policy)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __call__(self, target: Target) -> Target:
        """Watch a client, a transport or a server's configuration in place, or give a watched application.

        A client or transport is one whose application can be replaced (httpx's ASGITransport and clients that have one,
        Starlette's TestClient, uvicorn's Config); anything else is taken for an application, and comes back wrapped.
        """
        transport: Any = getattr(target, "_transport", None)
        holders: list[Any] = [each for each in (target, transport) if _holds_application(each)]
        if not holders:
            wrapped: Any = self._recording.wrap(target)
            return wrapped  # type: ignore[no-any-return]
        apps: dict[int, Any] = {}
        for holder in holders:
            app = holder.app
            holder.app = apps.setdefault(id(app), self._recording.wrap(app))
        return target

    @contextlib.contextmanager
    def live(self, app: Any) -> Iterator[str]:
        """Serve an application under uvicorn on a free port, in a thread: gives the address, `http://127.0.0.1:PORT`.

        Raises RuntimeError when it does not start.
        """
        import uvicorn

        app = self._recording.wrap(app, f"uvicorn {uvicorn.__version__}")
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        thread = threading.Thread(target=_serve, args=(server,), name="asgispy-live", daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTUP
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                server.should_exit = True
                raise RuntimeError("the application did not start up: its log says why")
            time.sleep(0.005)
        try:
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()

    @property
    def findings(self) -> list[FindingSummary]:
        """What has been found until now, the worst first."""
        return self._recording.findings()

    def check(self) -> None:
        """Raise FindingsError when the application has broken rules of the level that counts, or above."""
        counted = [each for each in self.findings if each.level >= self._threshold and each.owner in OURS]
        if counted:
            connections = len({each.first.connection for each in counted})
            text = text_report(Report("rules of ASGI broken", connections, 0, counted, self._threshold))
            raise FindingsError(text.rstrip(), counted)

    def save(self, target: Path) -> Path:
        """Keep a copy of the capture, for `asgispy view`; raises CaptureError."""
        self._recording.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        save_copy(self.capture, target)
        return target

    def close(self) -> None:
        """End watching, and remove the capture."""
        self._recording.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            self.close()


def watch(*, checks: str = "standard", ignore: Iterable[str] = (), fail_on: str = "error") -> Watch:
    """A context manager that raises FindingsError at its end when a watched application has broken rules of ASGI.

    `checks` is a profile, `ignore` names rules as `--ignore` does, `fail_on` is the level that counts,
    and above.
    """
    return Watch(checks, ignore, fail_on)


def _serve(server: Any) -> None:
    with contextlib.suppress(SystemExit):  # a startup that failed, which has been logged
        server.run()


def _holds_application(holder: Any) -> bool:
    """Whether it is something around an application, not an application itself."""
    app = getattr(holder, "app", None)
    around = hasattr(holder, "handle_async_request") or hasattr(holder, "handle_request") or hasattr(holder, "request")
    return app is not None and (around or type(holder).__name__ == "Config")
