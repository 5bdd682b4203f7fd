"""What holds for scopes of every protocol."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "general.scope-not-dict",
        ERROR,
        SERVER,
        title="The scope is not a dict",
        why="The scope contract is a dict; frameworks index and copy it.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications",
        practice="No measured server does it.",
        blind="Only mappings reach the application through the probe; anything else fails before.",
    ),
    Rule(
        "general.scope-type-missing",
        ERROR,
        SERVER,
        title="The scope has no type",
        why="Nothing can be dispatched without it.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications",
    ),
    Rule(
        "general.scope-type-not-str",
        ERROR,
        SERVER,
        title="The scope's type is not a str",
        why="Spec names the exact type.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Protocol Specifications",
    ),
    Rule(
        "general.scope-type-unknown",
        HINT,
        SERVER,
        title="The scope is of a type that no specification describes",
        why="Custom protocols are legal; only our protocol checks cannot run.",
        fix=(
            "Nothing, if the type is meant: its messages are recorded, and only what holds for all messages is checked."
        ),
        spec="ASGI › Protocol Specifications",
        practice="Daphne/Channels workers use `channel`; other servers none.",
    ),
    Rule(
        "general.unknown-scope-accepted",
        WARNING,
        APP,
        title="An unknown scope type was accepted without a word",
        why="A server may believe the protocol is supported and wait for it.",
        fix="Raise an exception for scope types that the application does not support.",
        spec="ASGI › Protocol Specifications",
        practice="Not observable; for lifespan see `lifespan.returned-unanswered`.",
    ),
    Rule(
        "general.asgi-missing",
        WARNING,
        SERVER,
        title="The scope does not tell the ASGI version",
        why="Spec promises the key, but also defines a default (2.0) so apps should cope.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications",
        practice=(
            "Starlette's TestClient omits it in http, websocket and lifespan scopes; httpx ASGITransport, "
            "uvicorn, Hypercorn, Daphne, Granian set it."
        ),
    ),
    Rule(
        "general.asgi-type",
        ERROR,
        SERVER,
        title="`asgi` in the scope is not a dict",
        why="Apps call `.get` on it.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications",
    ),
    Rule(
        "general.asgi-version",
        WARNING,
        SERVER,
        title='`asgi["version"]` is neither 2.0 nor 3.0',
        why="Only 2.0 and 3.0 exist in the typing module.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications; typing `ASGIVersions`",
        practice="All measured servers send `3.0` (uvicorn sends `2.0` when its interface is asgi2).",
    ),
    Rule(
        "general.spec-version-type",
        ERROR,
        SERVER,
        title='`asgi["spec_version"]` is not text like 2.3',
        why=(
            "Frameworks parse it as dotted integers and crash otherwise (Starlette "
            "StreamingResponse/FileResponse, Quart)."
        ),
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Applications",
        practice=(
            "Values seen: uvicorn http 2.3 / websocket 2.4 / lifespan 2.0; Hypercorn http 2.1 / websocket 2.3 / "
            "lifespan 2.0; Granian 2.3 everywhere; Daphne absent."
        ),
    ),
    Rule(
        "general.spec-version-unknown",
        HINT,
        SERVER,
        title='`asgi["spec_version"]` is newer than the specification',
        why="A newer server is not an error.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Spec Versions; Lifespan › Scope",
        practice="Granian announces 2.3 in the lifespan scope, where the spec's numbering ends at 2.0.",
    ),
    Rule(
        "general.extensions-type",
        ERROR,
        SERVER,
        title="`extensions` is not a dict of dicts",
        why="Apps test membership and index into it.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="ASGI › Extensions; typing allows None",
        practice="None. Daphne, uvicorn HTTP/1.1 and httpx omit the key; Hypercorn HTTP/1.1 sends `{}`.",
    ),
    Rule(
        "general.scope-standard-key-changed",
        HINT,
        APP,
        title="A key of the scope was changed in place",
        why="Changes leak to outer layers.",
        fix="Copy the scope before changing it: `scope = {**scope, ...}`.",
        spec="ASGI › Middleware",
        practice="Not observable by servers.",
        blind="The scope is recorded once, when the application is called.",
    ),
)
