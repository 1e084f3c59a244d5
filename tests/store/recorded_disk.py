"""A layer between the desk and the disk that remembers enough to lay out what a power cut at any moment would leave.

SQLite's own files go through a VFS; of all else the calls that make a file durable are noted: fsync, rename, unlink.
"""

# ruff: noqa: N802 (the methods' names are SQLite's)

import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from unittest.mock import patch

import apsw

from ddesk.store.records import Head

SECTOR = 512


class Create(NamedTuple):
    file: str


class Write(NamedTuple):
    file: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    file: str
    size: int


class Sync(NamedTuple):
    file: str


class Rename(NamedTuple):
    file: str
    to: str


class Delete(NamedTuple):
    file: str


class SyncFolder(NamedTuple):
    """The names in a folder are safe, and what each is the name of."""

    folder: str


class Acknowledged(NamedTuple):
    """The program said that everything up to this head is safe."""

    head: Head


Operation = Create | Write | Truncate | Sync | Rename | Delete | SyncFolder | Acknowledged

_NAMED_DURABLY = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
"""SQLite syncs the folder together with the first sync of such a file."""


class _RecordedFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], disk: "RecordedDisk") -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = disk.known_as(path or "temporary")
        self._disk = disk
        disk.live()
        is_new = path is not None and not Path(path).exists()
        self._unnamed = is_new and bool(flags[0] & _NAMED_DURABLY)
        super().__init__(disk.usual, name, flags)
        if is_new:
            disk.note(Create(self._file))

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.live()
        super().xWrite(data, offset)
        self._disk.note(Write(self._file, offset, bytes(data)))

    def xSync(self, flags: int) -> None:
        self._disk.live()
        self._disk.note(Sync(self._file))
        if self._unnamed:
            self._unnamed = False
            self._disk.note(SyncFolder(_folder_of(self._file)))

    def xTruncate(self, size: int) -> None:
        self._disk.live()
        super().xTruncate(size)
        self._disk.note(Truncate(self._file, size))


class RecordedDisk(apsw.VFS):
    """What is done below `folder` while it is `mounted`. A sync is only noted: what it saves is worked out later.

    With `kill_in` operations left it fails everything from then on, as seen by a process that was killed there.
    """

    def __init__(self, folder: Path) -> None:
        self.usual = apsw.vfs_names()[0]
        super().__init__("recorded", self.usual)
        self._folder = folder
        self._through_sqlite: set[str] = set()
        self.operations: list[Operation] = []
        self.kill_in: int | None = None

    @contextmanager
    def mounted(self) -> Iterator["RecordedDisk"]:
        """In the way of everything that this process does with files, for as long as it lasts."""
        apsw.set_default_vfs("recorded")
        try:
            with self._calls_noted():
                yield self
        finally:
            apsw.set_default_vfs(self.usual)
            self.unregister()

    @contextmanager
    def _calls_noted(self) -> Iterator[None]:
        noted: Mapping[str, Callable[..., None]] = {
            "fsync": self._fsync,
            "rename": self._rename,
            "replace": self._rename,
            "unlink": self._unlink,
        }
        with ExitStack() as patched:
            for name, own in noted.items():
                patched.enter_context(patch.object(os, name, partial(own, getattr(os, name))))
            yield

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        file = _RecordedFile(name, flags, self)
        self._through_sqlite.add(file._file)
        return file

    def xDelete(self, filename: str, sync: bool) -> None:
        self.live()
        super().xDelete(filename, sync)
        self.note(Delete(self.known_as(filename)))
        if sync:
            self.note(SyncFolder(_folder_of(self.known_as(filename))))

    def acknowledge(self, head: Head) -> None:
        self.operations.append(Acknowledged(head))

    def note(self, operation: Operation) -> None:
        self.operations.append(operation)
        if self.kill_in:
            self.kill_in -= 1

    def live(self) -> None:
        if self.kill_in == 0:
            raise apsw.exception_for(apsw.SQLITE_IOERR_WRITE)

    def known_as(self, path: str | Path) -> str:
        """Its name below the folder."""
        path = Path(path)
        return path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else path.name

    def _fsync(self, call: Callable[[int], None], handle: int) -> None:
        self._live()
        path = Path(f"/proc/self/fd/{handle}").readlink()
        name = self.known_as(path)
        if path.is_dir():
            self.note(SyncFolder("" if path == self._folder else name))
            return
        if name not in self._through_sqlite:
            self.note(Create(name))
            self.note(Write(name, 0, path.read_bytes()))
        self.note(Sync(name))

    def _rename(self, call: Callable[..., None], source: Path, target: Path) -> None:
        self._live()
        call(source, target)
        self._through_sqlite.discard(self.known_as(source))
        self.note(Rename(self.known_as(source), self.known_as(target)))

    def _unlink(self, call: Callable[..., None], path: Path) -> None:
        self._live()
        call(path)
        self.note(Delete(self.known_as(path)))

    def _live(self) -> None:
        if self.kill_in == 0:
            raise OSError("this process was killed")


