"""What ran when the desk was last there: it was interrupted, and the rules of each kind say what follows."""

from collections.abc import Iterable

from ddesk.app.handle import Handler, Step
from ddesk.domain.generation import InterruptGeneration, generation
from ddesk.domain.job import InterruptJob, job
from ddesk.projections import generations, jobs

_WHY = "desk_lost"
_WORDS = "The desk ended while this ran."


async def interrupt_what_ran(handler: Handler, generation_ids: Iterable[str], job_ids: Iterable[str]) -> None:
    for id_ in generation_ids:
        command = InterruptGeneration(why=_WHY, words=_WORDS)
        await _interrupt(handler, Step(generations.PREFIX + id_, generation, command))
    for id_ in job_ids:
        await _interrupt(handler, Step(jobs.PREFIX + id_, job, InterruptJob(why=_WHY, words=_WORDS)))


async def _interrupt(handler: Handler, step: Step) -> None:
    await handler.handle(handler.on_account_of(step.stream), step)
