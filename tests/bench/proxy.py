"""`python -m tests.bench.proxy`: what `asgispy proxy` costs, beside mitmdump's reverse mode where that is installed.

Requests per second and the delay of a stream's first event, direct and forwarded in turn; and what memory a body of
1 GiB takes. Linux only: it reads /proc.
"""

from __future__ import annotations

import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.servers import REQUEST, Server, free_port

ROUNDS = 15
REQUESTS = 1_600
EVENTS = 40
GIBIBYTE = 1 << 30
APPLICATIONS = "tests.bench.applications"


def main() -> None:
    """Print what is measured."""
    with ExitStack() as stack:
        servers = _servers(stack)
        for name, rate in measure_rates(servers).items():
            print(f"{name:<24} {rate[0]:>10,.0f} requests/s   {rate[1]:.3f} of direct")
        for name, delay in measure_first_events(servers).items():
            print(f"{name:<24} {delay * 1e3:>10.2f} ms to a stream's first event")
        print(f"{'asgispy proxy':<24} {measure_memory(servers):>10.1f} MB more at a body of 1 GiB")


def _servers(stack: ExitStack) -> dict[str, Server]:
    direct = Server.uvicorn(f"{APPLICATIONS}:streaming")
    direct.wait()
    url = f"http://127.0.0.1:{direct.port}"
    port = free_port()
    command = [sys.executable, "-m", "asgispy", "proxy", url, "--headless", "--port", str(port)]
    servers = {"direct": direct, "asgispy proxy": Server(command, port=port)}
    if program := shutil.which("mitmdump"):
        servers["mitmdump, reverse"] = Server([program, "-q", "--mode", f"reverse:{url}", "-p", "{port}"])
    for server in servers.values():
        stack.callback(server.stop)
        server.wait()
    return servers


def measure_rates(servers: dict[str, Server], rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Requests per second (median of the rounds), and the median of their ratios to direct."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds + 1):
        for name, server in servers.items():
            rates[name].append(_rate(server))
    for found in rates.values():
        del found[0]  # caches were cold
    ratios = {name: [a / b for a, b in zip(found, rates["direct"], strict=True)] for name, found in rates.items()}
    return {name: (statistics.median(rates[name]), statistics.median(ratios[name])) for name in rates}


def _rate(server: Server) -> float:
    """Requests per second: by wrk where it is installed, since a client in Python is the slower part."""
    if program := shutil.which("wrk"):
        command = [program, "-t1", "-c16", "-d1", f"http://127.0.0.1:{server.port}/"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return float(said.partition("Requests/sec:")[2].split()[0])
    began = time.perf_counter()
    server.load(REQUESTS)
    return REQUESTS / (time.perf_counter() - began)


def measure_first_events(servers: dict[str, Server]) -> dict[str, float]:
    """Seconds (median) from a request to the first event of a stream that goes on for half a second."""
    delays: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(EVENTS):
        for name, server in servers.items():
            if len(delays[name]) < (5 if name.startswith("mitm") else EVENTS):  # it waits for the end of the stream
                delays[name].append(_first_event(server.port))
    return {name: statistics.median(found) for name, found in delays.items()}


def _first_event(port: int) -> float:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.perf_counter()
        connection.sendall(REQUEST.replace(b"GET / ", b"GET /events "))
        data = b""
        while b"data:" not in data:
            data += connection.recv(65536)
        return time.perf_counter() - began


def measure_memory(servers: dict[str, Server]) -> float:
    """Megabytes by which the proxy's processes grew at their most while 1 GiB went down and 1 GiB went up."""
    proxy = servers["asgispy proxy"]
    family = _family(proxy.process.pid)
    for pid in family:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the peak until now
    before = sum(_memory(pid, "VmRSS") for pid in family)
    _download(proxy.port)
    _upload(proxy.port)
    return (sum(_memory(pid, "VmHWM") for pid in family) - before) / 1024


def _download(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /gibibyte HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        received = 0
        while piece := connection.recv(1 << 20):
            received += len(piece)
    assert received > GIBIBYTE, received


def _upload(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % GIBIBYTE)
        piece = bytes(1 << 20)
        for _ in range(GIBIBYTE >> 20):
            connection.sendall(piece)
        data = b""
        while b"}" not in data:
            data += connection.recv(65536)
    assert b'{"size": %d}' % GIBIBYTE in data


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    every = Path(f"/proc/{pid}/task").iterdir()
    found = {int(child) for task in every for child in (task / "children").read_text().split()} | set(
        map(int, children)
    )
    return [pid, *found]


def _memory(pid: int, what: str) -> int:
    match = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) if match else 0


if __name__ == "__main__":
    main()
