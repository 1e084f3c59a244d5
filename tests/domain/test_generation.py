import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.generation import (
    CONSERVATIVE,
    CancelGeneration,
    CompleteGeneration,
    FailGeneration,
    GenerationCommand,
    InterruptGeneration,
    PrioritizeGeneration,
    RecordImage,
    RequestGeneration,
    RetryGeneration,
    StartGeneration,
    generation,
)
from ddesk.errors import Conflict, NotFound
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationEvent,
    GenerationFailed,
    GenerationInterrupted,
    GenerationReprioritized,
    GenerationRetried,
)
from tests.domain.given import Given, history_of
from tests.domain.samples import CANCELLED, COMPLETED, ENGINE, FAILED, LOST, REQUESTED, RETURNED, made, started

pytestmark = pytest.mark.quick

START = StartGeneration(worker="image", engine=ENGINE)
INTERRUPT = InterruptGeneration(why="killed", words="The worker was killed.")


def after(*events: GenerationEvent) -> Given:
    return Given(generation, *events)


def test_a_request_is_recorded_once() -> None:
    assert after().when(RequestGeneration(REQUESTED)) == [REQUESTED]
    assert after(REQUESTED).when(RequestGeneration(REQUESTED)) == []


def test_what_was_never_requested_can_not_be_acted_on() -> None:
    with pytest.raises(NotFound) as refused:
        after().when(CancelGeneration())
    assert refused.value.code == "no_such_generation"


def test_a_waiting_one_is_started_at_the_first_picture_that_is_still_to_be_made() -> None:
    assert after(REQUESTED).when(START) == [started(1, 0)]
    assert after(REQUESTED, started(), made(0), LOST, RETURNED).when(START) == [started(2, 1)]


def test_only_the_next_picture_of_running_work_is_recorded() -> None:
    assert after(REQUESTED, started()).when(RecordImage(made(0))) == [made(0)]
    assert after(REQUESTED, started()).when(RecordImage(made(1))) == []
    assert after(REQUESTED, started(), made(0)).when(RecordImage(made(0))) == []


def test_a_picture_that_arrives_after_a_cancel_is_not_recorded() -> None:
    assert after(REQUESTED, started(), CANCELLED).when(RecordImage(made(0))) == []


def test_running_work_is_completed() -> None:
    assert after(REQUESTED, started(), made(0), made(1)).when(CompleteGeneration(1.5)) == [GenerationCompleted(1.5)]


@pytest.mark.parametrize("code", ["blank_image", "out_of_memory"])
def test_a_blank_picture_or_a_lack_of_memory_is_retried_once_with_care(code: str) -> None:
    fail = FailGeneration(code=code, words="It went wrong.")
    ran_out = code == "out_of_memory"
    retried = GenerationRetried(why="conservative", mitigations=CONSERVATIVE, memory_ran_out=ran_out)
    assert after(REQUESTED, started()).when(fail) == [retried]
    second = after(REQUESTED, started(), retried, started(2, 0, CONSERVATIVE))
    assert second.when(fail) == [GenerationFailed(code=code, words="It went wrong.")]


def test_a_worker_that_dies_of_too_little_memory_is_given_one_attempt_with_care() -> None:
    died = InterruptGeneration(why="out_of_memory", words="Memory ran out.")
    told = GenerationInterrupted(why="out_of_memory", words="Memory ran out.")
    retried = GenerationRetried(why="conservative", mitigations=CONSERVATIVE, memory_ran_out=True)
    assert after(REQUESTED, started()).when(died) == [told, retried]
    second = after(REQUESTED, started(), told, retried, started(2, 0, CONSERVATIVE))
    assert second.state.memory_ran_out
    assert second.when(died) == [GenerationFailed(code="out_of_memory", words="Memory ran out.")]


def test_care_over_memory_outlives_another_loss_and_ends_with_a_persons_retry() -> None:
    careful = GenerationRetried(why="conservative", mitigations=CONSERVATIVE, memory_ran_out=True)
    again = replace(RETURNED, mitigations=CONSERVATIVE, memory_ran_out=True)
    second = after(REQUESTED, started(), careful, started(2, 0, CONSERVATIVE))
    assert second.when(INTERRUPT) == [LOST, again]
    failed = after(REQUESTED, started(), careful, started(2, 0, CONSERVATIVE), FAILED)
    assert failed.when(RetryGeneration()) == [GenerationRetried(why="asked")]


