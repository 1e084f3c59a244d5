"""What undoes an event, judged by its stream as it was just before it and as it is now.

It is undone field by field: what was changed since is left alone and named, unless that is forced. Each event type
says once, in its kind's `_of_…`, how it is undone or why it can't be.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.fields import fields, with_fields
from ddesk.domain.generation import CancelGeneration, RetryGeneration
from ddesk.domain.image import (
    FavoriteImage,
    Image,
    RateImage,
    RestoreImage,
    TagImage,
    TrashImage,
    UnfavoriteImage,
    UntagImage,
)
from ddesk.domain.job import CancelJob, RetryJob
from ddesk.domain.language_preset import DeleteLanguagePreset, EditLanguagePreset, RestoreLanguagePreset
from ddesk.domain.preset import DeleteImagePreset, EditImagePreset, RestoreImagePreset
from ddesk.domain.queue import PauseQueue, ResumeQueue
from ddesk.domain.settings import RecordSetting
from ddesk.events import Event
from ddesk.events.backup import BackupMade
from ddesk.events.codec import AnyEvent, UnknownEvent
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationEvent,
    GenerationFailed,
    GenerationInterrupted,
    GenerationReprioritized,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    ImageGenerated,
)
from ddesk.events.image import (
    ImageAdded,
    ImageEvent,
    ImageFavorited,
    ImageFoundAgain,
    ImageMissing,
    ImagePurged,
    ImageRated,
    ImageRestored,
    ImageTagged,
    ImageThumbnailMade,
    ImageTrashed,
    ImageUnfavorited,
    ImageUntagged,
)
from ddesk.events.job import (
    JobAdvanced,
    JobCancelled,
    JobCompleted,
    JobEnqueued,
    JobEvent,
    JobFailed,
    JobInterrupted,
    JobRetried,
    JobStarted,
)
from ddesk.events.language_preset import (
    LanguagePresetCreated,
    LanguagePresetDeleted,
    LanguagePresetEdited,
    LanguagePresetEvent,
    LanguagePresetRestored,
)
from ddesk.events.log import DataForgotten, LogImported, LogRestored
from ddesk.events.memory import MemoryMeasured, MemoryPlanned
from ddesk.events.preset import (
    ImagePresetCreated,
    ImagePresetDeleted,
    ImagePresetEdited,
    ImagePresetRestored,
    PresetEvent,
)
from ddesk.events.queue import QueueCleared, QueueEvent, QueuePaused, QueueReordered, QueueResumed
from ddesk.events.settings import SettingChanged
from ddesk.events.worker import (
    ModelLoaded,
    ModelUnloaded,
    WorkerLost,
    WorkerQuarantined,
    WorkerReady,
    WorkerStarted,
    WorkerStopped,
)

MANY = ("bulk", "undo")
"""The kinds of jobs that do a person's one command to many things, and are undone with all that they did."""

_FORGOTTEN = "What it was about was forgotten."
_MADE = "The engine did this for a request: undo that request, or put the picture into the trash."
_BY_ITSELF = "The desk did this by itself, and does it again where it is needed."
_FOUND = "It says what was found on the disk."
_HAPPENED = "It happened to a worker, and nobody decided it."
_NOT_WRITTEN_DOWN = "The order before it was not written down yet in the version that recorded it."
_UNFINISHED = ("queued", "running", "interrupted")


class Verdict(Struct, frozen=True):
    """Whether an event can be undone, leaving aside what became of it since; `why_not` is a sentence."""

    undoable: bool
    why_not: str = ""


class Scene(Struct, frozen=True, kw_only=True):
    """Where an event is undone: the states of its stream just before it and `now`, and the order of what waits now.

    `id` is what its stream is about, whose words may be `forgotten`. With `force`, later changes are taken back too.
    """

    id: str
    before: Any
    now: Any
    waiting: tuple[str, ...] = ()
    forgotten: bool = False
    actor: str = "user"
    force: bool = False


class Undoing(Struct, frozen=True, kw_only=True):
    """What undoes an event; empty where nothing is left to undo.

    `commands` are to its own stream, `trash` are pictures for the trash, and the generations of `order` take each
    other's places in the queue. `superseded` names the fields that were changed since, and are therefore left alone.
    """

    commands: tuple[Any, ...] = ()
    trash: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    why_not: str = ""


Rule = Callable[[Scene], Undoing]


def verdict(event: AnyEvent) -> Verdict:
    """Needs no state, so that every line of a list can have its Undo button."""
    rule = _rule(event)
    return Verdict(undoable=False, why_not=rule) if isinstance(rule, str) else Verdict(undoable=True)


def undo(event: AnyEvent, scene: Scene) -> Undoing:
    rule = _rule(event)
    return Undoing(why_not=rule) if isinstance(rule, str) else rule(scene)


def _rule(event: AnyEvent) -> Rule | str:
    if isinstance(event, UnknownEvent):
        return "A later version of the program recorded this."
    return _of_any(event)


