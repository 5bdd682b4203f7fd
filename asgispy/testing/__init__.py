"""Holds applications under test against the rules of ASGI: `watch`, and the same as a pytest fixture (`plugin`)."""

from asgispy.testing.watching import FindingsError, Watch, watch

__all__ = ["FindingsError", "Watch", "watch"]
