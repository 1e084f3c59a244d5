"""Makes pictures again, and says what made them and whether they came out the same."""

from collections.abc import Sequence

from msgspec import Struct

from ddesk.app.desk import Desk
from ddesk.domain.generation import Generation, generation
from ddesk.domain.making import (
    Changes,
    Difference,
    Fact,
    Made,
    Verdict,
    again,
    differences,
    engine_facts,
    facts,
    file_facts,
    lora_facts,
    made,
    verdict,
)
from ddesk.domain.recipe import Sampling
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Origin
from ddesk.events.generation import GenerationEvent
from ddesk.events.image import ImageAdded
from ddesk.projections import gallery, generations

_SEE_GENERATIONS = "See the list of generations."


class Making(Struct, frozen=True):
    """`differing` are the facts that are no longer what they were, with then and now."""

    verdict: Verdict
    differing: list[Difference]


class Comparison(Struct, frozen=True, kw_only=True):
    """`image` was made again as `rerun`. Where their pixels differ and no fact does, what made the difference is none
    that the desk knows of.
    """

    image: str
    rerun: str
    identical: bool
    differing: list[Difference]


class _Then(Struct, frozen=True):
    """A picture's making, and whether the words of the request for it were forgotten since."""

    made: Made
    forgotten: bool


async def rerun(desk: Desk, origin: Origin, id_: str, image_id: str, changes: Changes) -> str:
    """Ask for the picture again, as a generation like any other that says whose rerun it is; the generation's id.

    Raises NotFound, Invalid, and Conflict where its words were forgotten or a model file is not there.
    """
    then = _made(desk, image_id)
    if then.forgotten:
        raise Conflict("prompt_forgotten", "The words that made this picture were forgotten.", "Ask for a new one.")
    preset_id = then.made.request.recipe.preset_id
    content = desk.models.preset(preset_id)
    if problem := desk.models.missing(content):
        raise Conflict(problem.code, problem.words, "Put the file back, and ask again.")
    preset = await desk.models.preset_now(preset_id)
    return await desk.record_request(origin, id_, again(then.made, changes, preset, desk.choices))


async def making(desk: Desk, image_id: str) -> Making:
    """Raises NotFound."""
    then = _made(desk, image_id)
    recorded = facts(then.made)
    now = await _facts_now(desk, then.made)
    if then.forgotten:
        recorded, now = ({**known, "prompt": None, "negative_prompt": None} for known in (recorded, now))
    found = differences(recorded, now)
    return Making(verdict(found), found)


def comparison(desk: Desk, generation_id: str) -> Comparison:
    """Raises NotFound, and Conflict where it made no picture again, or none yet."""
    state = desk.handler.state(generations.PREFIX + generation_id, generation)
    if not isinstance(state, Generation) or state.request is None:
        raise NotFound("no_such_generation", f"There is no generation {generation_id!r}.", _SEE_GENERATIONS)
    if state.request.rerun_of is None:
        raise Conflict("no_rerun", "This generation makes no picture again.", "Compare one that was asked for so.")
    if not state.made:
        raise Conflict("not_made", f"This generation is {state.status}, and made no picture.", "See what became of it.")
    then, now = _made(desk, state.request.rerun_of).made, _made(desk, state.made[0]).made
    return Comparison(
        image=then.image.image_id,
        rerun=now.image.image_id,
        identical=then.image.pixels_sha256 == now.image.pixels_sha256,
        differing=differences(facts(then), facts(now)),
    )


def _made(desk: Desk, image_id: str) -> _Then:
    """Also of a picture that was removed since. Raises NotFound."""
    added = next((each.event for each in desk.reader.stream(gallery.PREFIX + image_id)), None)
    if isinstance(added, ImageAdded):
        stream = generations.PREFIX + added.generation_id
        events = (each.event for each in desk.reader.stream(stream))
        if found := made((each for each in events if isinstance(each, GenerationEvent)), image_id):
            return _Then(found, desk.reader.is_forgotten(stream))
    raise NotFound("no_such_image", f"There is no picture {image_id!r}.", "See the list of pictures.")


async def _facts_now(desk: Desk, then: Made) -> dict[str, Fact]:
    """What would make the picture if it were asked for again."""
    recipe = then.request.recipe
    wished = {name: fact for name, fact in facts(then).items() if not name.startswith(("model_files.", "loras."))}
    return {
        **wished,
        "sampler": _if_listed(recipe.sampler, desk.choices.samplers),
        "sigma_schedule": _if_listed(recipe.sigma_schedule, desk.choices.sigma_schedules),
        **await _file_facts_now(desk, recipe.preset_id),
        **engine_facts(desk.dispatcher.engine),
        "mitigations": "",
    }


async def _file_facts_now(desk: Desk, preset_id: str) -> dict[str, Fact]:
    try:
        preset = await desk.models.preset_now(preset_id)
    except NotFound:
        return {}
    return {**file_facts(preset.model_files), **lora_facts(preset.loras)}


def _if_listed(id_: str, listed: Sequence[Sampling]) -> str | None:
    return id_ if id_ in {each.id for each in listed} else None
