"""How long a page of the gallery takes among very many pictures."""

import random
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from time import perf_counter

import apsw
from msgspec.structs import replace

from ddesk.events import Event
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.ids import new_id
from ddesk.events.image import ImageAdded
from ddesk.projections import gallery, generations
from ddesk.projections.gallery import Gallery
from ddesk.projections.generations import Generations
from ddesk.store.connection import open_database
from tests.bench.row import Row
from tests.bench.stories import stories
from tests.bench.timing import percentile

PAGE = 50
MOST_SECONDS = 0.005
_BEGAN = 1_700_000_000_000_000
_APART = 31_000_000
"""Microseconds from one picture to the next: a million in a year."""


def page(folder: Path, pictures: int, pages: int) -> Row:
    """A page with the recipe of each picture, as the route reads it, at a depth that chance chooses."""
    path = folder / "gallery.db"
    writing = open_database(path, "read")
    _fill(writing, pictures)
    keys = [int(key) for (key,) in writing.execute("select key from image")]
    reading = open_database(path, "read-reader")
    chance = random.Random(1)
    taken = [_seconds(reading, chance.choice(keys)) for _ in range(pages)]
    reading.close()
    writing.close()
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Row(
        f"gallery page of {PAGE} at any depth of {pictures:,}",
        f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms",
        f"p99 ≤ {MOST_SECONDS * 1e3:.0f} ms",
        p99 <= MOST_SECONDS,
    )


def _seconds(db: apsw.Connection, before: int) -> float:
    start = perf_counter()
    for row in gallery.page(db, before=before, limit=PAGE):
        generations.by_id(db, row.generation_id)
    return perf_counter() - start


def _fill(db: apsw.Connection, pictures: int) -> None:
    projections = (Generations(), Gallery())
    with db:
        for statement in (line for each in projections for line in each.schema):
            db.execute(statement)
        for recorded in islice(_history(), 2 * pictures):
            for each in projections:
                each.apply(db, recorded)


def _history() -> Iterator[Recorded]:
    """A request and its picture, over and over: all that the two projections need of a generation."""
    requested, added = _samples()
    for number in count():
        generation, at = new_id(), _BEGAN + number * _APART
        picture = replace(added, generation_id=generation, made_at=at)
        yield _recorded(2 * number + 1, f"{generations.PREFIX}{generation}", at, requested)
        yield _recorded(2 * number + 2, f"{gallery.PREFIX}{new_id()}", at, picture)


def _samples() -> tuple[GenerationRequested, ImageAdded]:
    events = [new.event for command in stories(1) for new in command.events]
    (requested,) = (event for event in events if isinstance(event, GenerationRequested))
    (added,) = (event for event in events if isinstance(event, ImageAdded))
    return requested, added


def _recorded(position: int, stream: str, at: int, event: Event) -> Recorded:
    return Recorded(position, stream, 1, type(event).__name__, 1, at, b"", "", None, "", "desk", event)
