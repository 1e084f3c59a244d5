"""Answering with a language model, as the memory planner sees it."""

from collections.abc import Sequence

from ddesk.app.foresight import Outlook
from ddesk.app.image_work import OWNER as IMAGE
from ddesk.app.planner import Planner
from ddesk.app.wanted import Wanted
from ddesk.domain.estimates import Estimates
from ddesk.domain.footprint import Footprints
from ddesk.domain.language_set import MIN_CONTEXT
from ddesk.domain.memory import MITIGATIONS
from ddesk.domain.needs import Knowledge, LanguageModel, language_need, smaller_contexts
from ddesk.events.language_preset import LanguageMemoryFlag
from ddesk.protocol.messages import ModelSpec

OWNER = "language"
"""The worker that will answer."""


class LanguageForesight:
    """What a language model would take in memory. Nothing was measured yet, so it goes by headers and defaults."""

    def __init__(self, planner: Planner, estimates: Estimates) -> None:
        self._planner = planner
        self._estimates = estimates

    def outlook(self, model: LanguageModel, flags: Sequence[LanguageMemoryFlag], preset_id: str = "") -> Outlook:
        """On this machine as it is now. `flags` are mitigations that it has in any case."""
        # Until there is a worker that tells, its engine is taken to run where the image worker's does.
        backend = self._planner.machine.backend(IMAGE)
        knowledge = Knowledge(estimates=self._estimates, footprints=Footprints(), backend=backend)
        wanted = Wanted(
            owner=OWNER,
            purpose="answer",
            preset_id=preset_id,
            model=ModelSpec(preset_id=preset_id, paths={}),
            need=lambda _: language_need(model, knowledge),
            smaller=lambda _: smaller_contexts(model, knowledge, least=MIN_CONTEXT),
            chosen=tuple(each for each in MITIGATIONS if each in flags),
        )
        return Outlook(self._planner.foresee(wanted), measured=0)
