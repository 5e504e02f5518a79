"""Keeps the world in a file: read at the start, written at the end and, while it changes, every few seconds."""

import asyncio
import logging
import threading
from pathlib import Path

from router.sandbox.platform import Platform
from router.sandbox.world import snapshot

SAVE_EVERY_SECONDS = 3.0
log = logging.getLogger(__name__)


class StateError(Exception):
    """The state file cannot be used; the reason says what to do with it."""


class WorldFile:
    """Saves one platform's world at `path`. Replaces the file in one step: a crash leaves the old or the new one."""

    def __init__(self, platform: Platform, path: Path) -> None:
        self._platform = platform
        self._path = path
        self._saved_revision = 0
        # The last save may begin while a thread still writes the one before.
        self._writing = threading.Lock()

    def load(self) -> None:
        """Raises StateError when the file is not a world of this corporation."""
        if not self._path.exists():
            return
        try:
            kept = snapshot.load(self._path.read_bytes())
        except ValueError as error:
            raise StateError(f"{self._path} is not a sandbox's state ({error}); move it away to start afresh") from None
        if kept.corp_id != self._platform.config.corp_id:
            raise StateError(f"{self._path} belongs to corporation {kept.corp_id}; move it away to start afresh")
        snapshot.restore(self._platform.world, kept)
        self._platform.clock.offset = kept.clock_offset

    def save(self) -> None:
        self._write(snapshot.dump(self._platform.world, self._platform.clock.offset))
        self._saved_revision = self._platform.revision

    async def keep_saving(self) -> None:
        """Until cancelled; the file is written in a thread, so that the API does not wait for the disk."""
        while True:
            await asyncio.sleep(SAVE_EVERY_SECONDS)
            if self._platform.revision == self._saved_revision:
                continue
            self._saved_revision = self._platform.revision
            content = snapshot.dump(self._platform.world, self._platform.clock.offset)
            try:
                await asyncio.to_thread(self._write, content)
            except OSError as error:
                log.warning("the sandbox's state cannot be written to %s: %s", self._path, error)

    def _write(self, content: bytes) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        with self._writing:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(self._path)
