"""What stands above the list in the HTML report: counts, durations, traffic over time, routes, findings, and choices.

It is gathered connection by connection, in space that does not grow with their number. What must not move in: the
list and its rows (html_connection).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from asgispy.analysis.phases import AFTER, APP, FLOW
from asgispy.analysis.quantiles import Quantiles
from asgispy.analysis.route import route_of
from asgispy.formats.html.connection import categories, tone
from asgispy.formats.html.drawing import PHASES, axis, columns, labels
from asgispy.formats.html.markup import element, escaped, percent, table
from asgispy.formats.told import method_of, target_of
from asgispy.model.connection import HTTP, LIFESPAN
from asgispy.model.finding import LEVEL_MARKS, LEVEL_NAMES
from asgispy.model.units import format_duration, format_size

if TYPE_CHECKING:
    from asgispy.formats.told import Told
    from asgispy.model.connection import Connection

BINS: Final = 96
"""Columns of traffic over time at most."""
ROUTES: Final = 2_000
"""Routes that are told apart; whatever comes later counts as another one."""
SHOWN: Final = 12
"""Rows of a table."""
TONES: Final = {"good": "answered", "quiet": "open", "warn": "4xx or aborted", "bad": "in trouble"}
"""How connections went, in the order in which columns are stacked."""
OTHER: Final = "other routes"

_CHOICES: Final = (
    ("trouble", "Trouble"), ("found", "Findings"), ("s2", "2xx"), ("s3", "3xx"), ("s4", "4xx"), ("s5", "5xx"),
    ("http", "HTTP"), ("ws", "WebSocket"), ("life", "Lifespan"), ("open", "Open"), ("aborted", "Aborted"),
)  # fmt: skip
_SHARES: Final = (0.5, 0.9, 0.95, 0.99)
_HEAD: Final = (
    ("Time", 0, "at"), ("Method", -1, "m"), ("Path", -1, "p"), ("Status", 1, "st"), ("Size", 2, "n"), ("Took", 3, "n"),
    ("Find", 4, "f"),
)  # fmt: skip


class _Route:
    __slots__ = ("errors", "took", "total")

    def __init__(self) -> None:
        self.took = Quantiles()
        self.errors = 0
        self.total = 0

    def add(self, connection: Connection) -> None:
        self.errors += connection.troubled
        self.took.add(connection.duration or 0)
        self.total += connection.duration or 0


class Overview:
    """Over all connections that were added."""

    def __init__(self) -> None:
        self.count = 0
        self.origin = 0
        """Wall nanoseconds from which the list's bars count: the start of the first connection that was added."""
        self._first = self._last = 0
        self._traffic: tuple[int, int] | None = None
        """From when to when there were others than lifespans."""
        self._categories: Counter[str] = Counter()
        self._took = Quantiles()
        self._routes: dict[str, _Route] = {}
        self._rules: Counter[tuple[int, str]] = Counter()
        self._bins: dict[int, list[int]] = {}
        self._width = 1 << 20
        self._received = self._sent = 0
        self._only = ""

    @property
    def title(self) -> str:
        """What the report is about, in a few words."""
        return self._only if self.count == 1 else f"{self.count:,} connections"

    def add(self, told: Told) -> None:
        """Count a connection."""
        connection = told.connection
        self.count += 1
        self._only = f"{method_of(connection)} {target_of(connection)}"
        end = connection.started + (connection.duration or 0)
        if self.count == 1:
            self.origin = self._first = connection.started
        self._first, self._last = min(self._first, connection.started), max(self._last, end)
        self._categories.update(categories(connection))
        self._received += connection.received
        self._sent += connection.sent
        for finding in told.findings:
            self._rules[-finding.level, finding.rule] += finding.count
        if connection.type == LIFESPAN:
            return
        begin, until = self._traffic or (connection.started, end)
        self._traffic = min(begin, connection.started), max(until, end)
        self._mark(connection)
        if connection.type == HTTP and connection.duration is not None:
            self._took.add(connection.duration)
            self._route(connection).add(connection)

    def _route(self, connection: Connection) -> _Route:
        name = f"{connection.method or 'HTTP'} {route_of(connection.path or '')}"
        if name not in self._routes and len(self._routes) >= ROUTES:
            name = OTHER
        return self._routes.setdefault(name, _Route())

    def _mark(self, connection: Connection) -> None:
        """In the column of its start; columns widen as time goes on."""
        number = connection.started // self._width
        counts = self._bins.setdefault(number, [0] * len(TONES))
        counts[list(TONES).index(tone(connection))] += 1
        while max(self._bins) - min(self._bins) >= BINS:
            joined: dict[int, list[int]] = {}
            for place, some in self._bins.items():
                had = joined.get(place // 2, [0] * len(TONES))
                joined[place // 2] = [one + other for one, other in zip(had, some, strict=True)]
            self._bins = joined
            self._width *= 2

    def html(self) -> str:
        """All of it; nothing for a single connection, whose own line says it."""
        if self.count < 2:
            return ""
        tables = self._route_table() + self._rule_table()
        tables = f'<div class="tables">{tables}</div>' if tables else ""
        charts = f'<div class="charts">{self._over_time()}{self._durations()}</div>'
        return f'<section id="overview">{self._figures()}{charts}{tables}</section>'

    def _figures(self) -> str:
        found = self._categories
        figures = [("Connections", f"{self.count:,}", "")]
        named = (
            ("2xx", "s2", ""), ("3xx", "s3", ""), ("4xx", "s4", "warn"), ("5xx", "s5", "bad"),
            ("Trouble", "trouble", "bad"), ("Aborted", "aborted", "warn"), ("Open", "open", ""),
            ("WebSocket", "ws", ""), ("Lifespan", "life", ""),
        )  # fmt: skip
        figures += [(title, f"{found[key]:,}", kind) for title, key, kind in named if found[key]]
        took = self._took
        if took.count:
            names = [f"p{share * 100:g}" for share in _SHARES]
            values = zip(names, took.at(*_SHARES), strict=True)
            figures += [(name, format_duration(value), "time") for name, value in values]
            figures.append(("Slowest", format_duration(took.largest), "time"))
        figures += [("Received", format_size(self._received), "time"), ("Sent", format_size(self._sent), "time")]
        cells = "".join(f'<div class="{kind}"><dt>{name}</dt><dd>{value}</dd></div>' for name, value, kind in figures)
        return f'<dl class="figures">{cells}</dl>'

    def _over_time(self) -> str:
        if len(self._bins) < 2:
            return ""
        numbers = range(min(self._bins), max(self._bins) + 1)
        counts = [self._bins.get(number, [0] * len(TONES)) for number in numbers]
        since = numbers[0] * self._width
        titles = [
            f"after {format_duration(number * self._width - since)}: {sum(each):,}, of which {each[3]:,} in trouble"
            for number, each in zip(numbers, counts, strict=True)
        ]
        drawn = columns(counts, list(TONES), titles)
        said = f"Connections opened, each column {format_duration(self._width)}"
        legend = "".join(
            f'<span><i class="{kind}"></i>{TONES[kind]}</span>'
            for place, kind in enumerate(TONES)
            if any(each[place] for each in counts)
        )
        caption = f'<figcaption>{said}<span class="legend">{legend}</span></figcaption>'
        return f"<figure>{caption}{drawn}{axis(len(numbers) * self._width)}</figure>"

    def _durations(self) -> str:
        """How many requests took how long, on a scale in which each column is wider than the one before."""
        took = self._took
        low, high = max(1_000, took.smallest), took.largest
        if took.count < 2 or high < 1.5 * low:
            return ""  # they all took the same
        step = (high / low) ** (1 / 48)
        edges = [0, *(int(low * step**number) for number in range(1, 49)), took.largest + 1]
        counts = took.between(sorted(set(edges)))
        bounds = sorted(set(edges))
        titles = [
            f"{format_duration(one)} to {format_duration(other)}: {count:,}"
            for one, other, count in zip(bounds, bounds[1:], counts, strict=False)
        ]
        ticks = [format_duration(int(low * (high / low) ** (place / 4))) for place in range(5)]
        drawn = columns([[count] for count in counts], ("app",), titles)
        return f"<figure><figcaption>Requests by how long they took</figcaption>{drawn}{labels(ticks)}</figure>"

    def _route_table(self) -> str:
        if len(self._routes) < 2:
            return ""
        ranked = sorted(self._routes.items(), key=lambda item: -item[1].total)
        whole = sum(each.total for each in self._routes.values())
        rows = []
        for name, each in ranked[:SHOWN]:
            half, most = each.took.at(0.5, 0.95)
            share = f'<span class="share"><i style="width:{percent(each.total, whole)}"></i></span>'
            rows.append(
                (
                    f"<code>{escaped(name)}</code>", f"{each.took.count:,}",
                    element("b", f"{each.errors:,}", "bad") if each.errors else "", format_duration(half),
                    format_duration(most), f"{format_duration(each.total)} {share}",
                )
            )  # fmt: skip
        more = f"<p>{len(ranked) - SHOWN:,} more routes took less.</p>" if len(ranked) > SHOWN else ""
        head = ("Route", "Requests", "Trouble", "p50", "p95", "In all")
        return f"<div><h2>Routes by the time they took</h2>{table(head, rows, 'lrrrrr', 'steps')}{more}</div>"

    def _rule_table(self) -> str:
        if not self._rules:
            return ""
        ranked = sorted(self._rules.items(), key=lambda item: (item[0][0], -item[1]))
        rows = []
        for (level, rule), count in ranked[:SHOWN]:
            name = f"{LEVEL_MARKS.get(-level, '')} {LEVEL_NAMES[-level]}"
            rows.append((element("b", name, f"l{-level}"), element("code", escaped(rule)), f"{count:,}"))
        more = f"<p>{len(self._rules) - SHOWN:,} more rules.</p>" if len(self._rules) > SHOWN else ""
        return f"<div><h2>Findings</h2>{table(('Level', 'Rule', 'Times'), rows, 'llr', 'steps')}{more}</div>"

    def list_head(self) -> str:
        """The beginning of the list: choices, titles of the columns, and the axis of the bars."""
        begin, until = self._traffic or (self._first, self._last)
        whole = max(1, until - begin)
        choices = "".join(
            f'<button type="button" data-c="{key}">{title} <small>{self._categories[key]:,}</small></button>'
            for key, title in _CHOICES if self._categories[key]
        )  # fmt: skip
        head = "".join(element("span", _column_title(title, key), kind) for title, key, kind in _HEAD)
        legend = "".join(
            f'<span><i class="{kind}"></i>{name}</span>'
            for kind, name in (*((kind, PHASES[kind]) for kind in (APP, FLOW, AFTER)), ("socket", "WebSocket"))
        )
        return (
            f'<section id="list" style="--t0:{(begin - self.origin) / 1e6:.3f};--tw:{whole / 1e6:.3f}">'
            f'<form class="tools" hidden><input type="search" placeholder="Filter: words of path, method, status"'
            f' aria-label="Filter"><div class="choices"><button type="button" data-c="" class="on">All'
            f" <small>{self.count:,}</small></button>{choices}</div><output></output>"
            f'<button type="button" id="open">Open all</button></form>'
            f'<p class="legend">{legend}</p>'
            f'<div class="head">{head}<span class="w">{axis(whole)}</span></div>\n'
        )


def _column_title(title: str, key: int) -> str:
    """A button where the list can be sorted by it; the page's script makes it work."""
    return f'<button type="button" disabled data-k="{key}">{title}</button>' if key >= 0 else title
