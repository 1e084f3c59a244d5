"""Which model files lie below a root, by name, size and time of change alone."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from msgspec import Struct


class Bounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape of `defaults/models.toml`, which explains each value."""

    extensions: tuple[str, ...]
    folders: tuple[str, ...]
    deepest: int
    most_folders: int
    most_files: int
    seconds_between_scans: float
    batch: int


class Stamp(NamedTuple):
    """What tells one content of a file from another without reading it: size in bytes, time of change in ns."""

    size: int
    changed: int


class FoundFile(NamedTuple):
    """`name` is relative to `root`, with slashes on every system."""

    root: Path
    name: str
    stamp: Stamp

    @property
    def path(self) -> Path:
        return self.root / self.name


class Listing(NamedTuple):
    """`problem` says in words why files may be lacking, and is empty where none are."""

    files: tuple[FoundFile, ...]
    problem: str = ""


def listing(root: Path, bounds: Bounds) -> Listing:
    """All model files below it, by name. Folders that can't be read are passed over, and links that go in circles."""
    if not root.is_dir():
        return Listing((), f"{root} is not there.")
    found: list[FoundFile] = []
    problem = ""
    for count, (folder, names) in enumerate(_folders(root, bounds.deepest)):
        if count >= bounds.most_folders or len(found) >= bounds.most_files:
            return Listing(tuple(sorted(found)), f"{root} holds more than the desk looks through: name one within it.")
        for name in names:
            if not name.lower().endswith(bounds.extensions):
                continue
            if not _is_text(str(folder / name)):
                problem = f"{root} holds names that are no text, such as {name!a}: rename them."
            elif file := _found(root, folder / name):
                found.append(file)
    return Listing(tuple(sorted(found)), problem)


def stamp(path: Path) -> Stamp:
    """Raises OSError."""
    stat = path.stat()
    return Stamp(stat.st_size, stat.st_mtime_ns)


def is_inside(name: str) -> bool:
    """Whether a name stays below the root that it is relative to; names of events are a stranger's input too."""
    pure = PurePosixPath(name.replace("\\", "/"))
    return not pure.is_absolute() and ".." not in pure.parts and not Path(name).is_absolute() and "\0" not in name


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folders(root: Path, deepest: int) -> Iterator[tuple[Path, list[str]]]:
    """Each folder once, by whichever way it was reached first, with the names in it that are no folders'."""
    seen: set[tuple[int, int]] = set()
    waiting = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            stat = folder.stat()
            with os.scandir(folder) as entries:
                listed = [(each.name, each.is_dir()) for each in entries if not each.name.startswith(".")]
        except OSError:
            continue
        if (stat.st_dev, stat.st_ino) in seen:
            continue
        seen.add((stat.st_dev, stat.st_ino))
        yield folder, [name for name, is_dir in listed if not is_dir]
        if depth < deepest:
            waiting += [(folder / name, depth + 1) for name, is_dir in listed if is_dir]


def _found(root: Path, path: Path) -> FoundFile | None:
    try:
        return FoundFile(root, path.relative_to(root).as_posix(), stamp(path)) if path.is_file() else None
    except OSError:
        return None
