"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# Nobody's own settings and memory take part, in this process or in those that it starts.
for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
    os.environ[name] = "/nonexistent"

# Properties are judged by what they assert, never by how long a busy machine took for one example.
settings.register_profile("asgispy", deadline=None)
settings.load_profile("asgispy")


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: half of the tests wait for a server or a terminal most of the time."""
    return (os.cpu_count() or 1) + 2
