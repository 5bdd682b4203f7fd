"""Real servers from start to end, as the user of `asgispy run` meets them."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from asgispy.errors import UsageError
from asgispy.launch.port import answers
from asgispy.launch.supervisor import ServerState, Supervisor
from asgispy.settings import Launch
from tests.launch.running import APPLICATION, Watched, answer, edit, free_port, get, started
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = ("uvicorn", "hypercorn", "daphne", "granian")
READY = {"uvicorn": "Application startup complete", "hypercorn": "Running on", "granian": "Started worker-"}
WITH_LIFESPAN = ("uvicorn", "hypercorn", "granian")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APPLICATION)
    return tmp_path


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_starts_answers_and_stops_gracefully(folder: Path, server: str) -> None:
    with started(folder, server=server) as watched:
        watched.until(ServerState.RUNNING)
        assert watched.supervisor.address == f"http://127.0.0.1:{watched.supervisor.launch.options['port']}"
        assert answer(watched.supervisor.address).startswith("hello")
        assert watched.supervisor.stop() == 0
        assert watched.supervisor.verdict == 0
    assert watched.states == [
        ServerState.STARTING,
        ServerState.RUNNING,
        ServerState.STOPPING,
        ServerState.STOPPED,
    ]
    if server in WITH_LIFESPAN:
        assert "seen lifespan.shutdown" in watched.text
    assert "Traceback" not in watched.text


@pytest.mark.parametrize("server", WITH_LIFESPAN)
def test_all_workers_start_and_all_shut_down(folder: Path, server: str) -> None:
    with started(folder, server=server, workers=2) as watched:
        watched.until_said(READY[server], 2)
        watched.until_said("seen lifespan.startup", 2)
        assert answer(watched.supervisor.address).startswith("hello")
        watched.supervisor.stop()
        assert watched.text.count("seen lifespan.shutdown") == 2
        assert watched.supervisor.verdict == 0


@pytest.mark.parametrize("server", WITH_LIFESPAN)
def test_a_change_reloads_the_application(folder: Path, server: str) -> None:
    options: dict[str, Any] = {} if server == "hypercorn" else {"reload_dirs": (str(folder),)}
    with started(folder, server=server, reload=True, **options) as watched:
        watched.until_said("seen lifespan.startup")
        watched.until(ServerState.RUNNING)  # only now the server has said where it listens
        before = answer(watched.supervisor.address)
        changed = APPLICATION.replace("hello", "world")
        edit(folder / "main.py", changed, lambda: answer(watched.supervisor.address)[:5] == "world", "a reload")
        assert before.startswith("hello")
        assert watched.supervisor.state is ServerState.RUNNING


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_a_reload_survives_an_import_error(folder: Path, server: str) -> None:
    with started(folder, server=server, reload=True, reload_dirs=(str(folder),)) as watched:
        watched.until_said("seen lifespan.startup")
        error = "ZeroDivisionError: division by zero"
        edit(folder / "main.py", "1/0", lambda: error in watched.text, "the error")
        edit(folder / "main.py", APPLICATION, lambda: watched.text.count("startup") > 1, "the next generation")
        assert answer(watched.supervisor.address).startswith("hello")
        watched.supervisor.stop()
        assert watched.supervisor.verdict == 0
        assert "asgispy" not in watched.text


@pytest.mark.parametrize(("server", "workers"), [*((each, 1) for each in SERVERS), ("uvicorn", 2)])
def test_an_import_error_is_shown_as_the_users(folder: Path, server: str, workers: int) -> None:
    (folder / "main.py").write_text("def first():\n    import usersnothing\nfirst()\n")
    options: dict[str, Any] = {"workers": workers} if workers > 1 else {}
    with started(folder, server=server, **options) as watched:
        watched.until(ServerState.FAILED)
        assert "ModuleNotFoundError: No module named 'usersnothing'" in watched.text
        assert watched.text.count("  File ") == 2 * watched.text.count("Traceback")
        assert "asgispy" not in watched.text
        assert watched.supervisor.verdict == 1
        assert watched.supervisor.ending == "main:app failed to load"


@pytest.mark.parametrize("server", SERVERS)
def test_a_wrong_target_ends_in_one_line_and_code_2(folder: Path, server: str) -> None:
    with started(folder, "main:ap", server) as watched:
        watched.until(ServerState.FAILED)
        assert "asgispy: main has no attribute 'ap': did you mean 'app'?" in watched.text.splitlines()
        assert "Traceback" not in watched.text
        assert watched.supervisor.verdict == 2
        assert watched.supervisor.ending == f"{server} found no application at main:ap"


@pytest.mark.parametrize(("server", "workers"), [("uvicorn", 1), *((each, 2) for each in WITH_LIFESPAN)])
def test_a_failed_startup_is_a_failure(folder: Path, server: str, workers: int) -> None:
    (folder / "main.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'lifespan.startup.failed', 'message': 'no database'})\n"
    )
    with started(folder, server=server, workers=workers) as watched:
        watched.until(ServerState.FAILED)
        assert "no database" in watched.text
        assert watched.supervisor.verdict == 1


def test_a_wsgi_application_runs_too(folder: Path) -> None:
    (folder / "main.py").write_text(
        "def app(environ, start_response):\n  start_response('200 OK', [])\n  return [b'w']"
    )
    with started(folder) as watched:
        watched.until(ServerState.RUNNING)
        assert get(watched.supervisor.address) == "w"


@pytest.mark.parametrize("server", SERVERS)
def test_unix_sockets(folder: Path, server: str) -> None:
    path = str(folder / "s")
    with started(folder, server=server, uds=path) as watched:
        watched.until(ServerState.RUNNING)
        assert watched.supervisor.address == f"unix:{path}"
        # Granian says so before its workers listen, and a client that comes too early leaves its socket open.
        eventually(lambda: answers("", None, path), "something listens")
        with httpx.Client(transport=httpx.HTTPTransport(uds=path)) as client:
            assert client.get("http://x/").text.startswith("hello")


@pytest.mark.parametrize("server", SERVERS)
def test_tls(folder: Path, server: str) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert"))
    (folder / "key").write_bytes(pkcs8(issued.private_key_pem.bytes()))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    files = {"ssl_keyfile": str(folder / "key"), "ssl_certfile": str(folder / "cert")}
    with started(folder, server=server, **files) as watched:
        watched.until(ServerState.RUNNING)
        address = watched.supervisor.address
        assert address
        assert address.startswith("https://127.0.0.1:")
        with httpx.Client(transport=httpx.HTTPTransport(verify=context, retries=5)) as client:
            assert client.get(address).text.startswith("hello")


def pkcs8(pem: bytes) -> bytes:
    """The one form of key that granian reads."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "daphne"])
