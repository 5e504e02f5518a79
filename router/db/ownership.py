"""One process owns a SQLite ledger: two writers would not share a queue, and old SQLite can corrupt the file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url


class LedgerOwnedError(RuntimeError):
    """Another process has the SQLite file open."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"another liveqr process owns {path}: stop it first, or use PostgreSQL to run several\n"
            f"另一个 liveqr 进程正在使用 {path}：请先停止它；如需多进程请改用 PostgreSQL"
        )


@contextmanager
def owned(url: str) -> Iterator[None]:
    """Own the SQLite file at ``url`` meanwhile; the kernel gives it up with the process, however that ends.

    PostgreSQL, and SQLite in memory, need no owner. Raises `LedgerOwnedError`.
    """
    parsed = make_url(url)
    path = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if not path or path == ":memory:":
        yield
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.owner").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerOwnedError(path) from None
        yield
