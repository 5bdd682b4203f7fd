"""All rules, by id, in the order in which they are listed. Data only: what fires them stands in the rooms around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.checks.catalogue import (
    connection_scopes,
    denial,
    extensions,
    general,
    habits,
    headers,
    http_request,
    http_response,
    http_start,
    lifespan,
    scopes,
    single_scopes,
    smells,
    state,
    trailers,
    websocket_receive,
    websocket_send,
)

if TYPE_CHECKING:
    from asgispy.checks.rule import Rule

_AREAS: Final = (
    scopes,
    general,
    connection_scopes,
    single_scopes,
    lifespan,
    http_request,
    http_start,
    http_response,
    headers,
    websocket_receive,
    websocket_send,
    denial,
    extensions,
    trailers,
    state,
    smells,
    habits,
)

RULES: Final[dict[str, Rule]] = {rule.id: rule for area in _AREAS for rule in area.RULES}