def test_an_inherited_socket(folder: Path, server: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        with started(folder, server=server, fd=listener.fileno()) as watched:
            watched.until_said("seen lifespan.startup" if server != "daphne" else "Configuring endpoint fd")
            assert answer(f"http://127.0.0.1:{listener.getsockname()[1]}").startswith("hello")


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_any_port_is_found(folder: Path, server: str) -> None:
    with started(folder, server=server, port=0) as watched:
        watched.until(ServerState.RUNNING)
        assert answer(watched.supervisor.address).startswith("hello")


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_silent_server_is_still_seen_to_run(folder: Path, server: str) -> None:
    with started(folder, server=server, log_level="critical") as watched:
        watched.until(ServerState.RUNNING)
        assert watched.supervisor.address == f"http://127.0.0.1:{watched.supervisor.launch.options['port']}"


@pytest.mark.parametrize("server", SERVERS)
def test_a_port_in_use_is_known_before_anything_starts(server: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        watched = Watched(Launch("main:app", server=server, options={"port": port}))
        with pytest.raises(UsageError, match=f"Port {port} on 127.0.0.1 is in use: choose another with --port"):
            watched.supervisor.check()


@pytest.mark.parametrize(
    ("launch", "said"),
    [
        (Launch("a", options={"port": 70000}), "Port 70000 does not exist"),
        (Launch("a", options={"host": "no.such.host.invalid", "port": 1}), "can't be found"),
        (Launch("a", options={"host": "203.0.113.1", "port": 0}), ""),
        (Launch("a", options={"host": "203.0.113.1", "port": 1234}), "choose another with --host"),
        (Launch("a", options={"host": "localhost", "port": 0}), ""),
        (Launch("a", options={"fd": 987}), "--fd 987: no file is open under this number"),
        (Launch("a", options={"port": "http"}), "Port 'http' is not a number"),
        (Launch("a", app_dir="/no/such"), "--app-dir /no/such: there is no such folder"),
        (Launch("a", options={"ssl_keyfile": "/no/such"}), "--ssl-keyfile /no/such: there is no such file"),
        (Launch("a", server="daphne", options={"workers": 2}), "daphne has no --workers"),
        (Launch("a", server="nginx"), "There is no server 'nginx'"),
    ],
)
def test_what_can_be_known_beforehand_is_said_beforehand(launch: Launch, said: str) -> None:
    supervisor = Watched(launch).supervisor
    if not said:
        supervisor.check()
        return
    with pytest.raises(UsageError) as caught:
        supervisor.check()
    assert said in str(caught.value)


def test_a_killed_server_failed_and_can_be_started_again(folder: Path) -> None:
    with started(folder) as watched:
        watched.until(ServerState.RUNNING)
        pid = watched.supervisor.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        watched.until(ServerState.FAILED)
        assert watched.supervisor.ending == "uvicorn was killed by SIGKILL"
        assert (watched.supervisor.exit_code, watched.supervisor.verdict) == (-9, 1)
        assert watched.supervisor.pid is None
        watched.supervisor.restart()
        assert answer(f"http://127.0.0.1:{watched.supervisor.launch.options['port']}").startswith("hello")


@pytest.mark.parametrize("server", WITH_LIFESPAN)
def test_a_killed_manager_leaves_no_workers_and_frees_the_port(folder: Path, server: str) -> None:
    with started(folder, server=server, workers=2) as watched:
        watched.until_said("seen lifespan.startup", 2)
        os.kill(watched.supervisor.pid or 0, signal.SIGKILL)
        watched.until(ServerState.FAILED)
        watched.supervisor.check()


def test_a_server_that_ends_by_itself_ended(folder: Path) -> None:
    with started(folder, limit_max_requests=1) as watched:
        watched.until(ServerState.RUNNING)
        get(watched.supervisor.address)
        watched.until(ServerState.ENDED)
        assert (watched.supervisor.ending, watched.supervisor.verdict) == ("uvicorn exited with code 0", 0)


def test_a_server_that_will_not_stop_is_killed_with_its_children(folder: Path) -> None:
    (folder / "main.py").write_text(
        APPLICATION
        + "import subprocess, sys, time\n"
        + "subprocess.Popen([sys.executable, '-c', 'import signal, time; signal.signal(15, 1); time.sleep(60)'])\n"
        + "async def blocked(scope, receive, send):\n"
        + "    if scope['type'] == 'http':\n        print('blocking', flush=True)\n        time.sleep(60)\n"
        + "    await app(scope, receive, send)\n"
    )
    with started(folder, "main:blocked") as watched:
        watched.until(ServerState.RUNNING)
        client = socket.create_connection(("127.0.0.1", int(str(watched.supervisor.launch.options["port"]))))
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        watched.until_said("blocking")
        assert watched.supervisor.stop(0.5) == -signal.SIGKILL
        client.close()
        assert watched.supervisor.ending == "uvicorn did not stop in time and was killed"
        assert (watched.supervisor.state, watched.supervisor.verdict) == (ServerState.STOPPED, 1)


def test_a_grandchild_that_keeps_the_pipe_open_keeps_nobody_waiting(folder: Path) -> None:
    (folder / "main.py").write_text(
        APPLICATION + "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(5)'], start_new_session=True)\n"
    )
    with started(folder) as watched:
        watched.until(ServerState.RUNNING)
        assert watched.supervisor.stop(3) == 0


def test_output_arrives_whole_and_in_order(folder: Path) -> None:
    (folder / "main.py").write_text(
        "import sys\n"
        "sys.stdout.buffer.write(b'bad \\xff byte\\r\\n' + b'x' * 20000 + b'\\n')\n"
        "for n in range(50000): print('line', n)\n"
        "sys.stdout.write('no end')\n"
        "sys.exit(5)\n"
    )
    with started(folder) as watched:
        watched.until(ServerState.FAILED)
        texts = [line.text for line in watched.lines if line.stream == "stdout"]
        assert texts[0] == "bad \\xff byte"
        assert [len(text) for text in texts[1:4]] == [8192, 8192, 3616]
        assert texts[4:-1] == [f"line {n}" for n in range(50000)]
        assert texts[-1] == "no end"
        assert "SystemExit: 5" in watched.text
        assert watched.supervisor.verdict == 1


def test_stopping_twice_from_many_threads_is_harmless(folder: Path) -> None:
    with started(folder) as watched:
        watched.until(ServerState.RUNNING)
        threads = [threading.Thread(target=watched.supervisor.stop) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert watched.states.count(ServerState.STOPPED) == 1
        assert "seen lifespan.shutdown" in watched.text
        assert watched.supervisor.stop() == 0


def test_stopping_while_it_starts_is_no_failure(folder: Path) -> None:
    (folder / "main.py").write_text("print('importing', flush=True)\nimport time\ntime.sleep(30)\n")
    with started(folder) as watched:
        watched.until_said("importing")
        watched.supervisor.stop()
        assert (watched.supervisor.state, watched.supervisor.verdict) == (ServerState.STOPPED, 0)
        assert "Traceback" not in watched.text


def test_what_was_never_started_can_be_stopped_and_asked() -> None:
    supervisor = Supervisor(Launch("x"), environment={}, on_output=print, on_state=print)
    assert supervisor.stop() == 0
    assert supervisor.wait(0) is None
    assert (supervisor.state, supervisor.pid, supervisor.address) == (ServerState.STOPPED, None, None)


def test_a_package_in_the_users_folder_can_not_take_our_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "asgispy").mkdir()
    (folder / "asgispy" / "__init__.py").write_text("raise RuntimeError('not ours')")
    (folder / "__init__.py").write_text("")
    monkeypatch.chdir(folder)
    for server in WITH_LIFESPAN:
        options = {"port": free_port(), "workers": 2}
        watched = Watched(Launch("main", server=server, options=options))
        watched.supervisor.start()
        try:
            watched.until_said("seen lifespan.startup", 2)
        finally:
            watched.supervisor.stop()


def test_processes_that_the_application_spawns_are_left_alone(folder: Path) -> None:
    (folder / "work.py").write_text(
        "import sys, time\ndef report(queue):\n    queue.put('asgispy' in sys.modules)\n    time.sleep(30)\n"
    )
    (folder / "main.py").write_text(
        APPLICATION + "import multiprocessing, work\n"
        "for method in ('spawn', 'fork'):\n"
        "    context = multiprocessing.get_context(method)\n"
        "    queue = context.Queue()\n"
        "    process = context.Process(target=work.report, args=(queue,))\n"
        "    process.start()\n"
        "    print(method, 'loaded ours:', queue.get(), flush=True)\n"
        "    process.terminate()\n"
        "    process.join()\n"
        "    print(method, 'ended with', process.exitcode, flush=True)\n"
    )
    with started(folder) as watched:
        watched.until(ServerState.RUNNING)
        assert "spawn loaded ours: False" in watched.text
        assert "spawn ended with -15" in watched.text
        assert "fork ended with -15" in watched.text
