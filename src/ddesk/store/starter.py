"""The starter model: shipped compressed, unpacked once into the folder of models."""

import hashlib
import lzma
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from ddesk.events.generation import ModelFile
from ddesk.events.preset import ImageDefaults
from ddesk.paths import write_durably

_UNPACKED_AT = 1_767_225_600
"""In seconds since 1970."""


class StarterPreset(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    family: str
    notes: str
    licence: str
    defaults: ImageDefaults


class StarterFile(Struct, frozen=True, kw_only=True):
    """`packed` is the xz file beside the manifest; `name`, `size` and `sha256` are those of the unpacked file."""

    part: str
    packed: str
    name: str
    size: int
    sha256: str


class Starter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`files` are those of the preset; `besides` come along with it and belong to none.

    Another `edition` of the preset's files has other names, so that the earlier ones stay where desks know them.
    """

    edition: int = 1
    preset: StarterPreset
    files: tuple[StarterFile, ...]
    besides: tuple[StarterFile, ...] = ()

    @property
    def all_files(self) -> tuple[StarterFile, ...]:
        return (*self.files, *self.besides)

    def places(self, models: Path) -> dict[str, Path]:
        """Where the files of the preset lie below `models`, by part."""
        return {file.part: models / file.name for file in self.files}


def manifest(defaults: Path) -> Starter:
    """What the program brings. `defaults` is the folder of its data (`ddesk.paths.defaults`)."""
    return msgspec.json.decode((defaults / "starter" / "manifest.json").read_bytes(), type=Starter)


def unpack(defaults: Path, models: Path) -> tuple[ModelFile, ...]:
    """See to it that all that comes along is whole below `models`; nothing is read where it was so before.

    The files of the preset. Raises OSError where they can't be written, ValueError where the shipped ones are damaged.
    """
    about = manifest(defaults)
    for file in about.all_files:
        if not _is_whole(models / file.name, file):
            unpack_one(defaults, models, file)
    return tuple(ModelFile(file.part, file.name, file.size, file.sha256) for file in about.files)


def is_damaged(models: Path, file: StarterFile) -> bool:
    """Whether it is there and has another content; it is read for that, whatever was found before. Raises OSError."""
    path = models / file.name
    return path.is_file() and (path.stat().st_size != file.size or _sha256(path) != file.sha256)


def found_whole_at(file: StarterFile) -> int:
    """The time of change, in seconds since 1970, of a file that was found whole; with another time it is checked again.

    Another content has another one: a later starter may have files of the same size.
    """
    return _UNPACKED_AT + int(file.sha256[:4], 16)


def _mark(path: Path, file: StarterFile) -> None:
    os.utime(path, (found_whole_at(file), found_whole_at(file)))


def _is_whole(path: Path, file: StarterFile) -> bool:
    if not path.is_file():
        return False
    found = path.stat()
    if found.st_size != file.size:
        return False
    if found.st_mtime == found_whole_at(file):
        return True
    if same := _sha256(path) == file.sha256:
        _mark(path, file)
    return same


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def unpack_one(defaults: Path, models: Path, file: StarterFile) -> None:
    """Whatever is in its place. Raises as `unpack` does."""
    packed, path = defaults / "starter" / file.packed, models / file.name
    try:
        content = lzma.decompress(packed.read_bytes())
    except (lzma.LZMAError, EOFError) as damaged:
        raise ValueError(f"The program's own file {packed.name} is damaged: install it again.") from damaged
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ValueError(f"The program's own file {packed.name} is not the one it was made with: install it again.")
    write_durably(path, content)
    _mark(path, file)
