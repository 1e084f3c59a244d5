"""Whether a preset's files are there and fit together, looked at in the probe before any worker loads them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ddesk.app.handle import Handler
from ddesk.app.probe import ask
from ddesk.domain.preset import Preset, preset
from ddesk.errors import DeskError, NotFound
from ddesk.events.generation import ModelFile
from ddesk.events.preset import ImagePresetCreated
from ddesk.projections.presets import PREFIX
from ddesk.protocol.messages import ModelSpec


class Problem(NamedTuple):
    """Why a preset can't be used. `code` is stable, `words` are for people."""

    code: str
    words: str


Stamp = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of each file: what was found good stays good until one of them differs."""


class ModelCheck:
    def __init__(self, handler: Handler, models: Path, program: Sequence[str]) -> None:
        self._handler = handler
        self._models = models
        self._program = program
        self._known: dict[str, tuple[Stamp, Problem | None]] = {}

    def preset(self, preset_id: str) -> ImagePresetCreated:
        """Raises NotFound."""
        state = self._handler.state(PREFIX + preset_id, preset)
        assert isinstance(state, Preset)
        if state.created is None:
            raise NotFound(
                "no_such_preset", f"There is no image preset {preset_id!r}.", "Choose one of the list of presets."
            )
        return state.created

    def spec(self, preset_id: str) -> ModelSpec:
        files = self.preset(preset_id).model_files
        return ModelSpec(preset_id=preset_id, paths={each.part: str(self._models / each.name) for each in files})

    def missing(self, preset_id: str) -> Problem | None:
        """The quick look: whether each file is there, at its full size."""
        for file in self.preset(preset_id).model_files:
            if problem := self._missing(file):
                return problem
        return None

    async def problem(self, preset_id: str) -> Problem | None:
        """The thorough look, by the probe, remembered for as long as the files stay as they are."""
        if problem := self.missing(preset_id):
            return problem
        stamp = self._stamp(self.preset(preset_id).model_files)
        known_stamp, known = self._known.get(preset_id, ((), None))
        if known_stamp == stamp:
            return known
        try:
            found = await self._probe(preset_id)
        except (DeskError, OSError) as lost:  # of the file's making or not: it is looked at anew the next time
            return Problem("bad_model_file", f"{lost} The model was not loaded.")
        self._known[preset_id] = (stamp, found)
        return found

    async def _probe(self, preset_id: str) -> Problem | None:
        question = json.dumps(self.spec(preset_id).paths).encode()
        answer = await ask(self._program, "preset", stdin=question)
        if answer["ok"]:
            return None
        return Problem("bad_model_file", " ".join(each["words"] for each in answer["problems"]))

    def _missing(self, file: ModelFile) -> Problem | None:
        path = self._models / file.name
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

    def _stamp(self, files: Sequence[ModelFile]) -> Stamp:
        found = [(file.name, (self._models / file.name).stat()) for file in files]
        return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)