def _of_any(event: Event) -> Rule | str:
    if isinstance(event, GenerationEvent):
        return _of_generation(event)
    if isinstance(event, ImageEvent):
        return _of_image(event)
    if isinstance(event, JobEvent):
        return _of_job(event)
    if isinstance(event, PresetEvent):
        return _of_preset(event)
    if isinstance(event, LanguagePresetEvent):
        return _of_language_preset(event)
    if isinstance(event, QueueEvent):
        return _of_queue(event)
    match event:
        case SettingChanged(old=""):
            return "What it was before is a secret, or was forgotten."
        case SettingChanged():
            return partial(_set_back, event)
        case DataForgotten():
            return "What was forgotten is gone."
        case LogRestored() | LogImported():
            return "It says where the log came from."
        case MemoryPlanned() | MemoryMeasured():
            return "It says how the desk went about a piece of work: undo what asked for that."
        case BackupMade():
            return "A backup is a copy in a folder of its own: remove it there."
        case (
            WorkerStarted()
            | WorkerReady()
            | ModelLoaded()
            | ModelUnloaded()
            | WorkerStopped()
            | WorkerLost()
            | WorkerQuarantined()
        ):
            return _HAPPENED
        case _:
            assert_never(event)


def _command(*commands: Any) -> Rule:
    """For what is or isn't: where it is so no more, the decider finds nothing to do."""
    return lambda _: Undoing(commands=commands)


# Pictures ----------------------------------------------------------------------------------------------------------


def _of_image(event: ImageEvent) -> Rule | str:
    match event:
        case ImageRated():
            return partial(_rate_back, event)
        case ImageFavorited():
            return _of_kept(UnfavoriteImage())
        case ImageUnfavorited():
            return _of_kept(FavoriteImage())
        case ImageTagged(tags=()) | ImageUntagged(tags=()):
            return _FORGOTTEN
        case ImageTagged(tags=tags):
            return _of_kept(UntagImage(tags))
        case ImageUntagged():
            return partial(_tag_again, event)
        case ImageTrashed():
            return _of_kept(RestoreImage())
        case ImageRestored():
            return _of_kept(TrashImage())
        case ImagePurged():
            return "The picture was removed for good: its bytes are gone."
        case ImageAdded():
            return _MADE
        case ImageThumbnailMade():
            return _BY_ITSELF
        case ImageMissing() | ImageFoundAgain():
            return _FOUND
        case _:
            assert_never(event)


_PURGED_SINCE = Undoing(why_not="The picture was removed for good since.")


def _of_kept(command: Any) -> Rule:
    return lambda scene: _PURGED_SINCE if scene.now.purged else Undoing(commands=(command,))


def _rate_back(event: ImageRated, scene: Scene) -> Undoing:
    now: Image = scene.now
    if now.purged:
        return _PURGED_SINCE
    if now.rating not in (event.rating, scene.before.rating) and not scene.force:
        return Undoing(superseded=("rating",))
    return Undoing(commands=(RateImage(scene.before.rating),))


def _tag_again(event: ImageUntagged, scene: Scene) -> Undoing:
    """By whom each had been given is restored too, and each giver takes a command of its own."""
    if scene.now.purged:
        return _PURGED_SINCE
    was = {tag: by for tag, by in scene.before.tags.items() if tag in event.tags and tag not in scene.now.tags}
    return Undoing(
        commands=tuple(
            TagImage(tuple(tag for tag in was if was[tag] == by), by.source, by.confidence)
            for by in dict.fromkeys(was.values())
        )
    )


# Generations -------------------------------------------------------------------------------------------------------


def _of_generation(event: GenerationEvent) -> Rule | str:
    match event:
        case GenerationRetried(why="interrupted" | "conservative"):
            return _BY_ITSELF
        case GenerationRequested() | GenerationRetried():
            return _call_off
        case GenerationReprioritized(ahead=None):
            return _NOT_WRITTEN_DOWN
        case GenerationReprioritized():
            return partial(_let_pass, event.ahead or ())
        case GenerationCancelled():
            return partial(_want_again, event)
        case ImageGenerated() | GenerationCompleted():
            return _MADE
        case GenerationStarted() | GenerationFailed() | GenerationInterrupted():
            return "It is what became of a request: that can be undone."
        case _:
            assert_never(event)


def _call_off(scene: Scene) -> Undoing:
    """Cancelled while it is not at its end; what was made of it since goes into the trash."""
    ahead = scene.waiting[: scene.waiting.index(scene.id)] if scene.id in scene.waiting else None
    return Undoing(
        commands=(CancelGeneration(ahead),) if scene.now.status in _UNFINISHED else (),
        trash=scene.now.made[len(scene.before.made) :],
    )


def _want_again(event: GenerationCancelled, scene: Scene) -> Undoing:
    """At its place, or at the front where it had none: as what is retried comes there, the order starts from that."""
    if scene.now.status != "cancelled":
        return Undoing()
    if scene.forgotten:
        return Undoing(why_not="Its prompt was forgotten since.")
    order = () if event.ahead is None else _places(scene.id, event.ahead, (scene.id, *scene.waiting))
    return Undoing(commands=(RetryGeneration("undone"),), order=order)


