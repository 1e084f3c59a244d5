"""`/api/generations`: asking for pictures, and what became of that."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from ddesk.app.desk import Desk, draw_seed
from ddesk.app.reading import Reading
from ddesk.domain.recipe import Wish
from ddesk.errors import NotFound
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id
from ddesk.projections import generations, presets
from ddesk.server import memory_views, views
from ddesk.server.context import Cursor, Limit, TheDesk, TheOrigin, TheReading, both, cursor_of, key_of
from ddesk.server.generation_schemas import Generation, GenerationRequest, Status
from ddesk.server.memory_schemas import GenerationMemory
from ddesk.server.schemas import Forgotten, Id, Page


class GenerationQueries(Controller):
    path = "/generations"
    tags = ("Generations",)

    @get(operation_id=both("listGenerations"), summary="All generations, newest first")
    async def all(
        self,
        reading: TheReading,
        status: Annotated[Status | None, QueryParameter(description="Only those in this state.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[Generation]:
        rows = generations.page(reading.read_models, before=key_of(cursor), status=status, limit=limit)
        more = cursor_of(rows[-1].position) if len(rows) == limit else None
        return Page([views.generation(row) for row in rows], more)

    @get("/{id_:str}", operation_id=both("getGeneration"), summary="One generation")
    async def one(self, reading: TheReading, id_: FromPath[Id]) -> Generation:
        return found(reading, id_)

    @get("/{id_:str}/memory", operation_id=both("getGenerationMemory"), summary="What was decided about its memory")
    async def memory(self, reading: TheReading, id_: FromPath[Id]) -> GenerationMemory:
        return memory_views.of_generation(reading, found(reading, id_).id)


class Generations(GenerationQueries):
    path = "/api/generations"

    @post(status_code=202, operation_id="requestGeneration", summary="Ask for pictures")
    async def request(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[GenerationRequest]) -> Generation:
        id_ = new_id() if data.id is UNSET else data.id
        made = await desk.request_generation(origin, id_, data.preset or _first_preset(desk), _wish(data))
        return found(desk, made)

    @post("/{id_:str}/cancel", status_code=200, operation_id="cancelGeneration", summary="Stop it")
    async def cancel(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Generation:
        return await _after(desk.cancel_generation, desk, origin, id_)

    @post("/{id_:str}/retry", status_code=200, operation_id="retryGeneration", summary="Try it again")
    async def retry(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Generation:
        return await _after(desk.retry_generation, desk, origin, id_)

    @post("/{id_:str}/front", status_code=200, operation_id="prioritizeGeneration", summary="Make it next")
    async def front(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Generation:
        return await _after(desk.prioritize_generation, desk, origin, id_)

    @post("/{id_:str}/forget", status_code=200, operation_id="forgetGeneration", summary="Forget its prompts, for good")
    async def forget(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Forgotten:
        return views.forgotten(desk, await desk.forget_generation(origin, id_))


async def _after(command: Callable[[Origin, str], Awaitable[None]], desk: Desk, origin: Origin, id_: str) -> Generation:
    await command(origin, id_)
    return found(desk, id_)


def found(reading: Reading, id_: str) -> Generation:
    if row := generations.by_id(reading.read_models, id_):
        return views.generation(row)
    raise NotFound("no_such_generation", f"There is no generation {id_!r}.", "See the list of generations.")


def _first_preset(desk: Desk) -> str:
    if every := presets.every(desk.read_models):
        return every[0].id
    raise NotFound("no_preset", "There is no image preset yet.", "Wait until the starter model is unpacked.")


def _wish(asked: GenerationRequest) -> Wish:
    return Wish(
        prompt=asked.prompt,
        negative_prompt=asked.negative_prompt,
        seed=draw_seed() if asked.seed < 0 else asked.seed,
        batch=asked.batch,
        placement=asked.placement,
        steps=asked.steps,
        cfg=asked.cfg,
        guidance=asked.guidance,
        sampler=asked.sampler,
        sigma_schedule=asked.sigma_schedule,
        width=asked.width,
        height=asked.height,
    )
