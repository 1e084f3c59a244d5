"""Whether a preset's files are there and fit together, before any worker loads them."""

from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ddesk.app.handle import Handler
from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelLibrary
from ddesk.domain import model_set
from ddesk.domain.families import Families
from ddesk.domain.model_set import Candidate
from ddesk.domain.preset import Preset, preset
from ddesk.errors import DeskError, NotFound
from ddesk.events.generation import ModelFile, Recipe
from ddesk.events.language_preset import LanguagePreset
from ddesk.events.preset import ImagePreset
from ddesk.projections.footprints import signature
from ddesk.projections.presets import PREFIX
from ddesk.protocol.messages import LoraSpec, ModelSpec


class Problem(NamedTuple):
    """Why a preset can't be used. `code` is stable, `words` are for people."""

    code: str
    words: str


class ModelCheck:
    def __init__(self, handler: Handler, library: ModelLibrary, hashes: ModelHashes, families: Families) -> None:
        self._handler = handler
        self._library = library
        self._hashes = hashes
        self._families = families

    def offered(self, preset_id: str) -> ImagePreset:
        """For new pictures. Raises NotFound, also for one that was deleted."""
        return self._found(preset_id, also_deleted=False)

    def preset(self, preset_id: str) -> ImagePreset:
        """For pictures that were asked for before: also one that was deleted since. Raises NotFound."""
        return self._found(preset_id, also_deleted=True)

    def _found(self, preset_id: str, *, also_deleted: bool) -> ImagePreset:
        state = self._handler.state(PREFIX + preset_id, preset)
        assert isinstance(state, Preset)
        if state.content is None or (state.deleted and not also_deleted):
            raise NotFound(
                "no_such_preset", f"There is no image preset {preset_id!r}.", "Choose one of the list of presets."
            )
        return state.content

    def of_recipe(self, recipe: Recipe) -> ImagePreset:
        """The preset with the files that the recipe names, whatever it was edited to since. Raises NotFound."""
        return replace(self.preset(recipe.preset_id), model_files=recipe.model_files, loras=recipe.loras)

    def spec(self, preset_id: str, content: ImagePreset) -> ModelSpec:
        return ModelSpec(
            preset_id=preset_id,
            paths={each.part: str(self._library.path(each)) for each in content.model_files},
            options=tuple(each for each in content.memory_flags if each == "flash_attention"),
            signature=signature(content.model_files),
        )

    def library_id(self, file: ModelFile) -> str:
        """Of what lies in the place of a preset's file."""
        return self._library.id(file)

    def missing(self, content: ImagePreset | LanguagePreset) -> Problem | None:
        """The quick look: whether each file is there, at its full size."""
        loras = content.loras if isinstance(content, ImagePreset) else ()
        for file in (*content.model_files, *(each.file for each in loras)):
            if problem := self._missing(file):
                return problem
        return None

    async def problem(self, content: ImagePreset) -> Problem | None:
        """The thorough look: what each file is, as the probe finds it, and whether they make a model together."""
        if problem := self.missing(content):
            return problem
        try:
            files = {
                each.part: Candidate(Path(each.name).name, await self._library.describe(self._library.path(each)))
                for each in content.model_files
            }
            loras = await self._library.wrong_with_loras(content)
        except (DeskError, OSError) as lost:  # of the files' making or not: they are looked at anew the next time
            return Problem("bad_model_file", f"{lost} The model was not loaded.")
        words = [each.words for each in model_set.problems(files, self._families)] + list(loras.values())
        return Problem("bad_model_file", " ".join(words)) if words else None

    def loras(self, recipe: Recipe) -> tuple[LoraSpec, ...]:
        """Those of a picture, as its worker is told of them."""
        return tuple(LoraSpec(str(self._library.path(each.file)), each.strength) for each in recipe.loras)

    async def preset_now(self, preset_id: str) -> ImagePreset:
        """The preset, its files with the size and hash that they have now; those that can't be read are left out.

        Raises NotFound. What was read once is read again only after it was written to.
        """
        content = self.preset(preset_id)
        files = [await self._file_now(each) for each in content.model_files]
        loras = [(each, await self._file_now(each.file)) for each in content.loras]
        return replace(
            content,
            model_files=tuple(file for file in files if file),
            loras=tuple(replace(lora, file=file) for lora, file in loras if file),
        )

    async def _file_now(self, file: ModelFile) -> ModelFile | None:
        path = self._library.path(file)
        try:
            hashes = await self._hashes.of(path)
            return replace(file, size=path.stat().st_size, sha256=hashes.sha256)
        except OSError:
            return None

    def _missing(self, file: ModelFile) -> Problem | None:
        path = self._library.path(file)
        try:
            size = path.stat().st_size
        except OSError:
            return Problem(
                "model_file_missing", f"The model file {file.name} is missing: put it back into {path.parent}."
            )
        if size != file.size:
            return Problem(
                "model_file_changed",
                f"The model file {file.name} has {size} bytes instead of {file.size}: copy it again.",
            )
        return None
