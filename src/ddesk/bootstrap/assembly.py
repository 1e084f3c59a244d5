"""Every part of a desk, and which others each is given."""

import asyncio
from functools import partial

from ddesk import paths
from ddesk.app.attendance import Attendance
from ddesk.app.backups import Backups
from ddesk.app.bulk import BulkChange
from ddesk.app.catalogue import Catalogue
from ddesk.app.clock import Clock
from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.feed import Feed
from ddesk.app.foresight import Foresight
from ddesk.app.forgetting import Forgetting, Scrubbing
from ddesk.app.handle import Handler
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.image_work import ImageModels
from ddesk.app.language_presets import LanguagePresets
from ddesk.app.language_work import LanguageForesight
from ddesk.app.machine import Machine
from ddesk.app.model_check import ModelCheck
from ddesk.app.model_hashes import ModelHashes
from ddesk.app.planner import Planner
from ddesk.app.preset_files import PresetFiles
from ddesk.app.preset_manager import PresetManager
from ddesk.app.reactors import Purges, Thumbnails
from ddesk.app.shadows import Shadows
from ddesk.app.undo import Undo
from ddesk.bootstrap.defaults import catalogue, choices, estimates, families, language_prompts, language_start
from ddesk.bootstrap.jobs import job_runners, reactor
from ddesk.bootstrap.models import VERSION, model_library, models_changed, tell_of_models
from ddesk.bootstrap.residency import MemoryParts, residency
from ddesk.bootstrap.stores import PROJECTIONS, Store, scrub_files
from ddesk.domain.queue import Waiting
from ddesk.events.preset import ImagePreset
from ddesk.paths import DataDir
from ddesk.projections import generations, presets
from ddesk.settings import Settings, device_mb
from ddesk.store.event_log import now
from ddesk.store.media import Media


def assembled(
    data: DataDir, settings: Settings, store: Store, handler: Handler, feed: Feed, crew: Crew, clock: Clock
) -> Desk:
    media = Media(data)
    library, cache = model_library(data, settings)
    kin = families()
    hashes = ModelHashes(library, cache, lambda: dispatcher.idle.wait(), lambda: tell_of_models(feed, library))
    models = ModelCheck(handler, library, hashes, kin)
    files = PresetFiles(library, hashes, kin)
    sampling, assumed = choices(), estimates()
    waiting, _, paused = generations.unfinished(store.read_models)
    queue = Waiting(waiting, paused=paused)
    needs = ImageNeeds(store.read_models, assumed, library.weights)

    def offered() -> list[tuple[str, ImagePreset]]:
        return [(row.id, row.content) for row in presets.every(store.read_models)]

    machine = Machine(crew.supervisor.status, clock.now, device_mb(settings.simulate_device))
    planner = Planner(machine, crew.links, assumed, handler, feed)
    memory = MemoryParts(planner, ImageModels(models, needs), clock)
    dispatcher = Dispatcher(
        handler=handler,
        link=crew.links["image"],
        feed=feed,
        media=media,
        models=models,
        planner=planner,
        needs=needs,
        presets=offered,
        choices=sampling,
        waiting=queue,
        version=VERSION,
        previews=settings.live_previews,
    )
    warming, idle_unloading = residency(settings, store, crew, dispatcher, memory, feed)
    forgetting = Forgetting(handler, store.reader, partial(scrub_files, store))
    backups = Backups(
        data=data, settings=settings, handler=handler, reader=store.reader, feed=feed, program=VERSION, clock=now
    )
    undo = Undo(handler, store.reader, queue, data.settings)
    thumbnails, errands = job_runners(store, handler, feed, crew, media, settings)
    errands.take(
        {
            "bulk": BulkChange(handler, errands.duty, forgetting).make,
            "undo": partial(undo.make, errands.duty),
            "backup": backups.make,
        }
    )
    attendance = Attendance(
        settings.end_after_seconds,
        lambda: dispatcher.is_busy or any(each.is_busy for each in (thumbnails.runner, errands)),
        asyncio.get_running_loop().call_later,
    )
    desk = Desk(
        version=VERSION,
        started_at=now(),
        data=data,
        settings=settings,
        handler=handler,
        reader=store.reader,
        read_models=store.read_models,
        searches=store.searches,
        progress=store.runner.progress,
        condemn=store.runner.condemn,
        planner=planner,
        foresight=Foresight(planner, needs, offered),
        warming=warming,
        idle_unloading=idle_unloading,
        wal_bytes=store.log.wal_bytes,
        feed=feed,
        media=media,
        models=models,
        library=library,
        hashes=hashes,
        catalogue=Catalogue(catalogue(), paths.defaults(), data.models, library, hashes),
        families=kin,
        preset_files=files,
        image_presets=PresetManager(handler, models, sampling, store.read_models),
        language_presets=LanguagePresets(
            handler=handler,
            library=library,
            files=files,
            foresight=LanguageForesight(planner, assumed),
            start=language_start(),
            prompts=language_prompts(),
        ),
        choices=sampling,
        dispatcher=dispatcher,
        thumbnails=thumbnails,
        errands=errands,
        forgetting=forgetting,
        backups=backups,
        undo=undo,
        attendance=attendance,
        shadows=Shadows(data, paths.program(), PROJECTIONS, store.reader, feed),
        reactors=[
            reactor(each, store, feed) for each in (Thumbnails(handler), Purges(media), Scrubbing(forgetting.scrub))
        ],
        supervisor=crew.supervisor,
    )
    feed.on_events(desk.follow_settings)
    library.tell = lambda: models_changed(feed, library, hashes)
    return desk
