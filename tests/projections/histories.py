"""Histories that can have happened: what the rules make of commands in any order."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from ddesk.app.handle import Step
from ddesk.domain.decider import Decider
from ddesk.domain.generation import (
    CancelGeneration,
    CompleteGeneration,
    FailGeneration,
    InterruptGeneration,
    PrioritizeGeneration,
    RecordImage,
    RequestGeneration,
    RetryGeneration,
    StartGeneration,
    generation,
)
from ddesk.domain.image import (
    AddImage,
    FavoriteImage,
    PurgeImage,
    RateImage,
    RecordThumbnail,
    ReportFound,
    ReportMissing,
    RestoreImage,
    TagImage,
    TrashImage,
    UnfavoriteImage,
    UntagImage,
    image,
)
from ddesk.domain.job import AdvanceJob, CompleteJob, EnqueueJob, FailJob, InterruptJob, StartJob, job
from ddesk.domain.language_preset import (
    CreateLanguagePreset,
    DeleteLanguagePreset,
    EditLanguagePreset,
    RestoreLanguagePreset,
    language_preset,
)
from ddesk.domain.memory_story import RecordMemory, memory_story
from ddesk.domain.preset import CreateImagePreset, DeleteImagePreset, EditImagePreset, RestoreImagePreset, preset
from ddesk.domain.queue import PauseQueue, ReorderQueue, ResumeQueue, queue
from ddesk.domain.worker import RecordWorker, worker
from ddesk.errors import Refused
from ddesk.events.envelope import NewEvent
from ddesk.events.image import ImageThumbnailMade
from ddesk.events.job import JobEnqueued
from ddesk.events.language_preset import LanguagePrompts
from ddesk.events.worker import WorkerLost, WorkerStarted
from tests.domain.samples import ENGINE, LANGUAGE_PRESET, PRESET, REQUESTED, added, made, measured, planned

IDS = ("a", "b", "c")
_START = StartGeneration(worker="image", engine=ENGINE)
_GENERATION = [
    RequestGeneration(REQUESTED),
    _START,
    RecordImage(made(0)),
    RecordImage(made(1)),
    CompleteGeneration(1.0),
    FailGeneration(code="blank_image", words="It is blank."),
    CancelGeneration(),
    InterruptGeneration(why="killed", words="It was killed."),
    PrioritizeGeneration(),
    RetryGeneration(),
]
_JOB = [
    EnqueueJob(JobEnqueued(kind="thumbnail", subjects=("image-a",))),
    StartJob(),
    AdvanceJob(1),
    CompleteJob(0.1),
    FailJob(code="file_missing", words="It is gone."),
    InterruptJob(why="killed", words="It was killed."),
]


_IMAGE = [
    RecordThumbnail(ImageThumbnailMade(width=8, height=8, file_size=3)),
    ReportMissing(),
    ReportFound(),
    RateImage(4),
    RateImage(0),
    FavoriteImage(),
    UnfavoriteImage(),
    TagImage(("Sea", "night")),
    TagImage(("night", "red"), source="model", confidence=0.5),
    UntagImage(("night",)),
    TrashImage(),
    RestoreImage(),
    PurgeImage(),
]
_PRESET = [
    CreateImagePreset(content=PRESET, notes="one"),
    EditImagePreset(content=msgspec.structs.replace(PRESET, name="Toy 2"), notes="two"),
    DeleteImagePreset(),
    RestoreImagePreset(),
]
_LANGUAGE_PRESET = [
    CreateLanguagePreset(content=LANGUAGE_PRESET, prompts=LanguagePrompts(assistant="Be brief."), notes="one"),
    EditLanguagePreset(content=msgspec.structs.replace(LANGUAGE_PRESET, context=1024), notes="two"),
    EditLanguagePreset(content=LANGUAGE_PRESET, prompts=LanguagePrompts(describe="Only tags."), notes="two"),
    DeleteLanguagePreset(),
    RestoreLanguagePreset(),
]
_QUEUE = [PauseQueue(), ResumeQueue(), ReorderQueue(wanted=("c", "a"), waiting=("a", "b", "c"))]
_WORKER = [
    RecordWorker(WorkerStarted(pid=1, restarts=0)),
    RecordWorker(WorkerLost(pid=1, cause="killed", words="It was killed.")),
]
_MEMORY = [
    *(RecordMemory(planned(id_)) for id_ in (*IDS, None)),
    *(RecordMemory(measured(id_, f"image-{n}")) for id_ in IDS for n in range(2)),
]


def _steps(kind: str, decider: Decider[Any, Any, Any], commands: Sequence[Any]) -> list[Step]:
    return [Step(f"{kind}-{id_}", decider, command) for id_ in IDS for command in commands]


STEPS = [
    *_steps("generation", generation, _GENERATION),
    *_steps("job", job, _JOB),
    *_steps("image", image, _IMAGE),
    *(Step(f"image-{id_}", image, AddImage(added(id_))) for id_ in IDS),
    *(Step("queue", queue, command) for command in _QUEUE),
    *(Step("worker-image", worker, command) for command in _WORKER),
    *(Step("memory-image", memory_story, command) for command in _MEMORY),
    *(Step("image_preset-toy", preset, command) for command in _PRESET),
    *(Step("language_preset-toy", language_preset, command) for command in _LANGUAGE_PRESET),
]


def history_of(steps: Sequence[Step]) -> list[NewEvent]:
    """What these commands lead to, the refused ones left out."""
    streams: dict[str, list[Any]] = defaultdict(list)
    history: list[NewEvent] = []
    for step in steps:
        try:
            decided = step.decider.decide(step.decider.fold(streams[step.stream]), step.command)
        except Refused:
            continue
        streams[step.stream] += decided
        history += [NewEvent(step.stream, event) for event in decided]
    return history


histories = st.lists(st.sampled_from(STEPS), max_size=80).map(history_of)