def test_the_careful_attempt_is_started_with_its_mitigations() -> None:
    retried = GenerationRetried(why="conservative", mitigations=CONSERVATIVE)
    assert after(REQUESTED, started(), retried).when(START) == [started(2, 0, CONSERVATIVE)]


def test_any_other_failure_is_final() -> None:
    fail = FailGeneration(code="bad_model_file", words="It is damaged.")
    assert after(REQUESTED, started()).when(fail) == [FAILED]


def test_waiting_and_running_work_can_be_cancelled() -> None:
    assert after(REQUESTED).when(CancelGeneration()) == [GenerationCancelled()]
    assert after(REQUESTED, started()).when(CancelGeneration()) == [GenerationCancelled()]
    assert after(REQUESTED, started(), LOST).when(CancelGeneration()) == [GenerationCancelled()]


@pytest.mark.parametrize("end", [COMPLETED, FAILED])
def test_what_has_ended_can_not_be_cancelled_and_says_so(end: GenerationEvent) -> None:
    with pytest.raises(Conflict) as refused:
        after(REQUESTED, started(), end).when(CancelGeneration())
    assert refused.value.code == "already_ended"


def test_interrupted_work_returns_to_the_front_by_itself_once() -> None:
    first = after(REQUESTED, started())
    assert first.when(INTERRUPT) == [LOST, RETURNED]
    second = after(REQUESTED, started(), LOST, RETURNED, started(2))
    assert second.when(INTERRUPT) == [LOST]


def test_work_that_a_person_sent_back_after_two_losses_starts_with_a_clean_slate() -> None:
    asked = GenerationRetried(why="asked")
    twice_lost = (REQUESTED, started(), LOST, RETURNED, started(2), LOST)
    assert after(*twice_lost).when(RetryGeneration()) == [asked]
    assert after(*twice_lost, asked, started(3)).when(INTERRUPT) == [LOST, RETURNED]


def test_a_blank_picture_that_is_reported_twice_is_tried_again_once() -> None:
    blank = FailGeneration(code="blank_image", words="It is blank.")
    retried = GenerationRetried(why="conservative", mitigations=("vae_tiling",))
    assert after(REQUESTED, started()).when(blank) == [retried]
    assert after(REQUESTED, started(), retried).when(blank) == []


def test_closing_the_desk_is_nobodys_fault() -> None:
    closing = InterruptGeneration(why="desk_closed", words="The desk was closed.")
    closed = GenerationInterrupted(why="desk_closed", words="The desk was closed.")
    history: list[GenerationEvent] = [REQUESTED, started()]
    for attempt in range(2, 5):
        assert after(*history).when(closing) == [closed, RETURNED]
        history += [closed, RETURNED, started(attempt)]
    assert after(*history).when(INTERRUPT) == [LOST, RETURNED]


def test_only_what_waits_can_go_to_the_front() -> None:
    assert after(REQUESTED).when(PrioritizeGeneration()) == [GenerationReprioritized("front")]
    with pytest.raises(Conflict):
        after(REQUESTED, started()).when(PrioritizeGeneration())


def test_a_completed_one_is_not_retried() -> None:
    with pytest.raises(Conflict) as refused:
        after(REQUESTED, started(), COMPLETED).when(RetryGeneration())
    assert refused.value.code == "already_completed"


COMMANDS: list[GenerationCommand] = [
    RequestGeneration(REQUESTED),
    START,
    RecordImage(made(0)),
    RecordImage(made(1)),
    CompleteGeneration(1.5),
    FailGeneration(code="blank_image", words="It is blank."),
    FailGeneration(code="bad_model_file", words="It is damaged."),
    CancelGeneration(),
    INTERRUPT,
    InterruptGeneration(why="desk_closed", words="The desk was closed."),
    RetryGeneration(),
]
"""All but PrioritizeGeneration: to the front of the queue twice is twice to the front."""


@given(st.lists(st.sampled_from(COMMANDS), max_size=30), st.sampled_from(COMMANDS))
def test_any_command_on_any_history_changes_nothing_the_second_time(
    before: list[GenerationCommand], command: GenerationCommand
) -> None:
    once = history_of(generation, [*before, command])
    assert history_of(generation, [*before, command, command]) == once


@given(st.lists(st.sampled_from(COMMANDS), max_size=40))
def test_no_history_has_more_pictures_than_were_asked_for_in_a_row(commands: list[GenerationCommand]) -> None:
    state = after(*history_of(generation, commands)).state
    assert state.made == tuple(f"image-{index}" for index in range(len(state.made)))
    assert len(state.made) <= 2
