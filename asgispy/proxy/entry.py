"""The module that a server is handed for `asgispy proxy`: the application that the environment describes."""

from __future__ import annotations

import os

from asgispy.proxy.application import Proxy
from asgispy.proxy.settings import HANDOVER, read_forwarding

if HANDOVER in os.environ:
    app = Proxy(read_forwarding(os.environ[HANDOVER]))
