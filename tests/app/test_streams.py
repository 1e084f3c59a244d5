from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.app import streams
from ddesk.domain.queue import Queue
from ddesk.events import TYPES
from ddesk.events.codec import UnknownEvent
from ddesk.events.image import ImageRated
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.paths import migrations
from ddesk.store.connection import shared_memory
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from tests.store.sample import append

pytestmark = pytest.mark.quick


@given(ratings=st.lists(st.integers(0, 5), min_size=1, max_size=30), at=st.integers(0, 40))
def test_a_stream_was_at_any_position_what_its_events_up_to_there_made_of_it(ratings: Sequence[int], at: int) -> None:
    opened = EventLog.open(shared_memory(), migrations())
    for rating in ratings:
        opened.append([append("image-a", ImageRated(rating)), append("image-b", ImageRated(0))])
    reader = LogReader.open(opened.location)
    told = [rating for position, rating in enumerate(ratings) if 2 * position + 1 <= at]
    assert streams.state_at(reader, "image-a", at).rating == (told[-1] if told else 0)
    for recorded in reader.stream("image-a"):
        before, after = streams.around(reader, recorded)
        assert (before, after) == tuple(
            streams.state_at(reader, "image-a", recorded.position + step) for step in (-1, 0)
        )
    reader.close()
    opened.close()


def test_what_has_no_rules_has_no_state() -> None:
    assert streams.decider_of("song-1") is None
    assert streams.decider_of("library-1") is None


def test_every_kind_of_stream_has_rules() -> None:
    told_in = {kind.__module__.rpartition(".")[2] for kind in TYPES.values()}
    named = {"image_preset" if name == "preset" else name for name in told_in}
    assert named == set(streams.DECIDERS)


def test_what_a_later_version_wrote_changes_nothing() -> None:
    opened = EventLog.open(shared_memory(), migrations())
    opened.append([append("queue", QueuePaused()), append("queue", QueueResumed())])
    reader = LogReader.open(opened.location)
    unknown = replace(reader.stream("queue")[1], event=UnknownEvent("QueueTurned", 1, "{}"))
    assert streams.around(reader, unknown) == (Queue(paused=True), Queue(paused=True))
    reader.close()
    opened.close()
