"""A recorded session with a FastAPI application is a regression test: in process, and against a running server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgispy.replay.address import parse_place
from asgispy.replay.ignoring import ignore_of
from asgispy.replay.network import Remote
from asgispy.replay.series import Manner
from asgispy.testing import watch
from tests.replay import shop
from tests.replay.support import PATIENT, asked, originals, record, replayed, said

if TYPE_CHECKING:
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.script import Script

    Originals = list[tuple[Script, Outcome]]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    return originals(record(tmp_path_factory.mktemp("session") / "s.asgispy", shop.make(9.99), shop.talk))


def test_the_same_application_does_the_same(session: Originals) -> None:
    results = replayed(session, shop.make(9.99))
    assert said(results) == []
    assert len(results) == 11
    names = {str(each.script): each.replayed.status for each in results if each.replayed is not None}
    assert names["GET /broken"] == 500
    assert names["websocket /chat?room=1"] == 101


def test_one_changed_field_is_named_wherever_it_is_seen(session: Originals) -> None:
    found = said(replayed(session, shop.make(10)))
    assert {text.partition(" ")[2] for text in found} == {"body.items[1].price: 9.99 → 10"}


def test_what_is_to_be_ignored_is(session: Originals) -> None:
    manner = replace(PATIENT, ignore=ignore_of(paths=["items[*].price"]))
    assert said(replayed(session, shop.make(10), manner)) == []


def test_a_running_server_does_the_same(session: Originals) -> None:
    with watch() as spy, spy.live(shop.make(9.99)) as address:
        results = asked(session, Remote(parse_place(address)))
    assert said(results) == []
    (broken,) = [each for each in results if each.script.target == "/broken"]
    assert broken.notes == ("KeyError left the application then; a client can't see that",)


def test_a_running_server_with_another_price_is_found_out(session: Originals) -> None:
    with watch() as spy, spy.live(shop.make(10)) as address:
        found = said(asked(session, Remote(parse_place(address))))
    assert {text.partition(" ")[2] for text in found} == {"body.items[1].price: 9.99 → 10"}


def test_rounds_are_told_apart_and_each_keeps_its_order(session: Originals) -> None:
    # Orders are numbered by the application, so that the second round gets other numbers than the first.
    some = [each for each in session if each[0].target in ("/orders", "/lines")]
    results = replayed(some, shop.make(9.99), Manner(timeout=20, repeat=3, concurrency=1))
    assert [each.round for each in results] == [1, 1, 2, 2, 3, 3]
    assert said(results) == ["#3 body.number: 1 → 2", "#3 body.number: 1 → 3"]


def test_a_script_can_be_edited(session: Originals) -> None:
    (found,) = [each for each in session if each[0].target == "/gone"]
    edited = replace(found[0], method="GET", target="/lines", headers=((b"host", b"x"),))
    (result,) = replayed([(edited, found[1])], shop.make(9.99))
    assert result.replayed is not None
    assert (result.replayed.status, result.replayed.body[:7]) == (200, b"line 0\n")
    assert str(result.differences[0]) == "status: 410 → 200"
