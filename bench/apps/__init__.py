"""The server processes that a measurement starts, each with the options of ``liveqr serve``."""