def _let_pass(ahead: tuple[str, ...], scene: Scene) -> Undoing:
    if scene.id not in scene.waiting:
        return Undoing(why_not="It no longer waits, so it has no place in the queue.")
    order = _places(scene.id, ahead, scene.waiting)
    moved_since = not set(ahead).isdisjoint(scene.waiting[: scene.waiting.index(scene.id)])
    if order and moved_since and not scene.force:
        return Undoing(superseded=("place",))
    return Undoing(order=order)


def _places(id_: str, ahead: tuple[str, ...], waiting: tuple[str, ...]) -> tuple[str, ...]:
    """Those whose places change, in their new order, for it to stand behind the last of `ahead` that still waits."""
    others, before = [each for each in waiting if each != id_], set(ahead)
    place = max((number for number, each in enumerate(others, 1) if each in before), default=0)
    wanted = [*others[:place], id_, *others[place:]]
    moved = [number for number, (was, will) in enumerate(zip(waiting, wanted, strict=True)) if was != will]
    return tuple(wanted[moved[0] : moved[-1] + 1]) if moved else ()


# The queue ---------------------------------------------------------------------------------------------------------


def _of_queue(event: QueueEvent) -> Rule | str:
    match event:
        case QueuePaused():
            return _command(ResumeQueue())
        case QueueResumed():
            return _command(PauseQueue())
        case QueueCleared():
            return _command()  # each generation's own stream says that it was cancelled, and is undone there
        case QueueReordered(before=None):
            return _NOT_WRITTEN_DOWN
        case QueueReordered():
            return partial(_reorder_back, event.generation_ids, event.before or ())
        case _:
            assert_never(event)


def _reorder_back(wanted: tuple[str, ...], before: tuple[str, ...], scene: Scene) -> Undoing:
    """Of those that still wait."""
    waiting, named = set(scene.waiting), set(before)
    was = tuple(each for each in before if each in waiting)
    made = tuple(each for each in wanted if each in waiting)
    now = tuple(each for each in scene.waiting if each in named)
    if now not in (made, was) and not scene.force:
        return Undoing(superseded=("order",))
    return Undoing(order=() if now == was else was)


# Presets, settings, jobs -------------------------------------------------------------------------------------------


def _of_preset(event: PresetEvent) -> Rule | str:
    match event:
        case ImagePresetCreated() | ImagePresetRestored():
            return _command(DeleteImagePreset())
        case ImagePresetEdited():
            return partial(_edit_back, EditImagePreset(content=event.content, notes=event.notes))
        case ImagePresetDeleted():
            return _command(RestoreImagePreset())
        case _:
            assert_never(event)


def _of_language_preset(event: LanguagePresetEvent) -> Rule | str:
    match event:
        case LanguagePresetCreated() | LanguagePresetRestored():
            return _command(DeleteLanguagePreset())
        case LanguagePresetEdited():
            made = EditLanguagePreset(content=event.content, prompts=event.prompts, notes=event.notes)
            return partial(_edit_back, made)
        case LanguagePresetDeleted():
            return _command(RestoreLanguagePreset())
        case _:
            assert_never(event)


def _edit_back(made: EditImagePreset | EditLanguagePreset, scene: Scene) -> Undoing:
    """What this edit changed, and none since; the rest stays as it is now."""
    if scene.now.deleted:
        return Undoing(why_not="The preset was deleted since.")
    before, now = (
        replace(made, **{name: getattr(state, name) for name in made.__struct_fields__})
        for state in (scene.before, scene.now)
    )
    was, set_, is_ = fields(before), fields(made), fields(now)
    changed = [field for field in was if was[field] not in (set_[field], is_[field])]
    kept = () if scene.force else tuple(field for field in changed if is_[field] != set_[field])
    back = with_fields(now, is_ | {field: was[field] for field in changed if field not in kept})
    return Undoing(commands=(back,), superseded=kept)


def _set_back(event: SettingChanged, scene: Scene) -> Undoing:
    now = scene.now.values.get(event.key, event.new)
    if now not in (event.new, event.old) and not scene.force:
        return Undoing(superseded=(event.key,))
    change = SettingChanged(key=event.key, source="page" if scene.actor == "user" else "api", old=now, new=event.old)
    return Undoing(commands=(RecordSetting(change),))


def _of_job(event: JobEvent) -> Rule | str:
    match event:
        case JobEnqueued(kind="bulk" | "undo"):
            return _stop
        case JobRetried(why="interrupted"):
            return _BY_ITSELF
        case JobRetried():
            return _stop
        case JobCancelled():
            return lambda scene: Undoing(commands=(RetryJob("undone"),) if scene.now.status == "cancelled" else ())
        case JobAdvanced():
            return _command()  # what it did to each picture is told, and undone, there
        case JobEnqueued() | JobStarted() | JobCompleted() | JobFailed() | JobInterrupted():
            return _BY_ITSELF
        case _:
            assert_never(event)


def _stop(scene: Scene) -> Undoing:
    return Undoing(commands=(CancelJob(),) if scene.now.status in _UNFINISHED else ())
