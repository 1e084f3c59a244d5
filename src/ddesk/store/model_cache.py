"""What was found out of model files, kept so that it need not be found out again. It may be deleted at any time."""

import contextlib
import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from ddesk.domain.model_file import Description
from ddesk.paths import write_durably
from ddesk.store.model_files import Stamp


class Hashes(Struct, frozen=True, kw_only=True):
    """`sha256` of the whole file; `old_short` is the short hash that A1111 had first, over 64 KiB at 1 MiB."""

    sha256: str
    old_short: str

    @property
    def short(self) -> str:
        """The short hash that A1111 shows."""
        return self.sha256[:10]


class _Known(Struct):
    stamp: Stamp
    description: Description | None = None
    hashes: Hashes | None = None


class _Content(Struct):
    program: str
    files: dict[str, _Known]


class ModelCache:
    """By path, for as long as a file has the size and time of change that it had.

    `program` is its version: descriptions of another one are not trusted, as it may know more kinds of files; nor are
    those of another shape.
    """

    def __init__(self, file: Path, program: str) -> None:
        self._file = file
        self._program = f"{program} {_shape()}"
        self._files = _read(file, self._program)
        self._changed = False

    def description(self, path: Path, stamp: Stamp) -> Description | None:
        known = self._known(path, stamp)
        return known.description if known else None

    def hashes(self, path: Path, stamp: Stamp) -> Hashes | None:
        known = self._known(path, stamp)
        return known.hashes if known else None

    def describe(self, path: Path, stamp: Stamp, description: Description) -> None:
        self._at(path, stamp).description = description
        self._changed = True

    def hash(self, path: Path, stamp: Stamp, hashes: Hashes) -> None:
        self._at(path, stamp).hashes = hashes
        self._changed = True

    def save(self) -> None:
        """A cache that can't be written is one for this start alone."""
        if self._changed and self._file.parent.is_dir():
            self._changed = False
            with contextlib.suppress(OSError):
                write_durably(self._file, msgspec.json.encode(_Content(self._program, self._files)))

    def _known(self, path: Path, stamp: Stamp) -> _Known | None:
        known = self._files.get(str(path))
        return known if known and known.stamp == stamp else None

    def _at(self, path: Path, stamp: Stamp) -> _Known:
        known = self._known(path, stamp) or _Known(stamp)
        self._files[str(path)] = known
        return known


def _read(file: Path, program: str) -> dict[str, _Known]:
    try:
        content = msgspec.json.decode(file.read_bytes(), type=_Content)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    if content.program != program:
        for known in content.files.values():
            known.description = None
    return content.files


def _shape() -> str:
    """It is another one for each set of facts that are told of a file."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.schema(Description))).hexdigest()[:8]
