"""A log in which it was told what was decided about a generation's memory, as no small machine would soon have it."""

from pathlib import Path

from ddesk.bootstrap import open_log
from ddesk.events.envelope import NewEvent
from ddesk.events.generation import GenerationFailed
from ddesk.events.memory import PlannedStep
from ddesk.paths import DataDir
from tests.app.shadows_at_work import append
from tests.domain.samples import COMPLETED, REQUESTED, measured, planned, started

STEPS = (
    PlannedStep(rung="hard_unload", verdict="not_enough", saving_mb=3072.0, cost_seconds=4.0, owner="language"),
    PlannedStep(rung="vae_tiling", verdict="not_enough", saving_mb=1000.0, cost_seconds=1.5),
)
SHORT = planned("a", fits=False, short_mb=512.0, would_fit="512 × 512", steps=STEPS)
FIRST_MEASURED = 5
"""The position of the first picture's measurement; the second plan of `a` is before it, and one for nobody."""


def tell(folder: Path) -> None:
    """A generation `a` that was refused, then made two pictures; and `b`, which failed for the lack of memory."""
    data = DataDir(folder)
    data.create()
    log = open_log(data)
    append(log, NewEvent("generation-a", REQUESTED), NewEvent("memory-image", SHORT))
    append(log, NewEvent("memory-image", planned("a")), NewEvent("memory-image", planned(None, purpose="prewarm")))
    append(log, NewEvent("memory-image", measured("a", "a-0")))
    append(log, NewEvent("memory-image", measured("a", "a-1", preset_id="other", measured_mb=2000.0)))
    append(log, NewEvent("generation-a", started()), NewEvent("generation-a", COMPLETED))
    failed = GenerationFailed(code="does_not_fit", words="It needs 512 MB more.")
    append(log, NewEvent("generation-b", REQUESTED), NewEvent("memory-image", planned("b", fits=False, short_mb=512.0)))
    append(log, NewEvent("generation-b", failed))
    log.close()
