"""The state that lifespan and requests share."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "state.type",
        ERROR,
        SERVER,
        title="`state` is not a dict",
        why="The specification asks for a dict.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket, lifespan › Scope",
    ),
    Rule(
        "state.key-type",
        WARNING,
        APP,
        title="The state has a key that is not a str",
        why="Unicode string keys.",
        fix="Use str keys.",
        spec="Lifespan › Lifespan State",
        practice="Copied as is.",
    ),
    Rule(
        "state.not-empty",
        HINT,
        SERVER,
        title="The lifespan's state is not empty at the start",
        why="Starts empty.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="Lifespan › Scope",
        practice="None; a re-used test client may.",
    ),
    Rule(
        "state.shared",
        ERROR,
        SERVER,
        title="Two scopes share one state",
        why="Each request gets its own shallow copy.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="Lifespan › Lifespan State",
        practice="None (uvicorn, Hypercorn, Granian, Starlette test client copy).",
        blind="Seen only while the state is not empty.",
    ),
    Rule(
        "state.missing-in-request",
        WARNING,
        SERVER,
        title="The request has no state, although the lifespan had one",
        why="Promised by the lifespan scope.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › HTTP connection scope; Lifespan › Lifespan State",
    ),
    Rule(
        "state.keys-lost",
        WARNING,
        SERVER,
        title="The request's state lacks keys of the lifespan's",
        why="Copy should contain what startup put in.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="Lifespan › Lifespan State",
    ),
    Rule(
        "state.late-key",
        HINT,
        APP,
        title="The state got a key after the startup",
        why="Earlier requests do not see it.",
        fix="Fill the state before `lifespan.startup.complete`.",
        spec="Lifespan › Lifespan State",
        practice="Only later copies contain it.",
    ),
    Rule(
        "state.cleared-before-shutdown",
        WARNING,
        SERVER,
        title="The state was emptied before the shutdown",
        why="Cleanup code cannot find its objects.",
        fix="Keep what the shutdown needs in a variable of the lifespan.",
        spec="Lifespan › Lifespan State (server only copies)",
        practice="Granian empties it first.",
    ),
)
