"""What kind of file something is, by its first bytes, and its header where it holds a model."""

from collections.abc import Mapping
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from workers.probe import checkpoint, gguf, safetensors
from workers.probe.header import BadFile, Header

_FOREIGN: Mapping[bytes, str] = {
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"RIFF": "a picture or a sound (RIFF)",
    b"GIF8": "a picture (GIF)",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\xfd7zXZ": "an xz archive",
    b"version https://git-lfs": "a Git LFS pointer, and not the file that it points to",
    b"<!DOCTYPE": "a web page: what was downloaded is an error message or asks to sign in",
    b"<!doctype": "a web page: what was downloaded is an error message or asks to sign in",
    b"<html": "a web page: what was downloaded is an error message or asks to sign in",
}
_LONGEST = max(map(len, _FOREIGN))


def read(path: Path) -> Header:
    """Raises BadFile, in plain words, for whatever is no model file or a broken one."""
    size = _size(path)
    try:
        with path.open("rb") as file:
            start = file.read(_LONGEST)
            file.seek(0)
            if start.startswith(gguf.MAGIC):
                return gguf.read(path, file, size)
            if start.startswith(checkpoint.ZIP):
                return checkpoint.read_zip(path, size)
            if start.startswith(checkpoint.PICKLE) and start[8:9] != b"{":
                return checkpoint.read_old(path, file, size)
            _refuse_foreign(path, start)
            return safetensors.read(path, file, size)
    except OSError as wrong:
        raise BadFile("unreadable", f"{path.name} can't be read: {wrong.strerror or wrong}.") from wrong


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError as wrong:
        raise BadFile("file_missing", f"{path.name} is not there: {path} was expected.") from wrong
    except (OSError, ValueError) as wrong:
        raise BadFile("unreadable", f"{path.name} can't be read: {wrong}.") from wrong
    if S_ISDIR(found.st_mode):
        raise BadFile("not_a_file", f"{path.name} is a folder; one file of a model was expected.")
    if not S_ISREG(found.st_mode):
        raise BadFile("not_a_file", f"{path.name} is no ordinary file.")
    if found.st_size == 0:
        raise BadFile("empty", f"{path.name} is empty. Download or copy it again.")
    return found.st_size


def _refuse_foreign(path: Path, start: bytes) -> None:
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise BadFile("foreign", f"{path.name} is no model but {what}.")
    if start[8:9] != b"{" and path.suffix.lower() != ".safetensors":
        raise BadFile("foreign", f"{path.name} is no model file: it is neither safetensors, GGUF nor PyTorch's.")
