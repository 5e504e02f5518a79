"""Ceiling (b): the product's own callback endpoint over a ledger that stores nothing and says yes at once."""

import sys
from typing import Any

from router.clock import system_clock
from router.commands.serve import run_server
from router.services import Services
from router.settings import read_settings
from router.web.callback import Callback


class Unstored:
    """Takes everything, keeps nothing."""

    async def write_each(self, _work: object, _item: object) -> None:
        """As quick as a durable store can never be."""

    def subscribe(self, _name: str, _callback: object) -> None:
        """Nothing is ever changed."""


def unstored_services() -> Services:
    """Verify, decrypt and read as the product does; only the store is missing."""
    nothing: Any = Unstored()
    secrets: Any = None
    return Services(read_settings(), nothing, system_clock, secrets)


if __name__ == "__main__":
    run_server(Callback(unstored_services()), "127.0.0.1", int(sys.argv[1]))
