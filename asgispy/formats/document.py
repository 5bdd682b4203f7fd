"""The exported document's parts: header, connections and events as JSON objects (design, section 6; schema.json).

What must not move in: how the parts are strung together (json_document, json_lines).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.said import level_name
from asgispy.analysis.shares import shares_of
from asgispy.analysis.source import stack_of
from asgispy.formats.secrets import mask_body, mask_headers, mask_query, mask_said
from asgispy.formats.values import OWN_KEYS, headers_to_json, to_json
from asgispy.model.connection import STATE_NAMES, TYPE_NAMES
from asgispy.model.events import RAISE, RETURN, Error
from asgispy.model.finding import LEVEL_NAMES
from asgispy.model.observation import LOG, LOGGED
from asgispy.model.values import size_of

if TYPE_CHECKING:
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection, Process
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation

FORMAT: Final = "asgispy-capture"
VERSION: Final = 1


def header(source: Source) -> dict[str, Any]:
    """Everything of the document but the connections."""
    facts = source.facts()
    processes = source.processes()
    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": facts["generator"],
        "created": timestamp(facts["created"]),
        "processes": [_process(process) for process in processes],
        "dropped": sum(process.dropped for process in processes),
        "missed": sum(process.missed for process in processes),
        "evicted": facts["evicted"],
        "observations": [_of_process(each) for each in source.process_observations()],
    }


def connection_object(source: Source, connection: Connection, *, keep_secrets: bool) -> dict[str, Any]:
    """One connection with its scope and all its events."""
    opened, *events = source.events(connection)
    return connection_from(source, connection, opened.message, events, keep_secrets=keep_secrets)


def connection_from(
    source: Source, connection: Connection, scope: Any, events: list[Event], *, keep_secrets: bool
) -> dict[str, Any]:
    """The same of events that have been read already; `open` not among them."""
    return {
        "id": connection.id,
        "process": connection.process,
        "type": TYPE_NAMES[connection.type],
        "state": STATE_NAMES[connection.state],
        "started": timestamp(connection.started),
        "duration": seconds(connection.duration),
        "scope": message_to_json(scope, keep_secrets=keep_secrets),
        "events": [event_object(event, keep_secrets=keep_secrets) for event in events],
        "findings": _findings(source.findings(connection.id), events) if connection.findings else [],
        **_observed(source.observations(connection.id) if connection.observed else [], connection, keep_secrets),
    }


def timestamp(nanoseconds: int) -> str:
    """A moment in ISO 8601, UTC, with microseconds."""
    whole, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{rest // 1000:06d}Z"


def seconds(nanoseconds: int | None) -> float | None:
    """Nanoseconds as seconds; None stays None."""
    return None if nanoseconds is None else nanoseconds / 1e9


def _process(process: Process) -> dict[str, Any]:
    return {
        "id": process.id,
        "pid": process.pid,
        "server": process.server,
        "python": process.python,
        "started": timestamp(process.started),
        "ended": None if process.ended is None else timestamp(process.ended),
        "worker": process.worker,
        "generation": process.generation,
        "dropped": process.dropped,
        "missed": process.missed,
    }


def event_object(event: Event, *, keep_secrets: bool) -> dict[str, Any]:
    """One event; of `open` the message is the scope."""
    part: dict[str, Any] = {"event": event.name, "offset": seconds(event.offset)}
    if event.kind not in (RAISE, RETURN):
        part["duration"] = seconds(event.duration)
        part["message"] = message_to_json(event.message, keep_secrets=keep_secrets)
    if event.kind == RETURN and event.message is not None:
        part["value"] = to_json(event.message)
    if event.error is not None:
        part["error"] = _error(event.error)
    return part


def _findings(findings: list[Finding], events: list[Event]) -> list[dict[str, Any]]:
    """Findings; `event` is the place in `events`, left out where the scope is meant."""
    places = {event.index: place for place, event in enumerate(events)}
    return [
        {
            "rule": finding.rule,
            "level": LEVEL_NAMES[finding.level],
            "owner": finding.owner,
            "message": finding.message,
            **({"verdict": finding.verdict} if finding.verdict else {}),
            "count": finding.count,
            **({"event": places[finding.event]} if finding.event in places else {}),
        }
        for finding in findings
    ]


def _observed(observations: list[Observation], connection: Connection, keep_secrets: bool) -> dict[str, Any]:
    """What the probe saw besides messages: the application's own words, other things, and where the time went."""
    parts = [(each, _observation(each, connection)) for each in observations]
    for each, part in parts:
        if each.kind in LOGGED and not keep_secrets:
            part |= {key: mask_said(said) for key in ("text", "message") if type(said := part.get(key)) is str}
    shares = shares_of(connection, connection.started) if not connection.open else None
    return {
        "logs": [part for each, part in parts if each.kind in LOGGED],
        "observations": [part for each, part in parts if each.kind not in LOGGED],
        "time": None if shares is None else {name: seconds(part) for name, part in shares._asdict().items()},
    }


def _of_process(observation: Observation) -> dict[str, Any]:
    """An observation that belongs to no connection: garbage collections, pools, stalls that nobody is known for."""
    facts = {key: to_json(value) for key, value in _plain(observation).items()}
    moment = {"process": observation.process, "time": timestamp(observation.time)}
    return {"kind": observation.name, **moment, "duration": seconds(observation.duration), **facts}


def _observation(observation: Observation, connection: Connection) -> dict[str, Any]:
    timed = {} if observation.kind in LOGGED else {"duration": seconds(observation.duration)}
    offset = seconds(observation.time - connection.started)
    facts = {key: to_json(value) for key, value in _plain(observation).items()}
    return {"kind": observation.name, "offset": offset, **timed, **facts}


def _plain(observation: Observation) -> dict[str, Any]:
    """The facts, with names in place of positions."""
    facts = dict(observation.facts)
    match facts.get("error"):
        case [str() as name, str() as message, str() as traceback]:
            facts["error"] = _error(Error(name, message, traceback))
    if "stack" in facts:
        facts["stack"] = [dict(zip(LINE, line, strict=True)) for line in stack_of(facts)]
    if observation.kind == LOG:
        facts["level"] = level_name(facts)
    return facts


LINE: Final = ("file", "line", "function", "source")
"""What a line of a stack tells, in the order in which it is recorded."""


def _error(error: Error) -> dict[str, str]:
    return {"type": error.type, "message": error.message, "traceback": error.traceback}


def message_to_json(message: Any, *, keep_secrets: bool) -> Any:
    """A scope or message; None where a call brought none (refused or pending `receive`)."""
    if type(message) is not dict or not all(type(key) is str for key in message):
        return to_json(message)
    if "type" not in message and not OWN_KEYS.isdisjoint(message):
        return to_json(message)  # it could be taken for one of the forms of formats/values
    return {key: _field(key, value, keep_secrets=keep_secrets) for key, value in message.items()}


def _field(key: str, value: Any, *, keep_secrets: bool) -> Any:
    if key == "headers":
        return headers_to_json(value if keep_secrets else mask_headers(value))
    masks = {"query_string": mask_query, "body": mask_body, "bytes": mask_body, "text": mask_body}
    if keep_secrets or key not in masks:
        return to_json(value)
    masked = masks[key](value)
    part = to_json(masked)
    if masked != value and type(part) is dict:
        return {**part, "size": size_of(value), "masked": True}
    return part
