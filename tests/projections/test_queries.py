from collections.abc import Callable

import apsw
import pytest

from ddesk.events.envelope import NewEvent
from ddesk.events.generation import GenerationReprioritized
from ddesk.events.image import ImageThumbnailMade
from ddesk.events.job import JobEnqueued, JobStarted
from ddesk.events.language_preset import LanguagePresetCreated, LanguagePresetEdited, LanguagePrompts
from ddesk.events.log import DataForgotten
from ddesk.events.queue import QueuePaused, QueueReordered
from ddesk.projections import gallery, generations, jobs, language_presets, memory, presets
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from tests.domain.samples import CANCELLED, COMPLETED, LANGUAGE_PRESET, LOST, REQUESTED, RETURNED, added, made, started
from tests.projections.conftest import Desk

pytestmark = pytest.mark.quick


def reader(runner: Runner) -> apsw.Connection:
    return open_database(runner.path, "read-reader")


def request(desk: Desk, runner: Runner, *ids: str) -> None:
    for id_ in ids:
        desk.tell(runner, NewEvent(f"generation-{id_}", REQUESTED))


def test_a_generation_is_shown_with_all_that_became_of_it(desk: Desk) -> None:
    runner = desk.open()
    request(desk, runner, "a")
    for event in (started(), made(0), LOST, RETURNED, started(2, 1), made(1), COMPLETED):
        desk.tell(runner, NewEvent("generation-a", event))
    row = generations.by_id(reader(runner), "a")
    assert row is not None
    assert (row.status, row.attempts, row.images, row.code) == ("completed", 2, ["image-0", "image-1"], None)
    assert row.prompt == "a red car"
    runner.close()


def test_what_was_cancelled_after_a_loss_has_no_failure(desk: Desk) -> None:
    runner = desk.open()
    request(desk, runner, "a")
    for event in (started(), LOST, CANCELLED):
        desk.tell(runner, NewEvent("generation-a", event))
    row = generations.by_id(reader(runner), "a")
    assert row is not None
    assert (row.status, row.code, row.words) == ("cancelled", None, None)
    runner.close()


def test_the_queue_is_shown_in_the_order_in_which_it_will_be_made(desk: Desk) -> None:
    runner = desk.open()
    request(desk, runner, "a", "b", "c", "d")
    desk.tell(runner, NewEvent("generation-c", GenerationReprioritized("front")))
    desk.tell(runner, NewEvent("queue", QueueReordered(("d", "a"))))
    order = [row.id for row in generations.with_status(reader(runner), "queued")]
    assert order == ["c", "d", "b", "a"]
    runner.close()


def test_the_dispatcher_finds_what_waited_and_what_ran(desk: Desk) -> None:
    runner = desk.open()
    request(desk, runner, "a", "b")
    desk.tell(runner, NewEvent("generation-a", started()))
    desk.tell(runner, NewEvent("queue", QueuePaused()))
    waiting, running, paused = generations.unfinished(reader(runner))
    assert (waiting, running, paused) == ([("b", 2)], ["a"], True)
    runner.close()


def test_pictures_of_one_millisecond_keep_the_order_in_which_they_came(desk: Desk) -> None:
    runner = desk.open()
    for id_ in ("a", "b", "c"):
        desk.tell(runner, NewEvent(f"image-{id_}", added(id_)))
    newest = gallery.page(reader(runner), before=None, limit=2)
    rest = gallery.page(reader(runner), before=newest[-1].key, limit=2)
    assert [row.id for row in newest + rest] == ["c", "b", "a"]
    runner.close()


def test_a_picture_has_a_thumbnail_once_its_job_has_made_one(desk: Desk) -> None:
    runner = desk.open()
    desk.tell(runner, NewEvent("image-a", added("a")))
    before = gallery.by_id(reader(runner), "a")
    desk.tell(runner, NewEvent("image-a", ImageThumbnailMade(width=8, height=8, file_size=3)))
    after = gallery.by_id(reader(runner), "a")
    assert before is not None
    assert after is not None
    assert (before.thumbnail, after.thumbnail) == (False, True)
    runner.close()


