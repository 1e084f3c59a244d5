"""Forgetting: the private parts of what was recorded are removed for good.

They go from the log by an event that names them, so that its chain still checks; the read models follow that event.
Then both files are scrubbed: what is overwritten in them must not live on in their write-ahead files.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from ddesk.app.handle import Handler, Step
from ddesk.domain.generation import Generation, generation
from ddesk.domain.image import Image, image
from ddesk.domain.log import Forget, log
from ddesk.errors import Conflict
from ddesk.events.envelope import Origin, Recorded
from ddesk.events.log import DataForgotten
from ddesk.projections import gallery, generations
from ddesk.store.log_reader import LogReader

STREAM = "log"

Scrub = Callable[[], Awaitable[None]]
"""Raises Fault where something kept it from being done."""


class Forgetting:
    """Both ways return the positions of the events that lost their private parts, also where that was done before."""

    def __init__(self, handler: Handler, reader: LogReader, scrub: Scrub) -> None:
        self._handler = handler
        self._reader = reader
        self.scrub = scrub

    async def images(self, origin: Origin, ids: Sequence[str]) -> tuple[int, ...]:
        """What was said of those among these pictures that are purged, and the prompts that made nothing else."""
        purged = {id_: state.added for id_ in ids if (state := self._image(id_)).purged and state.added}
        made_by = dict.fromkeys(added.generation_id for added in purged.values())
        streams = [gallery.PREFIX + id_ for id_ in purged]
        streams += [generations.PREFIX + id_ for id_ in made_by if not self._is_needed(id_)]
        return await self._streams(origin, streams)

    async def generation(self, origin: Origin, id_: str) -> tuple[int, ...]:
        """Its prompts, and what the engine said. Raises NotFound, and Conflict while they are needed."""
        if self._is_needed(id_):
            raise Conflict(
                "prompt_needed",
                "It is not over yet, or pictures of it are still there.",
                "Cancel it, or remove its pictures for good first.",
            )
        return await self._streams(origin, [generations.PREFIX + id_])

    def _is_needed(self, generation_id: str) -> bool:
        state: Generation = self._handler.state(generations.PREFIX + generation_id, generation)
        is_over = bool(state.recipe) and state.status not in ("queued", "running")
        return not is_over or not all(self._image(id_).purged for id_ in state.made)

    def _image(self, id_: str) -> Image:
        state = self._handler.state(gallery.PREFIX + id_, image)
        assert isinstance(state, Image)
        return state

    async def _streams(self, origin: Origin, streams: Sequence[str]) -> tuple[int, ...]:
        positions = tuple(each for stream in streams for each in self._reader.private_positions(stream))
        forgetting = replace(origin, command_id=f"{origin.command_id}-forget")
        done = await self._handler.handle(forgetting, Step(STREAM, log, Forget(positions)))
        told = self._reader.read(done.first - 1, done.last) if done else ()
        return tuple(each for one in told if isinstance(one.event, DataForgotten) for each in one.event.positions)


class Scrubbing:
    """When something is forgotten, the files are scrubbed: also where the desk was killed before it came to it."""

    name = "scrubbing"

    def __init__(self, scrub: Scrub) -> None:
        self._scrub = scrub

    async def react(self, recorded: Recorded) -> bool:
        if not isinstance(recorded.event, DataForgotten):
            return False
        await self._scrub()
        return True
