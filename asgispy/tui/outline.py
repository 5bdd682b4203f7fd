"""Foldable outlines: items with children that are made when they are wanted, laid out in rows of a width. Pure.

Fold state belongs to the path of an item's keys, so it lasts while a connection grows and its outline is made anew.
What must not move in: painting (widgets/outline_view), and what an outline says (tabs).
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.tui.document import cut, marked, wrap
from asgispy.tui.paint import width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from asgispy.tui.blocks import Block, Needle
    from asgispy.tui.document import Line

PAGE: Final = 1_000
"""Children that are shown at a time."""
ROOM: Final = 20_000
"""Items that are laid out at most."""
EXPANDED: Final = 5_000
"""Items up to which everything is unfolded at once."""
DEEPEST: Final = 16
"""Levels from which on lines are not indented any further."""
SEARCHED: Final = 300_000
"""Items that a search looks at."""
NESTED: Final = 500
"""Levels that a search goes down."""
MORE: Final = "\x00more"
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One logical line, and what is folded under it."""

    key: str
    """Unique among its siblings."""
    line: Line = ()
    """In clean spans; an empty one of an item without a block is a blank line."""
    data: str = ""
    """The value as it was recorded: what is copied and searched."""
    label: str = ""
    """Its name as it was recorded."""
    children: Callable[[], Sequence[Item]] | None = None
    block: Block | None = None
    """Lines under it, in place of children."""
    opened: bool = False
    """Whether it is unfolded at first."""
    brief: bool = False
    """Whether its line is cut where it does not fit, instead of wrapped: what it stands for is under it."""
    act: str = ""
    """What opening it asks its owner to do."""
    copied: Callable[[], str] | None = None
    """Makes what is copied, where that is not simply `data`."""

    @property
    def foldable(self) -> bool:
        """Whether there is something under it that can be hidden."""
        return bool(self.line) and (self.children is not None or self.block is not None)

    @property
    def blank(self) -> bool:
        """Whether it only keeps others apart."""
        return not self.line and self.block is None and self.children is None


class Placed(NamedTuple):
    """An item, laid out."""

    item: Item
    path: str
    parent: str
    depth: int
    start: int
    titles: int
    """Rows of its own line."""
    rows: int
    """With those of its block."""


class Spot(NamedTuple):
    """A place that a search has found."""

    path: str
    line: int
    """Of its block; -1 for the item itself."""
    way: tuple[tuple[str, int], ...]
    """(path of an ancestor, number of the child on the way)."""


class Unfolding(NamedTuple):
    """What there is to see when everything is unfolded."""

    roots: Sequence[Item]
    paths: list[str]
    children: dict[str, Sequence[Item]]


