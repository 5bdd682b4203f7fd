"""See every scope, receive and send of an ASGI application.

The root exports the middleware and the version, nothing else: it is imported in the watched application, so it loads
only the probe (standard library and msgspec).
"""

from asgispy.probe.middleware import SpyMiddleware
from asgispy.version import __version__

__all__ = ["SpyMiddleware", "__version__"]
