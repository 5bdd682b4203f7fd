"""Options by uvicorn's names as each server's own command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest

from asgispy.errors import MissingExtra, UsageError
from asgispy.launch.servers import SERVERS, Listening, find_server, uvicorn_options

if TYPE_CHECKING:
    from asgispy.launch.servers import Server


def test_uvicorns_own_options_are_offered_without_a_list_of_them() -> None:
    names = {option.name for option in uvicorn_options()}
    assert {"host", "port", "reload", "workers", "ssl_keyfile", "http", "ws", "headers", "factory"} <= names
    assert not {"app", "version", "help"} & names


def test_uvicorns_tokens_parse_back_to_the_same_values() -> None:
    from uvicorn.main import main

    given: dict[str, Any] = {
        "host": "::1",
        "port": 0,
        "reload": True,
        "reload_dirs": (".", "/"),
        "access_log": False,
        "use_colors": True,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 1.5,
        "headers": ("-x: y", "a:b"),
        "root_path": "-odd",
        "log_level": "trace",
    }
    tokens = find_server("uvicorn").arguments(given, ["--workers", "2"])
    parsed = main.make_context("uvicorn", tokens).params
    assert {name: parsed[name] for name in given} == given
    assert parsed["app"] == "asgispy.launch.entry:app"
    assert (parsed["interface"], parsed["workers"], parsed["timeout_graceful_shutdown"]) == ("asgi3", 2, 3)


@pytest.mark.parametrize("option", uvicorn_options(), ids=lambda option: option.name)
def test_every_option_of_uvicorn_is_passed_on(option: click.Option) -> None:
    from uvicorn.main import main

    if option.name in {"factory", "interface", "app_dir"}:
        return
    value = example(option)
    tokens = find_server("uvicorn").arguments({str(option.name): value}, [])
    assert main.make_context("uvicorn", tokens).params[str(option.name)] == value


def example(option: click.Option) -> object:
    if option.is_flag:
        return not option.default
    if option.multiple:
        return ("/",)
    if isinstance(option.type, click.Choice):
        return option.type.choices[-1]
    if isinstance(option.type, click.Path):
        return "/"
    return {"integer": 7, "float": 1.5, "boolean": False}.get(option.type.name, "/x")


def test_what_a_user_gave_for_the_grace_period_is_kept() -> None:
    tokens = find_server("uvicorn").arguments({"timeout_graceful_shutdown": 9}, [])
    assert [each for each in tokens if "graceful" in each] == ["--timeout-graceful-shutdown=9"]


MAPPED = {
    "hypercorn": {
        "--bind=[::1]:9": {"host": "::1", "port": 9},
        "--bind=0.0.0.0:8000": {"host": "0.0.0.0"},
        "--bind=unix:/s": {"uds": "/s"},
        "--bind=fd://5": {"fd": 5},
        "--reload": {"reload": True},
        "--workers=2": {"workers": 2},
        "--root-path=/p": {"root_path": "/p"},
        "--log-level=debug": {"log_level": "trace"},
        "--certfile=c": {"ssl_certfile": "c"},
        "--keyfile=k": {"ssl_keyfile": "k"},
        "--ca-certs=a": {"ssl_ca_certs": "a"},
        "--verify-mode=CERT_REQUIRED": {"ssl_cert_reqs": 2},
    },
    "daphne": {
        "--port=9": {"port": 9},
        "--bind=::1": {"host": "::1"},
        "--unix-socket=/s": {"uds": "/s"},
        "--fd=5": {"fd": 5},
        "--root-path=/p": {"root_path": "/p"},
        "--verbosity=0": {"log_level": "error"},
        "--endpoint=ssl:port=9:interface=127.0.0.1:privateKey=k\\:1:certKey=c": {
            "port": 9,
            "ssl_keyfile": "k:1",
            "ssl_certfile": "c",
        },
    },
    "granian": {
        "--host=::1": {"host": "::1"},
        "--port=9": {"port": 9},
        "--uds=/s": {"uds": "/s"},
        "--reload": {"reload": True},
        "--reload-paths=/d": {"reload_dirs": ("/d",)},
        "--workers=2": {"workers": 2},
        "--url-path-prefix=/p": {"root_path": "/p"},
        "--ssl-certificate=c": {"ssl_certfile": "c"},
        "--ssl-keyfile=k": {"ssl_keyfile": "k"},
    },
}


@pytest.mark.parametrize(
    ("server", "token", "options"),
    [(server, token, options) for server, rows in MAPPED.items() for token, options in rows.items()],
)
def test_options_that_matter_to_all_servers_map_over(server: str, token: str, options: dict[str, object]) -> None:
    assert token in find_server(server).arguments(options, [])


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS.keys())
def test_what_stood_after_the_dashes_comes_last_and_unchanged(server: Server) -> None:
    assert server.arguments({"port": 9}, ["--odd", "x y"])[-2:] == ["--odd", "x y"]


@pytest.mark.parametrize(
    ("server", "options", "said"),
    [
        ("daphne", {"workers": 2}, "daphne has no --workers"),
        ("daphne", {"reload": True}, "daphne has no --reload"),
        ("hypercorn", {"reload_dirs": ("x",)}, "hypercorn has no --reload-dir:"),
        ("granian", {"http": "h11"}, "granian has no --http:"),
        ("granian", {"fd": 3}, "granian has no --fd"),
        ("hypercorn", {"headers": ("a:b",)}, "hypercorn has no --header:"),
        ("uvicorn", {"quic": 1}, "uvicorn has no --quic"),
        ("daphne", {"ssl_keyfile": "k"}, "daphne needs both --ssl-keyfile and --ssl-certfile"),
    ],
)
def test_an_option_that_a_server_lacks_is_an_error(server: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_server(server).arguments(options, [])
    assert said in str(caught.value)


def test_an_unknown_server_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError, match="no server 'gunicorn': choose one of uvicorn, hypercorn, daphne, granian"):
        find_server("gunicorn")


def test_a_missing_server_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'asgispy\[daphne\]'"):
        find_server("daphne")


@pytest.mark.parametrize(
    ("server", "line", "address"),
    [
        ("uvicorn", "INFO: Uvicorn running on http://[::1]:80 (Press CTRL+C to quit)", "http://[::1]:80"),
        ("uvicorn", "INFO: Uvicorn running on unix socket /a b (Press CTRL+C to quit)", "unix:/a b"),
        ("hypercorn", "[INFO] Running on http://unix:/tmp/s (CTRL + C to quit)", "unix:/tmp/s"),
        ("hypercorn", "[INFO] Running on https://[::1]:80 (CTRL + C to quit)", "https://[::1]:80"),
        ("daphne", "INFO Listening on TCP address ::1:80", "http://[::1]:80"),
        ("granian", "[INFO] Listening at: http://unix:/tmp/s", "unix:/tmp/s"),
        ("uvicorn", "GET /Uvicorn running on", None),
    ],
)
def test_addresses_are_found_in_the_output(server: str, line: str, address: str | None) -> None:
    assert find_server(server).address(line, Listening("127.0.0.1", 80)) == address


def test_a_port_from_the_environment_counts_where_the_server_reads_it() -> None:
    environment = {"UVICORN_PORT": "81", "UVICORN_HOST": "::1"}
    assert find_server("uvicorn").listening({}, environment).url == "http://[::1]:81"
    assert find_server("uvicorn").listening({"port": 82}, environment).url == "http://[::1]:82"
    assert find_server("daphne").listening({}, environment).url == "http://127.0.0.1:8000"
