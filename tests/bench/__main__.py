"""`python -m tests.bench [--quick]`: measures and prints the table of budgets (Linux only: it reads /proc)."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from tests.bench import collector, in_process, insight, overhead


def main() -> None:
    """Print a line for each budget as soon as it is measured."""
    quick = "--quick" in sys.argv
    rounds = 15 if quick else 60
    say("what", "measured", "budget")
    say("----", "--------", "------")
    for name, ratio in overhead.measure_hello(rounds).items():
        budget = "≤ 1.15, aim 1.08" if name == "asgispy" else ""
        say(f"server CPU per request, hello world: {name}", f"{ratio:.2f} of bare", budget)
    for name, ratio in overhead.measure_fastapi(rounds).items():
        budget = "≤ 1.03" if name == "asgispy" else ""
        say(f"server CPU per request, FastAPI: {name}", f"{ratio:.2f} of bare", budget)
    budgets = {"per request": "≤ 3 µs", "per further chunk": "≤ 0.5 µs", "nobody listening": "≤ 0.5 µs"}
    for name, microseconds in in_process.measure(rounds).items():
        say(f"in process, {name}", f"+{microseconds:.2f} µs", budgets.get(name, ""))
    for name, (microseconds, ratio) in insight.measure(rounds).items():
        say(f"watching {name}, per request", f"+{microseconds:.2f} µs", f"{ratio:.2f} × without")
    for name, microseconds in insight.measure_words(rounds).items():
        say(f"watching output, per {name}", f"+{microseconds:.2f} µs", "")
    rate, wall, size = (statistics.median(each) for each in zip(*(collector.measure() for _ in range(5)), strict=True))
    say("collector, connections per CPU second", f"{rate:,.0f}", "≥ 30,000")
    say("collector, CPU with checks, against without", f"{collector.checks_ratio():.2f}", "≤ 1.30")
    say("collector, connections per second", f"{wall:,.0f}", "")
    say("collector, bytes on disk per connection", f"{size:.0f}", "≤ 500")
    say("asgispy --help", f"{startup():.2f} s", "≤ 0.15 s")


def startup() -> float:
    """Median seconds of `asgispy --help`."""
    times = []
    for _ in range(9):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "asgispy", "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def say(*cells: str) -> None:
    """One row."""
    print(f"{cells[0]:<56} {cells[1]:>14}   {cells[2]}", flush=True)


if __name__ == "__main__":
    main()
