"""What `module:attr` may lead to, and what is said when it does not."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.errors import TargetError
from asgispy.launch.target import TargetRaised, load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Writes a module of a fresh name and loads a target from it."""
    known = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write_and_load(code: str, attribute: str = ":app", *, interface: str = "auto", factory: bool = False) -> Any:
        (tmp_path / "usersapp.py").write_text(code)
        return load_target(f"usersapp{attribute}", factory=factory, interface=interface, app_dir=str(tmp_path))

    yield write_and_load
    for name in set(sys.modules) - known:
        if name.startswith("usersapp"):
            del sys.modules[name]


def drive(app: Any, kind: str = "http") -> list[dict[str, Any]]:
    """What the application sends for one bare scope."""
    sent: list[dict[str, Any]] = []
    all_incoming: dict[str, list[dict[str, Any]]] = {
        "http": [{"type": "http.request", "body": b""}],
        "websocket": [{"type": "websocket.connect"}],
        "lifespan": [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}],
    }
    incoming = all_incoming[kind]

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def call() -> None:
        await app(scope, receive, send)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "headers": []}
    asyncio.run(call())
    return sent


THREE = """
    await send({"type": "http.response.start", "status": 204, "headers": []})
"""
ASGI = {
    "a function": f"async def app(scope, receive, send):{THREE}",
    "an instance": f"class App:\n  async def __call__(self, scope, receive, send):{THREE}\napp = App()",
    "a partial": f"import functools\nasync def it(x, scope, receive, send):{THREE}\napp = functools.partial(it, 1)",
    "a plain function that returns an awaitable": (
        f"async def it(scope, receive, send):{THREE}\ndef app(scope, receive, send): return it(scope, receive, send)"
    ),
    "a plain decorator with *args": (
        f"async def it(scope, receive, send):{THREE}\ndef app(*args, **kwargs): return it(*args, **kwargs)"
    ),
    "a class that is awaited": (
        "class app:\n  def __init__(self, scope, receive, send): self.send = send\n"
        "  def __await__(self): return self.go().__await__()\n"
        f"  async def go(self):\n    send = self.send{THREE}"
    ),
    "an ASGI 2 function": f"def app(scope):\n  async def inner(receive, send):{THREE}\n  return inner",
    "an ASGI 2 class": (
        f"class app:\n  def __init__(self, scope): pass\n  async def __call__(self, receive, send):{THREE}"
    ),
    "a WSGI function": "def app(environ, start_response):\n  start_response('204 No', [])\n  return []",
    "a WSGI instance": (
        "class A:\n  def __call__(self, environ, start_response):\n    start_response('204 No', [])\n    return []\n"
        "app = A()"
    ),
    "a WSGI class": (
        "class app:\n  def __init__(self, environ, start_response): start_response('204 No', [])\n"
        "  def __iter__(self): return iter([])"
    ),
    "a WSGI object behind *args": (
        "class A:\n  def wsgi_app(self, environ, start_response):\n    start_response('204 No', [])\n    return []\n"
        "  def __call__(self, *args): return self.wsgi_app(*args)\napp = A()"
    ),
}


@pytest.mark.parametrize("code", ASGI.values(), ids=ASGI.keys())
def test_every_convention_answers_as_asgi_3(load: Load, code: str) -> None:
    assert drive(load(code))[0] == {"type": "http.response.start", "status": 204, "headers": []}


def test_an_interface_can_be_forced(load: Load) -> None:
    app = load("def app(*args):\n  args[1]('204 No', [])\n  return []", interface="wsgi")
    assert drive(app)[0]["status"] == 204


def test_a_wsgi_application_starts_stops_and_refuses_websockets(load: Load) -> None:
    app = load("def app(environ, start_response): return []")
    assert [each["type"] for each in drive(app, "lifespan")] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert drive(app, "websocket")[0]["type"] == "websocket.close"


def test_attributes_may_be_dotted_and_a_bare_module_means_its_app(load: Load) -> None:
    code = f"class api:\n  @staticmethod\n  async def v1(scope, receive, send):{THREE}\napp = api.v1"
    assert drive(load(code, ":api.v1")) == drive(load(code, ""))


def test_a_factory_is_called(load: Load) -> None:
    code = f"def make(size=1):\n  async def app(scope, receive, send):{THREE}\n  return app"
    assert drive(load(code, ":make", factory=True))[0]["status"] == 204


