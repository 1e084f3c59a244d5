import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ddesk.errors import Fault
from ddesk.store.crash_reports import Mark, describe, dismiss, latest, reports, settle

pytestmark = pytest.mark.quick

LONG_AGO = 0.0


def fail(words: str) -> None:
    raise ValueError(words)


def mistake(words: str) -> Exception:
    """One that was raised, and so has a traceback."""
    try:
        fail(words)
    except ValueError as error:
        return error
    raise AssertionError


def left_behind(folder: Path, *mistakes: str) -> None:
    """By a desk that ended without another word."""
    mark = Mark(folder, "1.2")
    for words in mistakes:
        mark.note(mistake(words))
    assert mark.handle is not None
    os.close(mark.handle)
    settle(folder, machine_started_at=LONG_AGO)


def test_a_desk_that_ends_in_order_leaves_nothing(tmp_path: Path) -> None:
    Mark(tmp_path, "1.2").close(in_order=True)
    settle(tmp_path, machine_started_at=LONG_AGO)
    assert latest(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_ends_without_a_word_is_told_as_that(tmp_path: Path) -> None:
    left_behind(tmp_path)
    found = latest(tmp_path)
    assert found
    assert (found.kind, found.ended, found.dismissed) == ("silence", True, False)
    assert "without saying why" in found.words
    assert found.report.startswith(f"DiffusionDesk 1.2, process {os.getpid()}")


def test_it_was_last_heard_of_when_it_last_wrote_into_its_log(tmp_path: Path) -> None:
    mark = Mark(tmp_path, "1.2")
    (tmp_path / "desk.log").touch()
    later = datetime(2126, 1, 1, tzinfo=UTC)
    os.utime(tmp_path / "desk.log", (later.timestamp(), later.timestamp()))
    assert mark.handle is not None
    os.close(mark.handle)
    settle(tmp_path, machine_started_at=LONG_AGO)
    found = latest(tmp_path)
    assert found
    assert found.at == later


def test_a_machine_that_was_started_anew_since_may_have_lost_its_power(tmp_path: Path) -> None:
    mark = Mark(tmp_path, "1.2")
    assert mark.handle is not None
    os.close(mark.handle)
    settle(tmp_path, machine_started_at=datetime(2126, 1, 1, tzinfo=UTC).timestamp())
    found = latest(tmp_path)
    assert found
    assert "the machine was started anew" in found.words


def test_one_that_was_asked_to_end_and_was_killed_over_it_is_no_crash(tmp_path: Path) -> None:
    Mark(tmp_path, "1.2").asked_to_end()
    settle(tmp_path, machine_started_at=LONG_AGO)
    assert latest(tmp_path) is None


def test_one_that_was_asked_to_end_and_failed_at_it_is(tmp_path: Path) -> None:
    mark = Mark(tmp_path, "1.2")
    mark.asked_to_end()
    mark.note(mistake("while closing"))
    settle(tmp_path, machine_started_at=LONG_AGO)
    found = latest(tmp_path)
    assert found
    assert found.words == "The desk made a mistake: ValueError: while closing."


def test_an_exception_is_told_with_its_traceback(tmp_path: Path) -> None:
    left_behind(tmp_path, "first", "of several\nlines")
    found = latest(tmp_path)
    assert found
    assert (found.kind, found.words) == ("exception", "The desk made a mistake: ValueError: of several.")
    assert "Traceback (most recent call last):" in found.report
    assert "ValueError: first" in found.report


def test_a_part_that_failed_is_told_of_a_desk_that_went_on(tmp_path: Path) -> None:
    mark = Mark(tmp_path, "1.2")
    mark.note(mistake("in a thread"))
    mark.close(in_order=True)
    found = latest(tmp_path)
    assert found
    assert (found.ended, found.words) == (False, "A part of the desk failed: ValueError: in a thread.")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):",
            "Segmentation fault",
        ),
        ("Windows fatal exception: access violation\n", "access violation"),
    ],
)
def test_a_native_fault_is_told_by_its_name(said: str, what: str) -> None:
    found = describe(f"DiffusionDesk 1.2\n{said}", datetime.now(UTC))
    assert (found.kind, found.words) == ("fault", f"The program itself crashed: {what}.")


def test_what_is_dismissed_stays_so_and_the_next_is_told(tmp_path: Path) -> None:
    left_behind(tmp_path, "one")
    left_behind(tmp_path, "two")
    dismiss(tmp_path)
    dismissed = latest(tmp_path)
    assert dismissed
    assert (dismissed.dismissed, "two" in dismissed.words) == (True, True)
    assert len(reports(tmp_path)) == 2
    dismiss(tmp_path)
    left_behind(tmp_path, "three")
    found = latest(tmp_path)
    assert found
    assert (found.dismissed, "three" in found.words) == (False, True)


def test_only_the_newest_few_are_kept(tmp_path: Path) -> None:
    for number in range(8):
        left_behind(tmp_path, f"mistake {number}")
    kept = [file.read_text() for file in reports(tmp_path)]
    assert ["mistake 3" in kept[0], "mistake 7" in kept[-1], len(kept)] == [True, True, 5]


def test_a_mistake_that_comes_again_and_again_fills_no_disk(tmp_path: Path) -> None:
    left_behind(tmp_path, *(f"number {number}" for number in range(1000)))
    found = latest(tmp_path)
    assert found
    assert len(found.report) < 20_000


def test_a_desk_without_room_for_its_mark_does_without(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "nowhere", "1.2")
    mark.note(mistake("unheard"))
    mark.close(in_order=True)
    settle(tmp_path / "nowhere", machine_started_at=LONG_AGO)
    assert latest(tmp_path / "nowhere") is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00 no text", b"DiffusionDesk 1.2, pro"])
def test_a_mark_that_the_power_cut_in_half_is_one_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "running.txt").write_bytes(content)
    settle(tmp_path, machine_started_at=LONG_AGO)
    found = latest(tmp_path)
    assert found
    assert found.kind == "silence"


def test_another_file_of_such_a_name_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "crash-notes.txt").write_text("my own")
    assert latest(tmp_path) is None
    dismiss(tmp_path)
    assert (tmp_path / "crash-notes.txt").exists()


def test_what_can_not_be_dismissed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError("read-only")

    left_behind(tmp_path, "one")
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(Fault) as told:
        dismiss(tmp_path)
    assert told.value.advice
