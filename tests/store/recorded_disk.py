"""A layer between SQLite and the disk that remembers enough to lay out what a power cut at any moment would leave."""

# ruff: noqa: N802 (the methods' names are SQLite's)

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import apsw

from ddesk.store.records import Head

SECTOR = 512


class Write(NamedTuple):
    file: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    file: str
    size: int


class Sync(NamedTuple):
    file: str


class Delete(NamedTuple):
    file: str


class Acknowledged(NamedTuple):
    """The program said that everything up to this head is safe."""

    head: Head


Operation = Write | Truncate | Sync | Delete | Acknowledged


class _RecordedFile(apsw.VFSFile):
    def __init__(
        self, name: apsw.URIFilename | str | None, flags: list[int], note: Callable[[Operation], None]
    ) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = Path(path or "temporary").name
        self._note = note

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._note(Write(self._file, offset, bytes(data)))

    def xSync(self, flags: int) -> None:
        self._note(Sync(self._file))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._note(Truncate(self._file, size))


class RecordedDisk(apsw.VFS):
    """Registered under `name` until it is unregistered. A sync is only noted: what it saves is worked out later."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name
        self.operations: list[Operation] = []

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return _RecordedFile(name, flags, self.operations.append)

    def xDelete(self, filename: str, sync: bool) -> None:
        super().xDelete(filename, sync)
        self.operations.append(Delete(Path(filename).name))

    def acknowledge(self, head: Head) -> None:
        self.operations.append(Acknowledged(head))


class Remains(NamedTuple):
    """What a power cut left: the files' contents, and the last head that had been acknowledged, if one was."""

    files: dict[str, bytes]
    acknowledged: Head | None

    def lay_out(self, folder: Path) -> None:
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def cut(before: Mapping[str, bytes], operations: Iterable[Operation], chance: random.Random) -> Remains:
    """What is on the disk that held `before` after these operations and then no power.

    What was synced is there. Of what wasn't, each write and truncation may be there, or not, or be there in some
    sectors, or have left rubbish in place of some, whatever came before or after it.
    """
    files = defaultdict(bytearray, {name: bytearray(content) for name, content in before.items()})
    unsynced: dict[str, list[Write | Truncate]] = defaultdict(list)
    acknowledged = None
    for operation in operations:
        match operation:
            case Acknowledged(head):
                acknowledged = head
            case Sync(file):
                for each in unsynced.pop(file, ()):
                    _apply(files[file], each)
            case Delete(file):
                files.pop(file, None)
                unsynced.pop(file, None)
            case _:
                unsynced[operation.file].append(operation)
    for file, pending in unsynced.items():
        for each in pending:
            for survivor in _survivors(each, chance):
                _apply(files[file], survivor)
    return Remains({file: bytes(content) for file, content in files.items()}, acknowledged)


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
