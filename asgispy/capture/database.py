"""Opens capture files: for the one writer (with its lock) and for readers, and maps SQLite's errors to ours.

What must not move in: queries. The lock is a `flock` on the file itself, which SQLite (it uses POSIX locks) does not
see and which the system lets go of when the process dies, however it dies.

A trap lies here: closing any descriptor of a file makes a process lose all its POSIX locks on it, and so those that
SQLite holds. Another program's SQLite would then take itself for the last one, and remove the log that is being
written. So a process that writes a capture opens no further descriptors of it (`_writing`).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from asgispy.capture.schema import APPLICATION_ID, COMPLETED, COMPLETIONS, MIGRATIONS, VERSION
from asgispy.errors import CaptureBusy, CaptureError, CaptureFull, NewerCapture, NotACapture
from asgispy.query import functions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

PAGE_SIZE: Final = 4096
CACHE_KIB: Final = 8 * 1024
CHECKPOINT_PAGES: Final = 4096
"""Pages of the log after which it is folded in: each time costs two waits for the disk."""

_writing: Final[set[tuple[int, int]]] = set()
"""Device and inode of each capture that this very process writes."""


@contextlib.contextmanager
def capture_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors about this file into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror or error}") from error


def explain(path: Path, error: sqlite3.Error) -> CaptureError:
    """What an error of SQLite's means for the user."""
    text = str(error)
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL") or name in ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"):
        return CaptureFull(f"{path}: no room left to write; free some space or use another --capture")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return CaptureError(f"{path}: can't be opened for this ({text}); check the file's and the folder's permissions")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return NotACapture(f"{path}: not an asgispy capture, or a damaged one ({text})")
    return CaptureError(f"{path}: {text}")


def open_reading(path: Path) -> sqlite3.Connection:
    """Open a capture to read; raises NotACapture, NewerCapture or CaptureError. May be used from any one thread."""
    if not path.is_file():
        raise CaptureError(f"{path}: there is no such file")
    with capture_errors(path):
        try:
            return _checked(path, "mode=ro")
        except sqlite3.OperationalError:
            # A capture left in WAL mode, in a folder that may not be written: nobody can be writing it either.
            if _log_size(path):
                raise CaptureError(f"{path}: its folder may not be written: copy both it and its -wal file") from None
            return _checked(path, "mode=ro&immutable=1")


def open_writing(path: Path) -> tuple[sqlite3.Connection, int]:
    """Open or create a capture to write, mode 0600; gives the connection and the lock's descriptor.

    Raises CaptureBusy when another process writes it, NotACapture, NewerCapture or CaptureError.
    """
    with capture_errors(path):
        if _identity(path) in _writing:
            raise _busy(path)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(lock, path)
            connection = _connect(path, "mode=rw")
            try:
                if os.fstat(lock).st_size:
                    _check(connection, path)
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            os.close(lock)
            raise
        facts = os.fstat(lock)
        _writing.add((facts.st_dev, facts.st_ino))
        return connection, lock


def being_written(path: Path) -> bool:
    """Whether some process is writing this capture now."""
    if sys.platform == "win32":
        return False  # no flock there: two writers are the user's own care
    if _identity(path) in _writing:
        return True
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def close_writing(connection: sqlite3.Connection, lock: int) -> None:
    """Close so that one whole file is left, readable anywhere; never raises."""
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    with contextlib.suppress(sqlite3.Error):
        connection.close()
    facts = os.fstat(lock)
    _writing.discard((facts.st_dev, facts.st_ino))
    os.close(lock)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _busy(path: Path) -> CaptureBusy:
    return CaptureBusy(f"{path}: another asgispy is writing it; choose another --capture")


def seal(path: Path) -> None:
    """Fold the log beside a capture into the one file that is to be left; never raises.

    While anybody reads a capture its writer can't do that, so whoever reads longest has it done afterwards.
    """
    if not path.with_name(f"{path.name}-wal").exists():
        return
    with contextlib.suppress(CaptureError):
        close_writing(*open_writing(path))


def _lock(descriptor: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise _busy(path) from None


def _connect(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.resolve()))}?{options}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection


def _checked(path: Path, options: str) -> sqlite3.Connection:
    connection = _connect(path, options)
    try:
        _check(connection, path)
        complete_schema(connection)
        functions.register(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def complete_schema(connection: sqlite3.Connection) -> int:
    """Let an earlier capture that is read look like one of today, for this connection alone; gives its version.

    To be called again as long as the version is an earlier one: a writer may have brought the file up to date.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    made = connection.execute("SELECT type, name FROM temp.sqlite_master WHERE type != 'index'").fetchall()
    completed = ("view", "connections") in made
    if version < VERSION and not completed:
        for statement in filter(str.strip, COMPLETIONS[version].split(";")):
            connection.execute(statement)
    elif version == VERSION and completed:
        for kind, name in made:
            if name in COMPLETED:
                connection.execute(f"DROP {kind} temp.{name}")
    return int(version)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if identity != APPLICATION_ID:
        raise NotACapture(f"{path}: not an asgispy capture")
    if version > VERSION:
        raise NewerCapture(f"{path}: written by a newer asgispy (format {version}, this one reads {VERSION}): update")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if pages * PAGE_SIZE > path.stat().st_size and not _log_size(path):
        raise NotACapture(f"{path}: cut off: it should have {pages * PAGE_SIZE} bytes and has {path.stat().st_size}")
    connection.execute("SELECT count(*) FROM facts").fetchone()


def _log_size(path: Path) -> int:
    """Bytes of the log that a killed or living writer has beside the file."""
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute("PRAGMA temp_store=MEMORY")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, (_name, sql) in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(
            f"BEGIN; {sql} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={number}; COMMIT;"
        )
