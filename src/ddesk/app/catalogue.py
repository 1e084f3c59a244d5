"""The catalogue of models: what came with the desk, whether it is still whole, and its way back."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelLibrary
from ddesk.domain.catalogue import CatalogueEntry, FileState, file_state
from ddesk.errors import Conflict, Fault, NotFound
from ddesk.store import starter
from ddesk.store.starter import StarterFile


class CatalogueFile(Struct, frozen=True):
    file: StarterFile
    state: FileState


class Catalogued(Struct, frozen=True):
    id: str
    entry: CatalogueEntry
    files: tuple[CatalogueFile, ...]


class Catalogue:
    """`defaults` is the folder of the program's data, and `models` that of the data directory's model files."""

    def __init__(
        self,
        entries: Mapping[str, CatalogueEntry],
        defaults: Path,
        models: Path,
        library: ModelLibrary,
        hashes: ModelHashes,
    ) -> None:
        self._entries = entries
        self._defaults = defaults
        self._models = models
        self._library = library
        self._hashes = hashes
        self._reading = asyncio.Lock()

    def all(self) -> list[Catalogued]:
        return [self.one(id_) for id_ in self._entries]

    def one(self, id_: str) -> Catalogued:
        """As far as it is known: no file is read for it. Raises NotFound."""
        files = tuple(CatalogueFile(each, self._state(each)) for each in self._files(id_))
        return Catalogued(id_, self._entry(id_), files)

    def licence(self, id_: str) -> str:
        """Its text. Raises NotFound."""
        return (self._defaults / "licences" / self._entry(id_).licence_text).read_text("utf-8")

    async def check(self, id_: str) -> Catalogued:
        """Read its files to their ends, in a thread, whatever was known.

        Raises NotFound, and Conflict for a file that can't be read.
        """
        async with self._reading:
            files = [CatalogueFile(each, await self._found(each)) for each in self._files(id_)]
        self._library.tell()
        return Catalogued(id_, self._entry(id_), tuple(files))

    async def restore(self, id_: str) -> Catalogued:
        """Check it, and unpack again what is missing or damaged.

        Raises NotFound, and Fault where a file can't be written, or the program's own is damaged.
        """
        async with self._reading:
            files = [CatalogueFile(each, await self._restored(each)) for each in self._files(id_)]
        self._library.look_again()
        return Catalogued(id_, self._entry(id_), tuple(files))

    def _entry(self, id_: str) -> CatalogueEntry:
        if entry := self._entries.get(id_):
            return entry
        raise NotFound("no_such_entry", f"The catalogue has no model {id_!r}.", "See the list of the catalogue.")

    def _files(self, id_: str) -> list[StarterFile]:
        brought = self._entry(id_).brought
        return [each for each in starter.manifest(self._defaults).all_files if each.part in brought]

    def _state(self, file: StarterFile) -> FileState:
        known = self._hashes.known(self._models / file.name)
        return file_state((file.size, file.sha256), self._size(file), known.sha256 if known else None)

    def _size(self, file: StarterFile) -> int | None:
        try:
            return (self._models / file.name).stat().st_size
        except OSError:
            return None

    async def _found(self, file: StarterFile) -> FileState:
        """What it is by its content; one of another size can't be the one, and is not read."""
        path, size, sha256 = self._models / file.name, self._size(file), None
        try:
            if size == file.size:
                sha256 = (await self._hashes.anew(path)).sha256
        except OSError as lost:
            words = f"{path} can't be read: {lost.strerror or lost}."
            raise Conflict("model_file_unreadable", words, "Change who may read it, or restore it.") from lost
        return file_state((file.size, file.sha256), size, sha256)

    async def _restored(self, file: StarterFile) -> FileState:
        with contextlib.suppress(Conflict):
            if await self._found(file) == "whole":
                return "whole"
        await self._unpack(file)
        return await self._found(file)

    async def _unpack(self, file: StarterFile) -> None:
        try:
            await asyncio.to_thread(starter.unpack_one, self._defaults, self._models, file)
        except OSError as wrong:
            words = f"{self._models / file.name} can't be written: {wrong.strerror or wrong}."
            advice = "Make room, or change who may write there, and restore again."
            raise Fault("model_file_unwritable", words, advice) from wrong
        except ValueError as damaged:
            raise Fault("program_damaged", str(damaged), "Install the desk again.") from damaged
