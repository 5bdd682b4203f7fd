"""The capture's tables and their history: the one place where the file's format is written down.

A capture is an SQLite file with application id `ASPY` and, as user version, the number of migrations applied to it.
Times are nanoseconds: `started`, `ended` and `time` since the epoch, `offset`, `first_byte`, `last_byte` and
`request_end` since the connection started, `duration` and `gap` lengths. Numbers for types, states and kinds are those
of `model`.

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

_INSPECTOR: Final = """
ALTER TABLE connections ADD COLUMN gap INTEGER;
ALTER TABLE connections ADD COLUMN request_end INTEGER;
CREATE INDEX troubled_connections ON connections (id)
    WHERE state = 2 AND (type <> 2 OR messages > 0) OR status >= 500;

-- What the user has attached to connections. Of a deleted one this row is all that is left: it says that the id is no
-- row of the list, and is not to be given away again.
CREATE TABLE notes (
    connection INTEGER PRIMARY KEY, mark TEXT NOT NULL, comment TEXT NOT NULL, hidden INTEGER NOT NULL,
    deleted INTEGER NOT NULL
);
CREATE INDEX living_notes ON notes (connection) WHERE deleted = 0;
"""

_RULES: Final = """
ALTER TABLE connections ADD COLUMN findings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
CREATE INDEX found_connections ON connections (id) WHERE level > 0;

-- One row for each distinct finding: a rule and the place that it fired for. Numbers of levels are those of `model`.
CREATE TABLE findings (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, level INTEGER NOT NULL, owner TEXT NOT NULL, place TEXT NOT NULL,
    message TEXT NOT NULL, verdict TEXT NOT NULL, count INTEGER NOT NULL,
    first_connection INTEGER NOT NULL, first_event INTEGER NOT NULL, first_time INTEGER NOT NULL,
    last_connection INTEGER NOT NULL, last_event INTEGER NOT NULL, last_time INTEGER NOT NULL
);
-- And one for each connection that it was found on.
CREATE TABLE occurrences (
    connection INTEGER NOT NULL, finding INTEGER NOT NULL, event INTEGER NOT NULL, message TEXT NOT NULL,
    verdict TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (connection, finding)
) WITHOUT ROWID;
CREATE INDEX occurrences_by_finding ON occurrences (finding, connection);

-- What the probe adds to the event of a position, for the rules.
CREATE TABLE remarks (
    connection INTEGER NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (connection, position)
) WITHOUT ROWID;
"""

_INSIGHT: Final = """
ALTER TABLE connections ADD COLUMN running INTEGER;
ALTER TABLE connections ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN delayed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN observed INTEGER NOT NULL DEFAULT 0;

-- What the probe saw besides messages. Kinds and facts (MessagePack) are those of `model/observation`. The connection
-- is NULL for what belongs to the process alone.
CREATE TABLE observations (
    id INTEGER PRIMARY KEY, process INTEGER NOT NULL, connection INTEGER, kind INTEGER NOT NULL, time INTEGER NOT NULL,
    duration INTEGER, facts BLOB NOT NULL
);
CREATE INDEX observations_by_connection ON observations (connection, time) WHERE connection IS NOT NULL;
CREATE INDEX lifespans ON connections (process) WHERE type = 2;
CREATE INDEX observations_of_processes ON observations (kind, time);
"""

MIGRATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("spine", _SPINE),
    ("inspector", _INSPECTOR),
    ("rules", _RULES),
    ("insight", _INSIGHT),
)
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
    "gap",
    "request_end",
    "findings",
    "level",
    "running",
    "waited",
    "held",
    "delayed",
    "observed",
)
"""The columns of `connections` in the order of the fields of `model.connection.Connection`; `scope` is not in it."""

_LATER: Final = (
    {"gap": "NULL", "request_end": "NULL"},
    {"findings": "0", "level": "0"},
    {"running": "NULL", "waited": "0", "held": "0", "delayed": "0", "observed": "0"},
)
"""By the migration that brought them, the second one first: columns, and what stands for them in a file without."""


def _completion(version: int) -> str:
    """SQL that makes a capture of an earlier version look like one of today, for one connection to it."""
    later = {name: value for columns in _LATER[version - 1 :] for name, value in columns.items()}
    earlier = [name for name in (*CONNECTION_COLUMNS, "scope") if name not in later]
    columns = ", ".join([*earlier, *(f"{value} AS {name}" for name, value in later.items())])
    tables = "".join((_INSPECTOR, _RULES, _INSIGHT)[version - 1 :]).split(";")
    made = [table for table in tables if "CREATE TABLE" in table]
    view = f"CREATE TEMP VIEW connections AS SELECT {columns} FROM main.connections"
    return ";".join([view, *(table.replace("CREATE TABLE", "CREATE TEMP TABLE") for table in made)])


COMPLETIONS: Final[tuple[str, ...]] = ("", *(_completion(version) for version in range(1, VERSION)))
"""By version: what makes a capture of that version, which is only read, look like one of the present version."""

COMPLETED: Final = frozenset({"connections", "notes", "findings", "occurrences", "remarks", "observations"})
"""The names that a completion makes."""

TROUBLE: Final = "(state = 2 AND (type <> 2 OR messages > 0) OR status >= 500)"
"""What the index of troubled connections is for; a condition must be written like this to make use of it."""

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
