"""Commands to image presets."""

import apsw
from msgspec.structs import replace

from ddesk.app.handle import Handler, Step
from ddesk.app.model_check import ModelCheck
from ddesk.domain.preset import (
    CreateImagePreset,
    DeleteImagePreset,
    EditImagePreset,
    PresetCommand,
    RestoreImagePreset,
    preset,
)
from ddesk.domain.recipe import Choices, checked_defaults
from ddesk.errors import NotFound
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id
from ddesk.events.preset import ImagePreset
from ddesk.projections import gallery, presets

LONGEST_NAME = 100


class PresetManager:
    def __init__(self, handler: Handler, models: ModelCheck, choices: Choices, read_models: apsw.Connection) -> None:
        self._handler = handler
        self._models = models
        self._choices = choices
        self._read_models = read_models

    async def create(self, origin: Origin, content: ImagePreset, notes: str) -> str:
        """Its id: where this command was handled before, that of the one it made then.

        Raises Invalid for defaults that no picture can be made with, and NotFound for a cover that is no picture.
        """
        self._check_cover(content.cover)
        id_ = new_id()
        step = Step(presets.PREFIX + id_, preset, CreateImagePreset(content=self._checked(content), notes=notes))
        done = await self._handler.handle(origin, step)
        return id_ if done is None else self._handler.subject_of(done, presets.PREFIX)

    async def duplicate(self, origin: Origin, id_: str) -> str:
        """The copy's id, as above. Raises NotFound, also for one that was deleted."""
        content = self._models.offered(id_)
        row = presets.by_id(self._read_models, id_)
        copy = replace(content, name=f"Copy of {content.name}"[:LONGEST_NAME])
        return await self.create(origin, copy, row.notes if row else "")

    async def edit(self, origin: Origin, id_: str, content: ImagePreset, notes: str) -> None:
        """As `create`; raises NotFound also where there is no such preset, and Conflict for a deleted one."""
        row = presets.by_id(self._read_models, id_)
        if row is None or row.content.cover != content.cover:
            self._check_cover(content.cover)
        await self._do(origin, id_, EditImagePreset(content=self._checked(content), notes=notes))

    async def delete(self, origin: Origin, id_: str) -> None:
        await self._do(origin, id_, DeleteImagePreset())

    async def restore(self, origin: Origin, id_: str) -> None:
        await self._do(origin, id_, RestoreImagePreset())

    async def _do(self, origin: Origin, id_: str, command: PresetCommand) -> None:
        await self._handler.handle(origin, Step(presets.PREFIX + id_, preset, command))

    def _checked(self, content: ImagePreset) -> ImagePreset:
        return replace(content, defaults=checked_defaults(content.defaults, self._choices))

    def _check_cover(self, image_id: str) -> None:
        if image_id and gallery.by_id(self._read_models, image_id) is None:
            raise NotFound("no_such_image", f"There is no picture {image_id!r}.", "See the list of pictures.")
