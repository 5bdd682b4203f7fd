"""The route that is guessed from a path."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.route import LONGEST, route_of


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("", ""),
        ("/", "/"),
        ("/health", "/health"),
        ("/users/123", "/users/{id}"),
        ("/users/-1/posts/2/", "/users/{id}/posts/{id}/"),
        ("/v1/items", "/v1/items"),
        ("/orders/6f1d3c1e-3b1a-4b5e-9d43-0f1d2c3b4a59", "/orders/{uuid}"),
        ("/orders/6F1D3C1E3B1A4B5E9D430F1D2C3B4A59", "/orders/{uuid}"),
        ("/commits/9fceb02d0ae598e95dc970b74767f19372d61af8", "/commits/{hex}"),
        ("/words/deadbeef/facade", "/words/deadbeef/facade"),
        ("/log/2026-11-22", "/log/{date}"),
        ("/log/2026-11-22T12:30:00Z/lines", "/log/{date}/lines"),
        ("/files/123.json", "/files/{id}.json"),
        ("/static/app.3f9a1c.js", "/static/app.3f9a1c.js"),
        ("/reset/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "/reset/{token}"),
        ("/blog/how-to-write-a-very-long-slug-in-2026", "/blog/how-to-write-a-very-long-slug-in-2026"),
        ("/chat/room", "/chat/room"),
    ],
)
def test_identifiers_become_placeholders(path: str, route: str) -> None:
    assert route_of(path) == route


@settings(max_examples=100)
@given(st.text(max_size=700))
def test_a_route_is_its_own_route_and_bounded(path: str) -> None:
    route = route_of(path)
    assert route_of(route) == route or len(path) > LONGEST
    assert route.count("/") == path[:LONGEST].count("/")


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=10**30), st.integers(min_value=0, max_value=10**30))
def test_paths_that_differ_in_a_number_share_a_route(one: int, other: int) -> None:
    assert route_of(f"/users/{one}/posts") == route_of(f"/users/{other}/posts")
