"""A layer between SQLite and the disk that fails on purpose."""

# ruff: noqa: N802 (the methods' names are SQLite's)

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import apsw

_CODES = {
    "write": apsw.SQLITE_IOERR_WRITE,
    "full": apsw.SQLITE_FULL,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
}


class Faults:
    """Counts what would reach the disk, and fails the call numbered `fail_at` (from 1).

    `lasting` fails all later ones too; `full` makes a failing write that of a full disk.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self.fail_at: int | None = None
        self.lasting = False
        self.full = False

    def arm(self, fail_at: int, *, lasting: bool, full: bool = False) -> None:
        self.calls = self.failed = 0
        self.fail_at, self.lasting, self.full = fail_at, lasting, full

    def disarm(self) -> None:
        self.fail_at = None

    def check(self, operation: str) -> None:
        self.calls += 1
        if self.fail_at is None or self.calls < self.fail_at or (self.calls > self.fail_at and not self.lasting):
            return
        self.failed += 1
        raise apsw.exception_for(_CODES["full" if self.full and operation == "write" else operation])


class _FaultyFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], disk: "FaultyDisk") -> None:
        super().__init__(disk.usual, name, flags)
        self._faults = disk.faults

    def xWrite(self, data: bytes, offset: int) -> None:
        self._faults.check("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._faults.check("sync")

    def xTruncate(self, size: int) -> None:
        self._faults.check("truncate")
        super().xTruncate(size)


class FaultyDisk(apsw.VFS):
    """Registered under `name` until it is unregistered. Syncs nothing for real, as nothing here loses its power."""

    def __init__(self, name: str) -> None:
        self.usual = apsw.vfs_names()[0]
        super().__init__(name, self.usual)
        self.name = name
        self.faults = Faults()

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return _FaultyFile(name, flags, self)

    @contextmanager
    def in_the_way(self) -> Iterator[None]:
        """Of every database that is opened without naming a layer."""
        apsw.set_default_vfs(self.name)
        try:
            yield
        finally:
            apsw.set_default_vfs(self.usual)


class FailingCalls:
    """Fails the system's calls that files are written by, each of them once: the one numbered `fail_at`, from 1."""

    CALLS = ("open", "fsync", "rename", "replace")

    def __init__(self, code: int) -> None:
        self._code = code
        self.calls = 0
        self.fail_at: int | None = None

    @contextmanager
    def in_the_way(self, fail_at: int | None = None) -> Iterator[None]:
        self.calls, self.fail_at = 0, fail_at
        with ExitStack() as patched:
            for name in self.CALLS:
                patched.enter_context(patch.object(os, name, partial(self._call, getattr(os, name))))
            yield

    def _call(self, call: Callable[..., Any], *given: Any, **more: Any) -> Any:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(self._code, os.strerror(self._code))
        return call(*given, **more)
