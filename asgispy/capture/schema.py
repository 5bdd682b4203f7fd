"""The capture's tables and their history: the one place where the file's format is written down.

A capture is an SQLite file with application id `ASPY` and, as user version, the number of migrations applied to it.
Times are nanoseconds: `started`, `ended` and `time` since the epoch, `offset`, `duration`, `first_byte` and
`last_byte` since the connection started. Numbers for types, states and kinds are those of `model`.

`message`, `error` and `scope` hold MessagePack (wire/codec), either in place (BLOB) or, when long or common, as the id
of a row of `blobs` (INTEGER). In a scope the parts that have a column of their own are replaced (capture/rows).
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x41535059  # "ASPY"

_SPINE: Final = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE processes (
    id INTEGER PRIMARY KEY, identity TEXT NOT NULL, pid INTEGER NOT NULL, server TEXT NOT NULL, python TEXT NOT NULL,
    started INTEGER NOT NULL, worker INTEGER NOT NULL, generation INTEGER NOT NULL, ended INTEGER,
    dropped INTEGER NOT NULL, missed INTEGER NOT NULL
);

CREATE TABLE connections (
    id INTEGER PRIMARY KEY, process INTEGER NOT NULL, type INTEGER NOT NULL, started INTEGER NOT NULL,
    state INTEGER NOT NULL, duration INTEGER, method TEXT, path TEXT, query BLOB, client TEXT, status INTEGER,
    close_code INTEGER, phase TEXT, received INTEGER NOT NULL, sent INTEGER NOT NULL, messages INTEGER NOT NULL,
    first_byte INTEGER, last_byte INTEGER, exception TEXT, pending INTEGER, cadence BLOB, scope
);
CREATE INDEX open_connections ON connections (id) WHERE state = 0;

CREATE TABLE events (
    connection INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, offset INTEGER NOT NULL,
    duration INTEGER, message, error, PRIMARY KEY (connection, position)
) WITHOUT ROWID;

CREATE TABLE blobs (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, data BLOB NOT NULL);

-- A lifespan is one connection but two rows of a list: this tells after which connection its shutdown began.
CREATE TABLE shutdowns (connection INTEGER PRIMARY KEY, after INTEGER NOT NULL, offset INTEGER NOT NULL);

CREATE TABLE output (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL);
"""

MIGRATIONS: Final[tuple[tuple[str, str], ...]] = (("spine", _SPINE),)
"""Name and SQL of each step; a step is never changed once released, only followed by another."""

VERSION: Final = len(MIGRATIONS)

CONNECTION_COLUMNS: Final = (
    "id",
    "process",
    "type",
    "started",
    "state",
    "duration",
    "method",
    "path",
    "query",
    "client",
    "status",
    "close_code",
    "phase",
    "received",
    "sent",
    "messages",
    "first_byte",
    "last_byte",
    "exception",
    "pending",
    "cadence",
)
"""The columns of `connections` in the order of the fields of `model.connection.Connection`, and then `scope`."""

PROCESS_COLUMNS: Final = (
    "id",
    "pid",
    "server",
    "python",
    "started",
    "worker",
    "generation",
    "ended",
    "dropped",
    "missed",
)
"""The columns of `processes` in the order of the fields of `model.connection.Process`."""