def test_a_language_presets_words_are_gone_once_they_are_forgotten(desk: Desk) -> None:
    runner = desk.open()
    own = LanguagePrompts(assistant="Be brief.")
    created = LanguagePresetCreated(content=LANGUAGE_PRESET, prompts=own, notes="one")
    edited = LanguagePresetEdited(content=LANGUAGE_PRESET, prompts=own, notes="two")
    for event in (created, edited, DataForgotten((1,))):
        desk.tell(runner, NewEvent("log" if isinstance(event, DataForgotten) else "language_preset-a", event))
    (kept,) = language_presets.every(reader(runner))
    assert (kept.prompts, kept.notes) == (own, "two")
    desk.tell(runner, NewEvent("log", DataForgotten((2,))))
    (forgotten,) = language_presets.every(reader(runner))
    assert (forgotten.content, forgotten.prompts, forgotten.notes) == (LANGUAGE_PRESET, LanguagePrompts(), "")
    runner.close()


QUERIES: dict[str, Callable[[apsw.Connection], object]] = {
    "a page of pictures": lambda db: gallery.page(db, before=5, limit=3),
    "a picture": lambda db: gallery.by_id(db, "a"),
    "a page of generations": lambda db: generations.page(db, before=5, status=None, limit=3),
    "a page of one kind of end": lambda db: generations.page(db, before=5, status="failed", limit=3),
    "a generation": lambda db: generations.by_id(db, "a"),
    "a page of jobs": lambda db: jobs.page(db, before=5, status=None, limit=3),
    "a page of jobs that failed": lambda db: jobs.page(db, before=5, status="failed", limit=3),
    "what a job runner begins with": lambda db: jobs.waiting(db, ("thumbnail",)),
    "the jobs that ran": jobs.running,
    "the plans of a generation": lambda db: memory.plans(db, "a"),
    "what a generation's pictures took": lambda db: memory.measured(db, "a"),
    "a page of measurements": lambda db: memory.page(db, before=5, preset_id=None, limit=3),
    "a page of one preset's measurements": lambda db: memory.page(db, before=5, preset_id="a", limit=3),
    "a preset": lambda db: presets.by_id(db, "a"),
    "a language preset": lambda db: language_presets.by_id(db, "a"),
}


def plans_of(db: apsw.Connection, query: Callable[[apsw.Connection], object]) -> list[str]:
    """The plan of each statement that the query runs."""
    statements: list[tuple[str, object]] = []

    def trace(_: apsw.Cursor, sql: str, bindings: object) -> bool:
        statements.append((sql, bindings))
        return True

    db.exec_trace = trace
    query(db)
    db.exec_trace = None
    assert statements
    plans = [db.execute(f"explain query plan {sql}", bindings) for sql, bindings in statements]  # type: ignore[arg-type]
    return [str(row[3]) for plan in plans for row in plan]


@pytest.mark.parametrize("query", [lambda db: generations.with_status(db, "queued"), generations.unfinished])
def test_the_few_that_wait_are_found_and_only_they_are_sorted(
    desk: Desk, query: Callable[[apsw.Connection], object]
) -> None:
    runner = desk.open()
    plan = plans_of(reader(runner), query)
    found = "SEARCH generation USING INDEX generation_by_status (status=?)"
    assert set(plan) <= {found, "USE TEMP B-TREE FOR ORDER BY", "SCAN queue"}
    runner.close()


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_scans_or_sorts(desk: Desk, name: str) -> None:
    runner = desk.open()
    plan = plans_of(reader(runner), QUERIES[name])
    assert all(step.startswith("SEARCH") or step == "SCAN queue" for step in plan), plan
    runner.close()


def test_a_query_that_scans_would_be_noticed(desk: Desk) -> None:
    runner = desk.open()
    plan = plans_of(reader(runner), lambda db: db.execute("select * from image order by seed").fetchall())
    assert plan == ["SCAN image", "USE TEMP B-TREE FOR ORDER BY"]
    runner.close()


def test_jobs_that_wait_are_found_oldest_first(desk: Desk) -> None:
    runner = desk.open()
    for id_ in ("a", "b", "c"):
        desk.tell(runner, NewEvent(f"job-{id_}", JobEnqueued(kind="thumbnail", subjects=(id_,))))
    desk.tell(runner, NewEvent("job-a", JobStarted(1)))
    assert jobs.waiting(reader(runner), ("thumbnail",)) == ["b", "c"]
    assert jobs.waiting(reader(runner), ("bulk",)) == []
    assert jobs.running(reader(runner)) == ["a"]
    runner.close()
