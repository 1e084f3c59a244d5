"""A state that was kept is never another than the one that the whole stream folds to."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from ddesk.app import states
from ddesk.app.states import Reached, States
from ddesk.domain.settings import settings
from ddesk.events.log import DataForgotten
from ddesk.events.settings import SettingChanged
from ddesk.store.connection import shared_memory
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from tests.store.sample import MIGRATIONS, append

pytestmark = pytest.mark.quick


class Story:
    """One settings stream in a log of its own."""

    def __init__(self) -> None:
        self.log = EventLog.open(shared_memory(), MIGRATIONS)
        self.reader = LogReader.open(self.log.location)

    def tell(self, *values: int) -> None:
        changes = [SettingChanged(key=f"key-{value % 3}", source="file", old="0", new=f"{value}") for value in values]
        if changes:
            self.log.append([append("settings", *changes)])

    def folded(self) -> Reached:
        return Reached(settings, settings.initial).after(self.reader.stream("settings"))

    def close(self) -> None:
        self.reader.close()
        self.log.close()


@pytest.fixture
def story() -> Iterator[Story]:
    made = Story()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _long_from_two_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LONG", 2)


@trying(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=8))
def test_whatever_is_told_between_two_questions(told: list[list[int]]) -> None:
    story = Story()
    kept = States(story.reader)
    for values in told:
        story.tell(*values)
        assert kept.of("settings", settings) == story.folded()
    story.close()


def test_only_what_came_since_is_read_again(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = States(story.reader)
    story.tell(1, 2, 3)
    kept.of("settings", settings)
    read: list[int] = []
    stream = story.reader.stream

    def counted(name: str, version: int = 1) -> object:
        read.append(version)
        return stream(name, version)

    monkeypatch.setattr(story.reader, "stream", counted)
    story.tell(4)
    assert kept.of("settings", settings).version == 4
    assert read == [3]


@pytest.mark.parametrize("others", [[], [7], [7, 8, 9], [7, 8, 9, 10]])
def test_a_log_that_became_another_is_noticed(story: Story, others: list[int]) -> None:
    kept = States(story.reader)
    story.tell(1, 2, 3)
    kept.of("settings", settings)
    other = Story()
    other.tell(*others)
    kept._reader = other.reader
    assert kept.of("settings", settings) == other.folded()
    other.close()


def test_what_was_forgotten_is_kept_no_longer(story: Story) -> None:
    kept = States(story.reader)
    story.tell(1, 2, 3)
    kept.of("settings", settings)
    story.log.append([append("log", DataForgotten((1,)))])
    assert kept.of("settings", settings) == story.folded()
    assert kept.of("settings", settings).state.values["key-1"] != "1"


def test_the_rules_that_a_state_was_folded_by_are_those_that_are_asked_for(story: Story) -> None:
    kept = States(story.reader)
    story.tell(1, 2, 3)
    kept.of("settings", settings)
    bare = type(settings)(settings.initial, lambda state, _: state, settings.decide)
    assert kept.of("settings", bare).state == settings.initial
