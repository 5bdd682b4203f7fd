"""Random filters, most of which say something about the connections of tests/tui/build."""

from __future__ import annotations

from hypothesis import strategies as st

NUMBERS = st.sampled_from(["0", "1", "2", "3", "7", "101", "200", "404", "500", "1000", "1006", "1011", "4001", "4002"])
DURATIONS = st.sampled_from(["0", "2ms", "5.0ms", "6ms", "31ms", "48ms", "100ms", "0.25s", "1s", "420ms"])
SIZES = st.sampled_from(["0", "5", "20", "680", "0.7K", "1K", "3K", "64K", "1MB"])
MOMENTS = st.sampled_from(["2026-09-21", "2026-09-21T14:13:20", "2026-09-21T14:13:21Z", "00:00", "14:13", "16:13:22"])
WORDS = [
    "api",
    "/api",
    "products",
    "LAMP",
    "hello, world",
    "sku-1138",
    "KeyError",
    "page",
    "ws",
    "json",
    "404",
    "ß",
    "É",
]
WORDS += ["tick 3", "curl", "*", "Bearer", "127.0.0.1", "é", "x y", "%", "İ", "K", "\\u"]
TEXTS = ["path", "route", "query", "method", "client", "exception", "server", "mark", "comment"]
EVENTS = ["body", "request.body", "response.body", "text"]
NAMED = ["header:accept", "header:content-type=json", "response.header:x-*", "request.header:Host=8000", "cookie:a"]
NAMED += ["scope:type=http", "scope:asgi.version=3.*", "scope:state", "header:content-type~^text/", "-header:x-none"]
CHOICES = ["type:http", "type:websocket,lifespan", "state:open", "state:failed,aborted", "is:open", "is:hanging"]
CHOICES += [
    "is:error",
    "is:marked",
    "is:hidden",
    "is:completed",
    "has:exception",
    "has:body",
    "has:query",
    "has:status",
]
CHOICES += ["has:close", "has:messages", "has:gap", "has:mark", "has:comment"]
GLOBS = ["/api/*", "*products*", "/", "/api/products/113?", "*", "G*T", "*.css", "/ws/*", "http*", "KeyError*38*", "?"]
EXPRESSIONS = [r"^/api/\w+$", r"\d{3,}", "lamp|chat", "^$", r"[aeiou]\.", "(?-i:Key)"]


def quoted(text: str) -> str:
    """As a quoted value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ranged(names: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    compared = st.builds(
        "{}:{}{}".format, st.sampled_from(names), st.sampled_from(["", ">", ">=", "<", "<=", "="]), values
    )
    listed = st.builds("{}:{},{}".format, st.sampled_from(names), values, values)
    return st.one_of(compared, listed, st.builds("{}:{}..".format, st.sampled_from(names), values))


def texts() -> st.SearchStrategy[str]:
    """Terms about texts of the summary."""
    value = st.one_of(
        st.builds(quoted, st.sampled_from(WORDS)),
        st.builds(lambda word: "=" + quoted(word), st.sampled_from([*WORDS, "GET", "/", "/api/report"])),
        st.sampled_from(GLOBS),
    )
    expression = st.builds(
        lambda name, text: f"{name}~{quoted(text)}", st.sampled_from(TEXTS), st.sampled_from(EXPRESSIONS)
    )
    return st.one_of(
        st.builds("{}:{}".format, st.sampled_from(TEXTS), value.filter(lambda text: not text.startswith("/"))),
        st.builds("{}:{}".format, st.sampled_from(["path", "route", "query"]), value),
        expression,
    )


def event_terms() -> st.SearchStrategy[str]:
    """Terms that read events."""
    return st.one_of(
        st.builds("{}:{}".format, st.sampled_from(EVENTS), st.builds(quoted, st.sampled_from(WORDS))),
        st.builds(quoted, st.sampled_from(WORDS)),
        st.sampled_from(NAMED),
        st.builds(lambda name, text: f"{name}~{quoted(text)}", st.sampled_from(EVENTS), st.sampled_from(EXPRESSIONS)),
    )


def plain_terms() -> st.SearchStrategy[str]:
    """Terms that the summary answers."""
    return st.one_of(
        _ranged(["status", "close", "id", "messages", "process", "worker", "pid"], NUMBERS),
        st.sampled_from(["status:4xx", "status:2xx,5xx", "-status:200", "status:>=4xx", "status:..299"]),
        _ranged(["duration", "first_byte", "gap"], DURATIONS),
        _ranged(["size", "sent", "received"], SIZES),
        _ranged(["started"], MOMENTS).filter(lambda text: ",00" not in text),
        st.sampled_from(CHOICES),
        texts(),
    )


def filters(terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Terms joined in every way."""
    return st.recursive(
        terms,
        lambda inner: st.one_of(
            st.builds("({} {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("-{}".format, inner),
            st.builds("not {}".format, inner),
        ),
        max_leaves=6,
    )