class Remains(NamedTuple):
    """What a power cut left: the files' contents, and the last head that had been acknowledged, if one was."""

    files: dict[str, bytes]
    acknowledged: Head | None

    def lay_out(self, folder: Path) -> None:
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


class _File:
    """What of a file is safe, and what was done to it since."""

    def __init__(self, content: bytes = b"") -> None:
        self._safe = bytearray(content)
        self.unsynced: list[Write | Truncate] = []

    def sync(self) -> None:
        for each in self.unsynced:
            _apply(self._safe, each)
        self.unsynced.clear()

    def remains(self, chance: random.Random) -> bytes:
        """Of what wasn't synced, each write and truncation may be there, or not, or be there in some sectors, or have
        left rubbish in place of some, whatever came before or after it."""
        left = bytearray(self._safe)
        for each in self.unsynced:
            for survivor in _survivors(each, chance):
                _apply(left, survivor)
        return bytes(left)


class _Folder:
    """The names in a folder. File systems keep them in a journal: some of the latest changes are lost, in order."""

    def __init__(self) -> None:
        self.names: dict[str, _File] = {}
        self._since_synced: list[dict[str, _File]] = [{}]

    def changed(self) -> None:
        self._since_synced.append(dict(self.names))

    def sync(self) -> None:
        self._since_synced = [dict(self.names)]

    def remains(self, chance: random.Random) -> dict[str, _File]:
        return chance.choice(self._since_synced)


class _Disk:
    def __init__(self, before: Mapping[str, bytes]) -> None:
        self._folders = defaultdict[str, _Folder](_Folder)
        self.acknowledged: Head | None = None
        for name, content in before.items():
            self._folder(name).names[name] = _File(content)
        for folder in self._folders.values():
            folder.sync()

    def take(self, operation: Operation) -> None:
        match operation:
            case Acknowledged(head):
                self.acknowledged = head
            case Sync(file):
                self._folder(file).names[file].sync()
            case SyncFolder(folder):
                self._folders[folder].sync()
            case Write() | Truncate():
                self._folder(operation.file).names[operation.file].unsynced.append(operation)
            case Create(file):
                self._name(file, _File())
            case Rename(file, to):
                # What was never synced has a name now, and nothing in it yet.
                self._name(to, self._folder(file).names.pop(file, _File()))
            case Delete(file):
                self._folder(file).names.pop(file, None)
                self._folder(file).changed()

    def remains(self, chance: random.Random) -> dict[str, bytes]:
        left = [folder.remains(chance) for folder in self._folders.values()]
        return {name: file.remains(chance) for names in left for name, file in names.items()}

    def _name(self, name: str, file: _File) -> None:
        folder = self._folder(name)
        folder.names[name] = file
        folder.changed()

    def _folder(self, name: str) -> _Folder:
        return self._folders[_folder_of(name)]


def cut(before: Mapping[str, bytes], operations: Iterable[Operation], chance: random.Random) -> Remains:
    """What is on the disk that held `before` after these operations and then no power.

    What was synced is there. What wasn't may be, as `_File` and `_Folder` tell.
    """
    disk = _Disk(before)
    for operation in operations:
        disk.take(operation)
    return Remains(disk.remains(chance), disk.acknowledged)


def _folder_of(name: str) -> str:
    folder = str(PurePosixPath(name).parent)
    return "" if folder == "." else folder


def _survivors(operation: Write | Truncate, chance: random.Random) -> Iterable[Write | Truncate]:
    fate = chance.random()
    if fate < 0.4:
        return (operation,)
    if fate < 0.7 or isinstance(operation, Truncate):
        return ()
    return _sectors(operation, chance)


def _sectors(write: Write, chance: random.Random) -> Iterable[Write]:
    for start in range(0, len(write.data), SECTOR):
        sector = write.data[start : start + SECTOR]
        fate = chance.random()
        if fate < 0.6:
            yield Write(write.file, write.offset + start, sector)
        elif fate < 0.7:
            yield Write(write.file, write.offset + start, chance.randbytes(len(sector)))


def _apply(content: bytearray, operation: Write | Truncate) -> None:
    if isinstance(operation, Truncate):
        del content[operation.size :]
        return
    end = operation.offset + len(operation.data)
    content.extend(bytes(max(0, end - len(content))))
    content[operation.offset : end] = operation.data
