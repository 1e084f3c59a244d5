"""Hashes of model files, worked out while the desk has nothing better to do."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ddesk.app.model_library import ModelLibrary
from ddesk.store.model_cache import Hashes, ModelCache
from ddesk.store.model_files import stamp

_PIECE = 64 << 20
"""Bytes between two looks at whether something better is to do."""

_READ = 1 << 20
_OLD_AT, _OLD_LENGTH = 0x100000, 0x10000
"""Where A1111's first short hash is taken from."""


class ModelHashes:
    """`is_free` returns once nothing is being made. `tell` is called for each file that was read."""

    def __init__(
        self,
        library: ModelLibrary,
        cache: ModelCache,
        is_free: Callable[[], Awaitable[object]],
        tell: Callable[[], None],
    ) -> None:
        self._library = library
        self._cache = cache
        self._is_free = is_free
        self._tell = tell
        self.changed = asyncio.Event()

    async def turn(self) -> None:
        """Of one file; waits where none is left."""
        self.changed.clear()
        for each in self._library.files():
            if self._cache.hashes(each.path, each.stamp) is None and await self._background(each.path):
                await asyncio.to_thread(self._cache.save)
                self._tell()
                return
        await self.changed.wait()

    async def of(self, path: Path) -> Hashes:
        """Now, for who waits for it. Raises OSError. What was read once is read again only after it was written to."""
        return self._cache.hashes(path, stamp(path)) or await self.anew(path)

    def known(self, path: Path) -> Hashes | None:
        """None where it was not read since it was written to, or isn't there."""
        try:
            return self._cache.hashes(path, stamp(path))
        except OSError:
            return None

    async def anew(self, path: Path) -> Hashes:
        """Read again, whatever is known: a disk may damage a file without anyone's writing to it. Raises OSError."""
        found = stamp(path)
        hashes = await asyncio.to_thread(hashes_of, path)
        self._cache.hash(path, found, hashes)
        await asyncio.to_thread(self._cache.save)
        return hashes

    async def _background(self, path: Path) -> bool:
        """False where it can't be read, or is written to meanwhile."""
        try:
            before, hashing, at, read = stamp(path), hashlib.sha256(), 0, _PIECE
            while read == _PIECE:
                await self._is_free()
                read = await asyncio.to_thread(_read_piece, path, at, hashing)
                at += read
            old = await asyncio.to_thread(_old_short_of, path)
            if stamp(path) != before:
                return False
        except OSError:
            return False
        self._cache.hash(path, before, Hashes(sha256=hashing.hexdigest(), old_short=old))
        return True


def hashes_of(path: Path) -> Hashes:
    """Raises OSError."""
    with path.open("rb") as file:
        return Hashes(sha256=hashlib.file_digest(file, "sha256").hexdigest(), old_short=_old_short(file))


def _read_piece(path: Path, at: int, into: "hashlib._Hash") -> int:
    """How many bytes that were. It is opened for each, as who waits for them may be gone before they are read."""
    with path.open("rb") as file:
        file.seek(at)
        return sum(map(len, _updating(into, file)))


def _updating(into: "hashlib._Hash", file: BinaryIO) -> Iterator[bytes]:
    for _ in range(_PIECE // _READ):
        content = file.read(_READ)
        into.update(content)
        yield content


def _old_short_of(path: Path) -> str:
    with path.open("rb") as file:
        return _old_short(file)


def _old_short(file: BinaryIO) -> str:
    file.seek(_OLD_AT)
    return hashlib.sha256(file.read(_OLD_LENGTH)).hexdigest()[:8]
