"""From files of the model library to those that a preset names, and back."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelEntry, ModelLibrary
from ddesk.domain import model_set
from ddesk.domain.families import Families, Family
from ddesk.domain.model_set import Candidate
from ddesk.errors import Conflict, Invalid
from ddesk.events.generation import Lora, ModelFile
from ddesk.events.preset import ImagePreset, MemoryFlag


class FileSet(Struct, frozen=True):
    """Files that make a model together, the one that decides the family first."""

    family: str
    files: tuple[ModelFile, ...]


class ChosenLora(Struct, frozen=True):
    """By its id in the model library."""

    id: str
    strength: float


class PresetFiles:
    def __init__(self, library: ModelLibrary, hashes: ModelHashes, families: Families) -> None:
        self._library = library
        self._hashes = hashes
        self._families = families

    async def checked(self, ids: Mapping[str, str]) -> FileSet:
        """The files of these ids, by part; those are read to their end that were not yet, in a thread.

        Raises NotFound for an id that is none, Invalid where they make no model, Conflict where one is gone or
        another one would be found by its name, and Fault where they can't be looked into.
        """
        files = await self.candidates(ids)
        if problems := model_set.problems(files, self._families):
            raise Invalid(
                "bad_model_set",
                " ".join(each.words for each in problems),
                "Choose other files: POST /api/models/check says which would do.",
                problems=[{"code": each.code, "part": each.part, "words": each.words} for each in problems],
            )
        return FileSet(model_set.family(files), await self.named(ids))

    async def with_loras(self, content: ImagePreset, chosen: Sequence[ChosenLora] | None) -> ImagePreset:
        """With these LoRAs, or the ones that it has. Raises as `checked`: Invalid for one that doesn't fit."""
        loras = content.loras if chosen is None else [await self._lora(each) for each in chosen]
        wished = replace(content, loras=tuple(loras))
        if wrong := await self._library.wrong_with_loras(wished):
            raise Invalid(
                "bad_lora",
                " ".join(wrong.values()),
                "Choose LoRAs that were made for this model.",
                problems=[
                    {"code": "bad_lora", "part": each.file.name, "words": words} for each, words in wrong.items()
                ],
            )
        return wished

    async def _lora(self, chosen: ChosenLora) -> Lora:
        return Lora(file=await self._named("lora", self._library.entry(chosen.id)), strength=chosen.strength)

    async def provisional(
        self, ids: Mapping[str, str], memory_flags: tuple[MemoryFlag, ...], loras: Sequence[str] = ()
    ) -> ImagePreset:
        """A preset to be estimated while it is still being assembled: parts may lack, and nothing is read for it.

        Raises NotFound for an id that is none, and Invalid without a diffusion model of a known family.
        """
        family = model_set.family(await self.candidates(ids))
        kin = self.kin(family)
        files = [_unread(part, self._library.entry(ids[part])) for part in _in_order(ids)]
        return ImagePreset(
            name="",
            family=family,
            model_files=tuple(files),
            defaults=kin.defaults,
            memory_flags=memory_flags,
            loras=tuple(Lora(file=_unread("lora", self._library.entry(id_))) for id_ in loras),
        )

    async def found(self, files: Sequence[ModelFile], titles: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """The ids of files that hold the same, by part; of one that has none, that of its name and size.

        `titles` are those of the parts, where they are not an image preset's. Raises Conflict, which names each that
        is missing.
        """
        ids = {file.part: await self._same(file) for file in files}
        if missing := [file for file in files if not ids[file.part]]:
            titled = self._families.parts if titles is None else titles
            named = ", ".join(f"{_base(file.name)} ({titled.get(file.part, file.part)})" for file in missing)
            raise Conflict(
                "model_file_missing",
                f"No model file of this machine is the one that the preset means: {named}.",
                "Put it into the folder of models, or name its folder in the settings, scan, and import again.",
                missing=[{"part": file.part, "name": file.name, "sha256": file.sha256} for file in missing],
            )
        return {part: id_ for part, id_ in ids.items() if id_}

    def kin(self, family: str) -> Family:
        """Raises Invalid."""
        if kin := self._families.families.get(family):
            return kin
        raise Invalid(
            "no_diffusion_model",
            "The preset names no diffusion model of a known family.",
            "Choose its diffusion model, or a full model, first.",
        )

    async def candidates(self, ids: Mapping[str, str]) -> dict[str, Candidate]:
        """What the files of these ids are, by part. Raises NotFound, and Fault where they can't be looked into."""
        return {part: await self._library.candidate(id_) for part, id_ in ids.items()}

    async def named(self, ids: Mapping[str, str]) -> tuple[ModelFile, ...]:
        """As a preset names them; those are read to their end that were not yet, in a thread.

        Raises NotFound, and Conflict where one is gone or another one would be found by its name.
        """
        return tuple([await self._named(part, self._library.entry(ids[part])) for part in _in_order(ids)])

    async def _named(self, part: str, entry: ModelEntry) -> ModelFile:
        path = entry.file.path
        try:
            file = ModelFile(part, entry.file.name, path.stat().st_size, (await self._hashes.of(path)).sha256)
        except OSError as lost:
            words = f"The model file {entry.file.name} can't be read: {lost.strerror or lost}."
            raise Conflict("model_file_missing", words, f"Put it back into {path.parent}.") from lost
        if (first := self._library.path(file)) != path and await self._sha256(first) != file.sha256:
            raise Conflict(
                "model_name_taken",
                f"{first} has the name and size of {path}, and would be taken for it.",
                "Rename one of the two, and scan again.",
            )
        return file

    async def _same(self, file: ModelFile) -> str | None:
        alike = [each for each in self._library.entries() if each.file.stamp.size == file.size]
        namesakes = [each for each in alike if _base(each.file.name) == _base(file.name)]
        for each in _namesakes_first(alike, namesakes):
            if file.sha256 and await self._sha256(each.file.path) == file.sha256:
                return each.id
        return namesakes[0].id if namesakes else None

    async def _sha256(self, path: Path) -> str:
        """Empty where it can't be read."""
        try:
            return (await self._hashes.of(path)).sha256
        except OSError:
            return ""


def _in_order(parts: Iterable[str]) -> list[str]:
    """The diffusion model first, as its hash stands for the picture's model."""
    return sorted(parts, key=lambda part: (part not in model_set.HEADS, part))


def _unread(part: str, entry: ModelEntry) -> ModelFile:
    """Where its hash isn't known yet, its id stands for it: it is another one for other files."""
    return ModelFile(part, entry.file.name, entry.file.stamp.size, entry.hashes.sha256 if entry.hashes else entry.id)


def _base(name: str) -> str:
    return PurePosixPath(name).name


def _namesakes_first(alike: Sequence[ModelEntry], namesakes: Sequence[ModelEntry]) -> Iterable[ModelEntry]:
    return (*namesakes, *(each for each in alike if each not in namesakes))
