"""The forwarding ASGI application: an upstream in any language, watched like an application."""