class Outline:
    """The items, which of them are unfolded, and their rows."""

    def __init__(self) -> None:
        self.needle: Needle | None = None
        """What is marked where it occurs."""
        self.rows = 0
        self.width = 80
        self.fixed = False
        """Whether something is laid out that was made for one width."""
        self._roots: Sequence[Item] = ()
        self._folds: dict[str, bool] = {}
        self._shown: dict[str, int] = {}
        self._children: dict[str, Sequence[Item]] = {}
        self._placed: list[Placed] = []
        self._starts: list[int] = []
        self._wrapped: tuple[str, list[Line]] = ("", [])

    def set_roots(self, roots: Sequence[Item], *, forget: bool = False) -> None:
        """Other content; `forget` what was folded when it belongs to something else."""
        self._roots = roots
        self._children.clear()
        if forget:
            self._folds.clear()
            self._shown.clear()
        self._lay_out()

    def set_width(self, width: int) -> None:
        """Wrap to another width, in cells."""
        if max(8, width) != self.width:
            self.width = max(8, width)
            self._lay_out()

    # Layout

    def is_open(self, item: Item, path: str) -> bool:
        """Whether it is unfolded."""
        return not item.line or self._folds.get(path, item.opened)

    def _children_of(self, item: Item, path: str) -> Sequence[Item]:
        known = self._children.get(path)
        if known is None:
            known = item.children() if item.children is not None else ()
            self._children[path] = known
        return known

    def _lay_out(self) -> None:
        self._placed, self._starts, self.rows, self.fixed = [], [], 0, False
        self._wrapped = ("", [])
        stack: list[tuple[Item, str, str, int]] = [(item, item.key, "", 0) for item in reversed(self._roots)]
        while stack and len(self._placed) < ROOM:
            item, path, parent, depth = stack.pop()
            self._place(item, path, parent, depth)
            if item.children is not None and self.is_open(item, path):
                stack += reversed(self._shown_children(item, path, depth + bool(item.line)))

    def _shown_children(self, item: Item, path: str, depth: int) -> list[tuple[Item, str, str, int]]:
        children = self._children_of(item, path)
        count = self._shown.get(path, PAGE)
        shown = [(child, path + _SEPARATOR + child.key, path, depth) for child in children[:count]]
        if len(children) > count:
            text = f"… {len(children) - count:,} more: enter shows {min(PAGE, len(children) - count):,} of them"
            shown.append((Item(MORE, ((text, "link"),)), path + _SEPARATOR + MORE, path, depth))
        return shown

    def _place(self, item: Item, path: str, parent: str, depth: int) -> None:
        titles = self._title_rows(item, depth)
        below = item.block.rows(self.inner(depth)) if item.block is not None and self.is_open(item, path) else 0
        self._placed.append(Placed(item, path, parent, depth, self.rows, titles, titles + below))
        self._starts.append(self.rows)
        self.fixed = self.fixed or (below > 0 and item.block is not None and item.block.fixed)
        self.rows += titles + below

    def _title_rows(self, item: Item, depth: int) -> int:
        if not item.line:
            return 1 if item.blank else 0
        if item.brief or sum(width_of(text) for text, _ in item.line) <= self.inner(depth):
            return 1
        return len(wrap([item.line], self.inner(depth)))

    def indent(self, depth: int) -> int:
        """Cells before a line, those of its fold mark included."""
        # What stands directly under a section's title begins where the title does.
        return min(min(max(1, depth), DEEPEST) * 2, max(2, self.width // 2))

    def inner(self, depth: int) -> int:
        """Cells for a line."""
        return max(6, self.width - self.indent(depth))

    def at(self, row: int) -> Placed | None:
        """What stands at a row."""
        place = bisect.bisect_right(self._starts, row) - 1
        # What has no rows shares its start with the one after it, which bisect finds.
        return self._placed[place] if 0 <= place < len(self._placed) and row < self.rows else None

    def line(self, row: int) -> Line:
        """The spans at a row, without the indent."""
        placed = self.at(row)
        if placed is None:
            return ()
        within, inner = row - placed.start, self.inner(placed.depth)
        if within >= placed.titles:
            assert placed.item.block is not None
            return marked(placed.item.block.row(inner, within - placed.titles), self.needle)
        if self._wrapped[0] != placed.path:
            line = cut(placed.item.line, inner) if placed.item.brief else placed.item.line
            self._wrapped = placed.path, wrap([marked(line, self.needle)], inner)
        rows = self._wrapped[1]
        return rows[within] if within < len(rows) else ()

    def data(self, row: int) -> str:
        """What a row stands for, as it was recorded."""
        placed = self.at(row)
        if placed is None:
            return ""
        if row - placed.start >= placed.titles and placed.item.block is not None:
            block, inner = placed.item.block, self.inner(placed.depth)
            return block.data(block.line_of(inner, row - placed.start - placed.titles))
        return placed.item.copied() if placed.item.copied is not None else placed.item.data

    def row_of(self, path: str, line: int = -1) -> int | None:
        """Where an item, or a line of its block, stands now; None when it is folded away or gone."""
        placed = next((placed for placed in self._placed if placed.path == path), None)
        if placed is None:
            return None
        block = placed.item.block
        if line < 0 or block is None or placed.rows == placed.titles:
            return placed.start
        inner = self.inner(placed.depth)
        row = min(block.row_of(inner, line), max(0, block.rows(inner) - 1))
        return placed.start + placed.titles + row

    # Folding

    def fold(self, placed: Placed, opened: bool) -> None:
        """Fold or unfold an item, or show more of its siblings."""
        if placed.item.key == MORE:
            self._shown[placed.parent] = self._shown.get(placed.parent, PAGE) + PAGE
        elif placed.item.foldable:
            self._folds[placed.path] = opened
        self._lay_out()

    def fold_all(self, opened: bool) -> None:
        """Everything that is laid out; unfolding goes down as far as there is room."""
        if opened:
            self.unfold(self.unfolding())
            return
        self._shown.clear()
        self._folds = dict.fromkeys(self._folds, False)
        self._folds.update((placed.path, False) for placed in self._placed if placed.item.foldable)
        self._lay_out()

    def unfolding(self) -> Unfolding:
        """What unfolding everything would show. Touches no state: it runs in any thread."""
        found = Unfolding(self._roots, [], {})
        stack = [(item, item.key) for item in reversed(self._roots)]
        for _ in range(EXPANDED):
            if not stack:
                break
            item, path = stack.pop()
            if item.foldable:
                found.paths.append(path)
            if item.children is not None and path.count(_SEPARATOR) <= NESTED:
                children = found.children[path] = item.children()
                stack += reversed([(child, path + _SEPARATOR + child.key) for child in children])
        return found

    def unfold(self, found: Unfolding) -> None:
        """Show it, unless there is other content by now."""
        if found.roots is self._roots:
            self._shown.clear()
            self._folds.update(dict.fromkeys(found.paths, True))
            self._children.update(found.children)
            self._lay_out()

    # Searching

    def _walk(self) -> Iterator[tuple[Item, str, tuple[tuple[str, int], ...]]]:
        """Every item in order, folded or not, with the way to it. Touches no state: it runs in any thread."""
        stack: list[tuple[Item, str, tuple[tuple[str, int], ...]]]
        stack = [(item, item.key, ()) for item in reversed(self._roots)]
        while stack:
            item, path, way = stack.pop()
            yield item, path, way
            if item.children is not None:
                if len(way) > NESTED:
                    continue
                children = enumerate(item.children())
                stack += reversed([(c, path + _SEPARATOR + c.key, (*way, (path, n))) for n, c in children])

    def search(self, needle: Needle, after: tuple[str, int] | None, step: int) -> Spot | None:
        """The next place with the needle, before or after (path, line of a block), going round at the ends."""
        first: Spot | None = None
        previous: Spot | None = None
        passed = after is None
        for count, spot in enumerate(self._spots(needle, after)):
            if count > SEARCHED:
                break
            if isinstance(spot, bool):
                passed = True
                if step < 0 and previous is not None:
                    return previous
                continue
            if step > 0 and passed:
                return spot
            first = first or spot
            previous = spot
        found = first if step > 0 else previous
        # The only place may be the one that it stands at.
        return self.search(needle, None, step) if found is None and after is not None else found

    def _spots(self, needle: Needle, after: tuple[str, int] | None) -> Iterator[Spot | bool]:
        """The places in order; True where `after` is passed."""
        path_after, line_after = after or ("", -1)
        for count, (item, path, way) in enumerate(self._walk()):
            if count > SEARCHED:
                return
            here = path == path_after
            if here and line_after < 0:
                yield True
            elif (item.block is None or item.line) and needle.within(item.label, item.data):
                yield Spot(path, -1, way)
            if item.block is not None:
                for line in item.block.found(needle):
                    if here and line == line_after:
                        continue
                    if here and line > line_after >= 0:
                        here = False
                        yield True
                    yield Spot(path, line, way)
                if here and line_after >= 0:
                    yield True

    def reveal(self, spot: Spot) -> int | None:
        """Unfold the way to a place, and give its row."""
        for path, number in spot.way:
            self._folds[path] = True
            if number >= self._shown.get(path, PAGE):
                self._shown[path] = (number // PAGE + 1) * PAGE
        if spot.line >= 0:
            self._folds[spot.path] = True
        self._lay_out()
        return self.row_of(spot.path, spot.line)
