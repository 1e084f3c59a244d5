"""What stays in memory while nothing is made."""

from collections.abc import Sequence

from msgspec import Struct

from ddesk.app.clock import Clock
from ddesk.app.crew import Crew
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.feed import Feed
from ddesk.app.image_work import OWNER, ImageModels
from ddesk.app.planner import PREFIX as MEMORY
from ddesk.app.planner import Planner
from ddesk.app.residency import IdleUnloading, Warming
from ddesk.bootstrap.stores import Store
from ddesk.events.envelope import Recorded
from ddesk.events.memory import MemoryPlanned
from ddesk.events.worker import ModelLoaded, ModelUnloaded
from ddesk.projections.system import PREFIX as WORKER
from ddesk.settings import Settings
from ddesk.supervision.notices import SupervisorNotice, WorkerGone


class MemoryParts(Struct):
    """What decides about memory, and what it is asked about."""

    planner: Planner
    models: ImageModels
    clock: Clock


def residency(
    settings: Settings, store: Store, crew: Crew, dispatcher: Dispatcher, memory: MemoryParts, feed: Feed
) -> tuple[Warming, IdleUnloading]:
    """What stays in memory while nothing is made."""
    newest = store.reader.events(stream=WORKER + OWNER, type="ModelLoaded", limit=1)
    warming = Warming(
        link=crew.links[OWNER],
        planner=memory.planner,
        feed=feed,
        models=memory.models,
        waiting=dispatcher.presets_waiting,
        is_idle=lambda: not dispatcher.is_busy,
        recent=[each.event.preset_id for each in newest if isinstance(each.event, ModelLoaded)],
        enabled=settings.prewarm,
    )
    idle = IdleUnloading(
        memory.planner,
        feed,
        memory.clock,
        settings.idle_unload_minutes * 60.0,
        lambda: frozenset({OWNER} if dispatcher.is_busy else ()),
    )
    _follow(crew, feed, memory.planner, warming, idle)
    return warming, idle


def _follow(crew: Crew, feed: Feed, planner: Planner, warming: Warming, idle: IdleUnloading) -> None:
    """They look again whenever a worker or the log has news."""
    streams = (MEMORY + OWNER, WORKER + OWNER)

    def look_again(*_: object) -> None:
        warming.changed.set()
        idle.changed.set()

    def hear(notice: SupervisorNotice) -> None:
        if isinstance(notice, WorkerGone):
            planner.gone(notice.worker)
            if notice.worker == OWNER:
                warming.lost()
        look_again()

    def take_in(events: Sequence[Recorded]) -> None:
        for event in [each.event for each in events if each.stream in streams]:
            if isinstance(event, MemoryPlanned) and event.purpose != "prewarm":
                warming.used(event.preset_id)
            elif isinstance(event, ModelUnloaded):
                warming.leave()
        look_again()

    crew.on_notices(hear)
    feed.on_events(take_in)
