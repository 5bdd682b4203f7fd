"""`python -m asgispy`."""

from __future__ import annotations

import sys

from asgispy.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
