"""Settings of the whole suite."""

from __future__ import annotations

from hypothesis import settings

# Properties are judged by what they assert, never by how long a busy machine took for one example.
settings.register_profile("asgispy", deadline=None)
settings.load_profile("asgispy")
