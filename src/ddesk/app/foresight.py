"""What a picture would take in memory, and what would give for it, before anyone asks for it."""

from msgspec import Struct

from ddesk.app.image_needs import ImageNeeds
from ddesk.app.image_work import OWNER, Picture, Presets, image_work
from ddesk.app.planner import Planner
from ddesk.domain.placement import Plan
from ddesk.events.preset import ImagePreset
from ddesk.protocol.messages import ModelSpec


class Outlook(Struct, frozen=True):
    """The plan that would be made now, and how many `measured` pictures it rests on."""

    plan: Plan
    measured: int


class Foresight:
    def __init__(self, planner: Planner, needs: ImageNeeds, presets: Presets = tuple) -> None:
        self._planner = planner
        self._needs = needs
        self._presets = presets

    def outlook(self, preset_id: str, preset: ImagePreset, width: int, height: int) -> Outlook:
        """Of one picture of this size, in pixels, made with the preset on this machine as it is now."""
        unloaded = ModelSpec(preset_id=preset_id, paths={})
        picture = Picture(width=width, height=height)
        wanted = image_work(self._needs, unloaded, preset, picture, presets=self._presets)
        measured = self._needs.measured(preset, self._planner.machine.backend(OWNER))
        return Outlook(self._planner.foresee(wanted), measured)
