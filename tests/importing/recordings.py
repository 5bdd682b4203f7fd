"""Captures as hypothesis makes them: whatever applications may say, in whatever order, with whatever is seen beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from asgispy.model.events import Error
from asgispy.model.observation import DELAY, LAYERS, LOG, OUTPUT, PAUSE, STALL, TASK
from asgispy.model.values import Cut
from tests.support.driver import http_scope, lifespan_scope, websocket_scope
from tests.wire.strategies import any_values, surrogate_text

if TYPE_CHECKING:
    from tests.support.build import Tape

secrets = st.sampled_from([b"token=hidden&a=1", b'{"password": "hidden"}', b"", b"\xff\xfe", b"plain", b"a" * 300])
names = st.sampled_from([b"host", b"cookie", b"Content-Type", b"content-encoding", b"x-\xe9"])
contents = st.sampled_from([b"text/plain", b"application/json", b"gzip", b"br", b"a=1; b=2", b"\xff"])
headers = st.lists(st.tuples(names, contents), max_size=4) | any_values
bodies = secrets | st.binary(max_size=20) | st.builds(Cut, st.binary(max_size=9), st.integers(0, 99)) | any_values
errors = st.builds(
    Error, st.sampled_from(["builtins.OSError", "asyncio.exceptions.CancelledError"]), surrogate_text, surrogate_text
)

messages: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries({"type": st.just("http.request"), "body": bodies, "more_body": st.booleans()}),
    st.fixed_dictionaries(
        {"type": st.just("http.response.start"), "status": st.sampled_from([200, 404, 500, "odd"]), "headers": headers}
    ),
    st.fixed_dictionaries({"type": st.just("http.response.body"), "body": bodies, "more_body": st.booleans()}),
    st.fixed_dictionaries({"type": st.just("websocket.accept"), "headers": headers}),
    st.fixed_dictionaries({"type": st.sampled_from(["websocket.receive", "websocket.send"]), "text": surrogate_text}),
    st.fixed_dictionaries({"type": st.sampled_from(["websocket.receive", "websocket.send"]), "bytes": bodies}),
    st.sampled_from(
        [{"type": f"lifespan.{each}"} for each in ("startup", "startup.complete", "shutdown", "shutdown.complete")]
        + [{"type": "http.disconnect"}, {"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]
    ),
    any_values,
)
scopes: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda query, headers, extra: http_scope("/a", query_string=query, headers=headers, method="POST", extra=extra),
        secrets,
        headers,
        any_values,
    ),
    st.builds(lambda headers: websocket_scope("/ws", headers=headers), headers),
    st.just(lifespan_scope()),
    any_values,
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "message": any_values,
        "text": surrogate_text,
        "level": st.sampled_from([10, 15, 40, "odd", None]),
        "error": st.lists(surrogate_text, min_size=3, max_size=3) | any_values,
        "stack": st.lists(st.tuples(surrogate_text, st.integers(0, 99), surrogate_text, surrogate_text)) | any_values,
        "size": st.integers(0, 9),
        "by": st.integers(1, 3),
    },
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), messages),
        st.tuples(st.just("send"), messages),
        st.tuples(st.just("refused"), st.tuples(messages, errors)),
        st.tuples(st.just("pending"), messages | st.none()),
        st.tuples(st.just("seen"), st.tuples(st.sampled_from([LOG, OUTPUT, STALL, DELAY, TASK, LAYERS, 40]), facts)),
        st.tuples(st.just("returned"), st.none()),
        st.tuples(st.just("raised"), errors),
    ),
    max_size=8,
)
calls = st.lists(st.tuples(scopes, steps), max_size=4)


def play(tape: Tape, made: list[tuple[Any, list[tuple[str, Any]]]]) -> None:
    """Record such calls in one process."""
    for scope, actions in made:
        number = tape.open(scope)
        for action, value in actions:
            match action:
                case "receive":
                    tape.receive(number, value)
                case "send":
                    tape.send(number, value)
                case "refused":
                    tape.send(number, value[0], error=value[1])
                case "pending":
                    tape.hang(number, value)
                case "seen":
                    tape.observe(value[0], number, value[1], took=5_000)
                case "returned":
                    tape.returned(number)
                case "raised":
                    tape.raised(number, value)
    tape.observe(PAUSE, None, {"generation": 2, "collected": 7}, took=1_000)
