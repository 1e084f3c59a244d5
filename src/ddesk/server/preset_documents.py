"""The documents in which presets of any kind travel from one desk to another."""

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from litestar import Response

from ddesk.errors import Invalid
from ddesk.server.preset_schemas import DocumentFile

Shape = TypeVar("Shape")


class Document(Protocol):
    @property
    def format(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def files(self) -> Sequence[DocumentFile]: ...


def check_document(document: Document, format_: str, version: int) -> None:
    """Raises Invalid for one of another format, or of a version that this desk doesn't read."""
    if document.format != format_:
        words = f"That is no preset of this kind: its format is {document.format!r}, not {format_!r}."
        raise Invalid("no_preset_document", words, "Choose a file that a desk exported.")
    if document.version != version:
        words = f"That preset was exported in version {document.version} of its format; this desk reads {version}."
        raise Invalid("preset_document_too_new", words, "Export it from a desk of this version.")
    if len({each.part for each in document.files}) < len(document.files):
        raise Invalid("no_preset_document", "That preset names two files for one part.", "Export it again.")


def as_download(name: str, document: Shape) -> Response[Shape]:
    headers = {"content-disposition": f'attachment; filename="{_file_name(name)}"', "cache-control": "no-store"}
    return Response(document, headers=headers)


def _file_name(name: str) -> str:
    """`Starter (toy pictures)` is starter-toy-pictures.json."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return f"{'-'.join(words) or 'preset'}.json"
