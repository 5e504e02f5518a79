"""``liveqr``: one line for each command; what it does lives in the file of its name in ``commands``."""

import os
import sys
from typing import Annotated

import typer

from router.db.ownership import LedgerOwnedError
from router.settings import Settings, SettingsRefusedError, read_settings

app = typer.Typer(
    name="liveqr",
    help="Live-QR (活码) routing and customer tagging for WeCom.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve() -> None:
    """Serve the web; on SQLite the workers too."""
    from router.commands.serve import serve as act

    act(_own_settings())


@app.command()
def worker() -> None:
    """Run the workers beside `serve` (PostgreSQL only)."""
    from router.commands.worker import work

    sys.exit(work(_own_settings()))


@app.command()
def sandbox() -> None:
    """Run the local platform that stands in for WeCom."""
    from router.commands.sandbox import serve as act

    act(_own_settings())


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    from router.commands.migrate import migrate as act

    act(_own_settings())


@app.command()
def password(username: Annotated[str, typer.Argument(help="Who cannot sign in any more.")] = "admin") -> None:
    """Give a user of the console a new password; it is printed once."""
    from router.commands.password import replace as act

    sys.exit(act(_own_settings(), username))


@app.command()
def run() -> None:
    """Start service and sandbox with demo data: what `make run` does."""
    from router.commands.run import run as act

    sys.exit(act(_own_settings()))


@app.command()
def demo(
    url: Annotated[str, typer.Option(help="A running service; else the one of `make run`, else one of its own.")] = "",
) -> None:
    """Play the whole story over HTTP and tell what happened."""
    from router.commands.demo import demo as act

    sys.exit(act(_own_settings(), url or None))


@app.command()
def doctor() -> None:
    """Check settings, database, crypto and the platform's rights, one line each."""
    from router.commands.doctor import doctor as act

    sys.exit(act(read_settings()))


@app.command()
def whatif(
    day: Annotated[str, typer.Argument(help="The day to run again, such as 2026-11-20.")],
    edits: Annotated[
        str,
        typer.Option(
            help='A JSON file such as {"caps": {"agent:3": {"day": 10}}, "weights": {"3": 2}}; see docs/guide/admin.md.'
        ),
    ] = "",
    url: Annotated[str, typer.Option(help="A running service; else the one of `make run`.")] = "",
) -> None:
    """Run a past day again with other caps, weights and schedules; nothing is written."""
    from router.commands.whatif import whatif as act

    sys.exit(act(read_settings(), day, edits or None, url or None))


# Without help of its own: `--help` is for the sections.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def bench(context: typer.Context) -> None:
    """Measure: `liveqr bench --help` lists the sections."""
    import runpy

    sys.argv = ["bench", *context.args]
    runpy.run_module("bench", run_name="__main__")


def main() -> None:
    """The entry point of the command: what cannot start says so in a sentence, with exit code 2."""
    try:
        app()
    except SettingsRefusedError as refused:
        for problem in refused.problems:
            print(f"{problem.path}: {problem.reason.en} / {problem.reason.zh}", file=sys.stderr)
            print(f"  {problem.hint.en} / {problem.hint.zh}", file=sys.stderr)
        sys.exit(2)
    except LedgerOwnedError as refused:
        print(refused, file=sys.stderr)
        sys.exit(2)


def _own_settings() -> Settings:
    """The settings, for a command that writes: from here on its files are for their owner only.

    The ledger holds customers, what they wrote, and password hashes.
    """
    os.umask(0o077)
    return read_settings()


if __name__ == "__main__":
    main()
