"""The console: what people open in a browser to set the service up, watch it and ask it why."""

from router.web.console.app import create_console

__all__ = ["create_console"]
