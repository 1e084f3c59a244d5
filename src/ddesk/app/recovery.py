"""What ran when the desk was last there: it was interrupted, and the rules of each kind say what follows."""

from collections.abc import Iterable

from ddesk.app.handle import Handler, Step, by_desk
from ddesk.domain.generation import InterruptGeneration, generation
from ddesk.domain.job import InterruptJob, job
from ddesk.projections import generations, jobs

_WHY = "desk_lost"
_WORDS = "The desk ended while this ran."


async def interrupt_what_ran(handler: Handler, generation_ids: Iterable[str], job_ids: Iterable[str]) -> None:
    for id_ in generation_ids:
        interrupt = InterruptGeneration(why=_WHY, words=_WORDS)
        await handler.handle(by_desk("recovery"), Step(generations.PREFIX + id_, generation, interrupt))
    for id_ in job_ids:
        await handler.handle(by_desk("recovery"), Step(jobs.PREFIX + id_, job, InterruptJob(why=_WHY, words=_WORDS)))
