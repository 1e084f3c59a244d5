"""PyTorch's own files, which are pickles: their tensors are found without unpickling anything.

A newer one is a zip archive of one pickle and a file for each tensor's numbers; an older one is a row of pickles, with
the numbers at its end. https://pytorch.org/docs/stable/notes/serialization.html
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from workers.probe import pickles
from workers.probe.header import BadFile, Header, Tensor, damaged, truncated
from workers.probe.pickles import Followed, Imported, Kept, Made

ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
MAX_PICKLE = 64 << 20
"""Bytes; that of a large model has a few hundred thousand."""

_OLD_MAGIC = 0x1950A86A20F9469CFC6C
_PREFACE = 2
"""Pickles between the magic number and the model: the format's version, and about the machine."""

_DEEPEST = 4
_STORAGES = {
    "torch.DoubleStorage": ("F64", 8), "torch.FloatStorage": ("F32", 4), "torch.HalfStorage": ("F16", 2),
    "torch.BFloat16Storage": ("BF16", 2), "torch.LongStorage": ("I64", 8), "torch.IntStorage": ("I32", 4),
    "torch.ShortStorage": ("I16", 2), "torch.CharStorage": ("I8", 1), "torch.ByteStorage": ("U8", 1),
    "torch.BoolStorage": ("BOOL", 1),
}  # fmt: skip
_REBUILDS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
_PARAMETER = "torch._utils._rebuild_parameter"


class _Found(NamedTuple):
    """`key` is the name of its numbers."""

    name: str
    tensor: Tensor
    key: str


def read_zip(path: Path, size: int) -> Header:
    """Raises BadFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {each.filename: each.file_size for each in archive.infolist()}
            pickle = next((each for each in names if each.endswith("/data.pkl")), None)
            if pickle is None:
                raise BadFile("foreign", f"{path.name} is a zip archive, and no PyTorch checkpoint.")
            with archive.open(pickle) as file:
                content = file.read(MAX_PICKLE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, RuntimeError) as wrong:
        raise damaged(path, "its list of contents is missing, so it is probably cut off") from wrong
    if len(content) > MAX_PICKLE:
        raise damaged(path, "its pickle is larger than any model's")
    followed = _followed(path, content)
    found = list(_tensors(followed.result, _DEEPEST))
    folder = pickle.removesuffix("data.pkl")
    for each in found:
        if names.get(f"{folder}data/{each.key}", 0) < each.tensor.size:
            raise damaged(path, f"the numbers of {each.name!r} are not all there")
    return _header(size, found, followed)


def read_old(path: Path, opened: BinaryIO, size: int) -> Header:
    """Raises BadFile."""
    file = io.BytesIO(opened.read(MAX_PICKLE))
    try:
        magic = pickles.follow(file).result
    except ValueError:
        magic = None
    if magic != _OLD_MAGIC:
        raise BadFile("foreign", f"{path.name} is a bare pickle, and no PyTorch checkpoint.")
    for _ in range(_PREFACE):
        _followed(path, file)
    followed = _followed(path, file)
    found = list(_tensors(followed.result, _DEEPEST))
    needed = file.tell() + sum({each.key: each.tensor.size for each in found}.values())
    if needed > size:
        raise truncated(path, size, needed)
    return _header(size, found, followed)


def _header(size: int, found: Iterable[_Found], followed: Followed) -> Header:
    """Of tensors that have one name in several versions of the model, the first are those that count."""
    tensors: dict[str, Tensor] = {}
    for each in found:
        tensors.setdefault(each.name, each.tensor)
    return Header("checkpoint", size, tensors, imports=followed.imports)


def _followed(path: Path, content: bytes | BinaryIO) -> Followed:
    try:
        return pickles.follow(content)
    except ValueError as wrong:
        raise damaged(path, f"its pickle can't be read ({wrong})") from wrong


def _tensors(value: Any, deepest: int) -> Iterator[_Found]:
    """Of a dictionary, and of those within it: weights lie in one named `state_dict`, `params_ema` or the like."""
    if not isinstance(value, dict) or not deepest:
        return
    for name, each in value.items():
        if isinstance(each, Made) and each.of == _PARAMETER and each.given:
            each = each.given[0]
        if isinstance(each, Made) and each.of in _REBUILDS:
            if found := _tensor(str(name), each.given):
                yield found
        else:
            yield from _tensors(each, deepest - 1)


def _tensor(name: str, given: Any) -> _Found | None:
    """From what PyTorch would be called with: where its numbers are, at which offset, the shape, and more."""
    match given:
        case (Kept(id=("storage", Imported(name=kind), str(key), *_)), int(), tuple(shape), *_) if kind in _STORAGES:
            if all(isinstance(length, int) and length >= 0 for length in shape):
                dtype, size = _STORAGES[kind]
                return _Found(name, Tensor(dtype, shape, prod(shape) * size), key)
    return None