WRONG = {
    "nothing like it": ("app = 1", ":apps", "usersapp has no attribute 'apps': did you mean 'app'?"),
    "candidates": (
        "import json\ndef first(a, b): 0\ndef second(): 0",
        ":xyz",
        "usersapp has no attribute 'xyz': it has first, second",
    ),
    "nothing at all": ("one = 1", ":xyz", "usersapp has no attribute 'xyz', nor anything else that can be called"),
    "deep": ("class api: pass", ":api.v9", "usersapp:api has no attribute 'v9', nor anything else"),
    "no callable": ("app = {}", ":app", "usersapp:app is not an application. It is a dict, which can't be called"),
    "none": ("app = None", ":app", "It is None, which can't be called"),
    "four arguments": ("async def app(a, b, c, d): 0", ":app", "usersapp:app takes 4 arguments: an ASGI application"),
    "two, async": ("async def app(a, b): 0", ":app", "usersapp:app takes 2 arguments: an ASGI application takes 3"),
    "a factory": ("def app(): 0", ":app", "takes no arguments, not (scope, receive, send): if it makes"),
    "a class": ("class app: pass", ":app", "usersapp:app is a class: name an instance of it, or pass --factory"),
}


@pytest.mark.parametrize(("code", "attribute", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_target_is_explained_in_one_line(load: Load, code: str, attribute: str, said: str) -> None:
    with pytest.raises(TargetError) as caught:
        load(code, attribute)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


WRONG_FACTORIES = {
    "needs arguments": ("def make(settings): 0", "usersapp:make takes 1 argument, and a factory takes none"),
    "not callable": ("make = 3", "usersapp:make is an int, which can't be called as a factory"),
    "returns nothing": ("def make(): 0", "The factory returned None, which can't be called"),
    "returns an odd thing": ("def make(): return lambda a, b, c, d: 0", "that usersapp:make returned takes 4"),
}


@pytest.mark.parametrize(("code", "said"), WRONG_FACTORIES.values(), ids=WRONG_FACTORIES.keys())
def test_a_wrong_factory_is_explained(load: Load, code: str, said: str) -> None:
    with pytest.raises(TargetError) as caught:
        load(code, ":make", factory=True)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("src/main.py:app", "src/main.py is a path: name the module, as in src.main:app"),
        ("main.py", "main.py is a path: name the module, as in main:app"),
        (":app", "does not name an application: write module:attribute, as in main:app"),
        ("main:", "does not name an application"),
        ("", "does not name an application"),
        ("a..b:app", "does not name an application"),
        ("usersmodul:app", "There is no module 'usersmodul' in"),
        ("usersmodul:app", "did you mean usersmodule?"),
        ("usersmodule.deep:app", "There is no module 'usersmodule.deep' in"),
        ("nothing.like.it:app", "There is no module 'nothing' in"),
    ],
)
def test_a_target_that_names_no_module_is_explained(
    target: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "usersmodule.py").write_text("")
    with pytest.raises(TargetError) as caught:
        load_target(target, factory=False, interface="auto", app_dir=str(tmp_path))
    assert said in str(caught.value)


RAISING = {
    "another module missing": "def f():\n  import usersnothing\nf()",
    "its own package missing": "import usersapp.deeper",
    "a syntax error": "def app(:",
    "an exit": "import sys\nsys.exit(4)",
    "a chain": "try:\n  1/0\nexcept ZeroDivisionError as error:\n  raise RuntimeError('x') from error",
}


@pytest.mark.parametrize("code", RAISING.values(), ids=RAISING.keys())
def test_what_the_users_code_raises_is_shown_as_theirs(load: Load, code: str) -> None:
    with pytest.raises(TargetRaised) as caught:
        load(code)
    assert "usersapp.py" in caught.value.traceback
    assert "importlib" not in caught.value.traceback
    assert "launch" not in caught.value.traceback
    assert caught.value.exit_code == 1


def test_what_a_factory_raises_is_shown_as_theirs(load: Load) -> None:
    with pytest.raises(TargetRaised) as caught:
        load("def make(): return {}['key']", ":make", factory=True)
    first, *_, last = caught.value.traceback.splitlines()
    assert first == "Traceback (most recent call last):"
    assert last == "KeyError: 'key'"
    assert caught.value.traceback.count("  File ") == 1
