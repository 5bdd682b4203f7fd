"""What holds for messages and callables of every protocol."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "general.message-not-dict",
        ERROR,
        APP,
        title="A message is not a dict",
        why="Servers index it by key.",
        fix="Send a plain dict with a `type`.",
        spec="ASGI › Events",
        practice=(
            "uvicorn, Daphne, Granian raise TypeError. Hypercorn raises TypeError for a list, but `send(None)` is "
            "its internal end-of-app marker: it closes the stream (500 if nothing was sent) and every later send "
            "raises UnexpectedMessageError."
        ),
    ),
    Rule(
        "general.message-type-missing",
        ERROR,
        APP,
        title="A message has no type",
        why="No dispatch possible.",
        fix="Add the key `type`.",
        spec="ASGI › Events, Error Handling",
        practice="KeyError (uvicorn, Hypercorn, Daphne), RuntimeError (Granian).",
    ),
    Rule(
        "general.message-type-not-str",
        ERROR,
        APP,
        title="A message's type is not a str",
        why="Wrong Python type.",
        fix='Make `type` a str, such as "http.response.start".',
        spec="ASGI › Events, Strings and Unicode",
        practice="Never matches a known type, so each server raises as for an unknown type.",
    ),
    Rule(
        "general.message-type-unknown",
        ERROR,
        APP,
        title="A message of unknown type was sent",
        why="Servers must reject unknown types.",
        fix='Correct the type; what only some servers know has to be advertised in `scope["extensions"]`.',
        spec="ASGI › Error Handling",
        practice=(
            "http: RuntimeError (uvicorn, Granian), UnexpectedMessageError (Hypercorn), ValueError (Daphne). "
            "websocket: same, except Daphne ignores silently. lifespan: AssertionError (uvicorn), "
            "UnexpectedMessageError (Hypercorn), KeyError (Granian)."
        ),
    ),
    Rule(
        "general.message-wrong-protocol",
        ERROR,
        APP,
        title="A message of another protocol was sent",
        why="The type must be namespaced by the scope's protocol.",
        fix="Send messages whose type begins with the scope's type.",
        spec="ASGI › Protocol Specifications",
        practice=(
            "Rejected as unknown by uvicorn and Hypercorn. Granian treats `http.response.start/body` on a "
            "websocket as a denial response; Daphne ignores `http.*` on a websocket without a word."
        ),
    ),
    Rule(
        "general.message-wrong-direction",
        ERROR,
        APP,
        title="A message went the wrong way",
        why="Send-only and receive-only types are disjoint.",
        fix="Only send what the specification lets applications send.",
        spec="HTTP & WebSocket, lifespan",
        practice="As unknown type.",
    ),
    Rule(
        "general.receive-type-unknown",
        HINT,
        SERVER,
        title="`receive` gave a message of unknown type",
        why="Spec lets other parts of the application inject custom events.",
        fix="Nothing, if a layer in between adds events on purpose.",
        spec="ASGI › Events",
        practice="None send any.",
    ),
    Rule(
        "general.value-type",
        WARNING,
        APP,
        title="A message holds a value of a type that ASGI does not know",
        why="Messages must be serialisable; in-process servers do not check.",
        fix=("Use bytes, str, int, float, bool, None, list and dict only; pass other objects in the scope's state."),
        spec="ASGI › Events",
        practice="All ignore unknown keys and values.",
        blind="Sets, dataclasses, dates, UUIDs, decimals and enumerations are recorded as what they are encoded as.",
    ),
    Rule(
        "general.int-range",
        WARNING,
        APP,
        title="A message holds an integer of more than 64 bits",
        why="Spec bounds integers to signed 64 bit.",
        fix="Send such numbers as text.",
        spec="ASGI › Events",
        practice="Ignored.",
    ),
    Rule(
        "general.float-not-finite",
        WARNING,
        APP,
        title="A message holds NaN or infinity",
        why="Spec excludes them.",
        fix="Send None or text instead.",
        spec="ASGI › Events",
        practice="Ignored.",
    ),
    Rule(
        "general.dict-key-type",
        WARNING,
        APP,
        title="A dict has a key that is not a str",
        why="All keys are Unicode strings.",
        fix="Use str keys.",
        spec="ASGI › Events, Strings and Unicode",
        practice='Ignored, except a bytes `b"type"` key, which means `type` is missing.',
    ),
    Rule(
        "general.message-depth",
        HINT,
        APP,
        title="A message is nested very deeply, or contains itself",
        why="Guards the checker against cycles.",
        fix="Send flat messages.",
        spec="practice",
        practice="Ignored.",
        blind="Deeper than six levels a recorded value is only described.",
    ),
    Rule(
        "general.key-misspelled",
        HINT,
        APP,
        title="A message has a key that looks like a misspelled one",
        why="Extra keys are legal and silently ignored, so typos vanish.",
        fix="Correct the key: servers ignore what they do not know.",
        spec="ASGI › Error Handling (extra keys allowed)",
        practice="All ignore the key and use the default.",
    ),
    Rule(
        "general.app-not-awaitable",
        ERROR,
        APP,
        title="The application did not return an awaitable",
        why="The callable must be a coroutine function (or return an awaitable).",
        fix="Define the application with `async def`, or return a coroutine.",
        spec="ASGI › Applications",
        practice="`await` raises TypeError in each server → 500.",
        servers={
            "uvicorn": "answers 500 and logs it",
            "hypercorn": "answers 500",
            "daphne": "answers 500",
            "granian": "answers 500",
        },
    ),
    Rule(
        "general.double-callable-app",
        HINT,
        APP,
        title="The application is written for ASGI 2",
        why="Legacy form; adapt it instead of failing.",
        fix=(
            "Write it as one coroutine `app(scope, receive, send)`, or wrap it with asgiref's "
            "`guarantee_single_callable`."
        ),
        spec="ASGI › Legacy Applications; asgiref.compatibility",
        practice=(
            "uvicorn wraps with its ASGI2 middleware (interface auto/asgi2), Daphne uses "
            "guarantee_single_callable, Hypercorn treats a non-coroutine callable as WSGI, Granian is ASGI 3 only "
            "(its documentation)."
        ),
    ),
    Rule(
        "general.app-returned-value",
        WARNING,
        APP,
        title="The application returned a value",
        why="The result is meaningless and usually a `return response` mistake.",
        fix="Send the response with `send` and return nothing.",
        spec="ASGI › Applications",
        practice=(
            "uvicorn logs an error and closes the connection even after a complete response (HTTP), logs only "
            "(websocket); Hypercorn, Daphne, Granian ignore."
        ),
        servers={
            "uvicorn": "logs an error and closes the connection",
            "hypercorn": "ignores it",
            "daphne": "ignores it",
            "granian": "ignores it",
        },
    ),
    Rule(
        "general.exception-before-response",
        WARNING,
        APP,
        title="An exception left the application before it had responded",
        why="The server answers 500 and logs; a bug, not a protocol breach.",
        fix="Handle the exception, or let an error handler answer it.",
        spec="ASGI › Error Handling",
        practice=(
            "http: 500 from uvicorn, Hypercorn, Daphne (up to 1 s later), Granian. websocket handshake: 500 "
            "(uvicorn, Hypercorn, Daphne), 403 (Granian)."
        ),
        servers={
            "uvicorn": "answers 500 and logs it",
            "hypercorn": "answers 500 and logs it",
            "daphne": "answers 500 and logs it, up to 1 s later",
            "granian": "answers 500 (a WebSocket handshake: 403) and logs it",
        },
    ),
    Rule(
        "general.exception-mid-response",
        ERROR,
        APP,
        title="An exception left the application in the middle of its response",
        why="The client gets a truncated or hanging response.",
        fix="Do what may fail before the response starts, or end the response in a `finally`.",
        spec="ASGI › Error Handling",
        practice=(
            "http: uvicorn and Hypercorn/1.1 close the socket without the final chunk; uvicorn/zttp resets the "
            "stream; Hypercorn HTTP/2 leaves the stream open (client hangs); Daphne leaves the connection open; "
            "Granian 500 if only the start was sent, else truncates. websocket: uvicorn drops TCP (client sees "
            "1006), Hypercorn and Daphne 1011, Granian close without code."
        ),
        servers={
            "uvicorn": "cuts the connection and logs it",
            "hypercorn": "cuts the connection (HTTP/2: the client waits; a WebSocket: code 1011) and logs it",
            "daphne": "leaves the connection open (a WebSocket: code 1011) and logs it",
            "granian": "truncates the response (a WebSocket: closes without code) and logs it",
        },
    ),
    Rule(
        "general.exception-after-response",
        WARNING,
        APP,
        title="An exception left the application after its response",
        why="Response was fine, but uvicorn logs it and closes keep-alive.",
        fix="Handle the exception; after the response nobody but the log learns of it.",
        spec="ASGI › Error Handling",
        practice="All log it (Daphne up to 1 s later); uvicorn also closes the keep-alive connection.",
        servers={
            "uvicorn": "logs it and closes the connection",
            "hypercorn": "logs it",
            "daphne": "logs it, up to 1 s later",
            "granian": "logs it",
        },
    ),
    Rule(
        "general.send-error-swallowed",
        WARNING,
        APP,
        title="The server refused a message, and the application went on",
        why="The server refused a message and the app went on as if it had been sent.",
        fix="Let exceptions of `send` pass, or stop sending.",
        spec="ASGI › Error Handling",
        practice=(
            "Notable: Hypercorn signals a startup failure by raising LifespanFailureError out of `send`; if the "
            "app catches it, Hypercorn starts serving anyway."
        ),
    ),
    Rule(
        "general.send-after-return",
        ERROR,
        APP,
        title="A message was sent after the application had returned",
        why="The connection scope is over; the write is lost or hits a reused connection.",
        fix="Await tasks that send before returning.",
        spec="ASGI › Overview (scope lifetime)",
        practice=(
            "RuntimeError/UnexpectedMessageError when the response was complete (uvicorn, Hypercorn, Granian), "
            "silent no-op (Daphne)."
        ),
    ),
    Rule(
        "general.receive-after-return",
        WARNING,
        APP,
        title="`receive` was called, or still waiting, after the application had returned",
        why="Leaked task.",
        fix="Cancel tasks that receive before returning.",
        spec="ASGI › Overview",
        practice=(
            "uvicorn and Granian answer `http.disconnect`; Hypercorn and Daphne hand out messages still queued, "
            "then block for ever."
        ),
    ),
    Rule(
        "general.send-not-awaited",
        ERROR,
        APP,
        title="`send` was called, but not awaited",
        why="Nothing is sent.",
        fix="Write `await send(...)`.",
        spec="ASGI › Applications",
        practice="Server never sees the message.",
        blind=(
            "A call that is never awaited leaves no trace that could be told without touching what the "
            "application holds."
        ),
    ),
    Rule(
        "general.receive-not-awaited",
        WARNING,
        APP,
        title="`receive` was called, but not awaited",
        why="Usually a bug; loses no data.",
        fix="Write `await receive()`.",
        spec="ASGI › Applications",
        blind=(
            "A call that is never awaited leaves no trace that could be told without touching what the "
            "application holds."
        ),
    ),
    Rule(
        "general.concurrent-receive",
        HINT,
        APP,
        title="`receive` was called while another one was waiting",
        why="Who gets which event is undefined.",
        fix="Receive in one task and hand the messages out from there.",
        spec="practice",
        practice=(
            "uvicorn, Hypercorn, Daphne: second call waits; Granian gave the second call a premature `http.disconnect`."
        ),
    ),
    Rule(
        "general.concurrent-send",
        HINT,
        APP,
        title="`send` was called while another one was waiting",
        why="Order on the wire is undefined.",
        fix="Send in one task, or guard sends with a lock.",
        spec="practice",
        practice="All kept order in the test (no back-pressure); not guaranteed.",
    ),
    Rule(
        "general.wrong-loop",
        ERROR,
        APP,
        title="`send` or `receive` was called on another event loop",
        why="Server callables are bound to one event loop.",
        fix=("Call them on the loop that runs the application; from threads, use `asyncio.run_coroutine_threadsafe`."),
        spec="ASGI › Overview (asyncio on the main thread)",
        practice="Undefined; asyncio primitives are not thread safe.",
        blind="Seen only where the server or asyncio raises for it.",
    ),
)
