"""The tree of errors is the one that is drawn, and each ends in a code of its own kind."""

from __future__ import annotations

import re

import asgispy.errors as errors
from asgispy.errors import AsgispyError


def every() -> list[type[AsgispyError]]:
    """Those of the module; a room may have a kind of its own below them."""
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AsgispyError)]


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^([ │├└─]+)(\w+) {2,}", errors.__doc__ or "", re.MULTILINE):
        while above and above[-1][0] >= len(indent):
            above.pop()
        drawn[name] = above[-1][1] if above else "Exception"
        above.append((len(indent), name))
    assert drawn == {each.__name__: each.__bases__[0].__name__ for each in every()}


def test_only_the_applications_own_failure_ends_in_1() -> None:
    codes = {each.__name__: each.exit_code for each in every()}
    assert codes.pop("ApplicationFailed") == 1
    assert set(codes.values()) == {2}


def test_a_missing_extra_says_what_to_install() -> None:
    error = errors.MissingExtra("granian", "granian")
    assert str(error) == "granian is not installed: pip install 'asgispy[granian]'"
