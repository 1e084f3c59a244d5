import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.domain.job import (
    AdvanceJob,
    CancelJob,
    CompleteJob,
    EnqueueJob,
    FailJob,
    InterruptJob,
    JobCommand,
    RetryJob,
    StartJob,
    job,
)
from ddesk.errors import Conflict, NotFound
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
from tests.domain.given import Given, history_of

pytestmark = pytest.mark.quick

ENQUEUED = JobEnqueued(kind="thumbnail", subjects=("image-1", "image-2"))
LOST = JobInterrupted(why="killed", words="The worker was killed.")
INTERRUPT = InterruptJob(why="killed", words="The worker was killed.")
FAIL = FailJob(code="file_missing", words="It is gone.")


def after(*events: JobEvent) -> Given:
    return Given(job, *events)


def test_a_job_is_enqueued_once() -> None:
    enqueue = EnqueueJob(ENQUEUED)
    assert after().when(enqueue) == [ENQUEUED]
    assert after(ENQUEUED).when(enqueue) == []


def test_a_job_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        after().when(StartJob())


def test_it_starts_completes_and_fails() -> None:
    assert after(ENQUEUED).when(StartJob()) == [JobStarted(1)]
    assert after(ENQUEUED, JobStarted(1)).when(CompleteJob(0.2)) == [JobCompleted(0.2)]
    assert after(ENQUEUED, JobStarted(1)).when(FAIL) == [JobFailed(code="file_missing", words="It is gone.")]


def test_what_is_done_of_it_only_grows() -> None:
    running = after(ENQUEUED, JobStarted(1))
    assert running.when(AdvanceJob(1)) == [JobAdvanced(1)]
    assert after(ENQUEUED, JobStarted(1), JobAdvanced(2)).when(AdvanceJob(1)) == []
    assert after(ENQUEUED).when(AdvanceJob(1)) == []


def test_a_lost_job_is_tried_again_by_itself_once() -> None:
    assert after(ENQUEUED, JobStarted(1)).when(INTERRUPT) == [LOST, JobRetried("interrupted")]
    again = after(ENQUEUED, JobStarted(1), LOST, JobRetried("interrupted"), JobStarted(2))
    assert again.when(INTERRUPT) == [LOST]


def test_a_person_may_try_a_failed_one_again_but_not_a_completed_one() -> None:
    failed = JobFailed(code="file_missing", words="It is gone.")
    assert after(ENQUEUED, JobStarted(1), failed).when(RetryJob()) == [JobRetried("asked")]
    with pytest.raises(Conflict):
        after(ENQUEUED, JobStarted(1), JobCompleted(0.2)).when(RetryJob())


def test_a_waiting_one_can_be_cancelled_an_ended_one_not() -> None:
    assert after(ENQUEUED).when(CancelJob()) == [JobCancelled()]
    with pytest.raises(Conflict):
        after(ENQUEUED, JobStarted(1), JobCompleted(0.2)).when(CancelJob())


COMMANDS: list[JobCommand] = [
    EnqueueJob(ENQUEUED),
    AdvanceJob(1),
    StartJob(),
    CompleteJob(0.2),
    FAIL,
    CancelJob(),
    INTERRUPT,
    RetryJob(),
]


@given(st.lists(st.sampled_from(COMMANDS), max_size=30), st.sampled_from(COMMANDS))
def test_any_command_on_any_history_changes_nothing_the_second_time(
    before: list[JobCommand], command: JobCommand
) -> None:
    once = history_of(job, [*before, command])
    assert history_of(job, [*before, command, command]) == once
