"""`ddesk replay` as it is typed."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from ddesk.events.envelope import NewEvent
from ddesk.events.generation import GenerationEvent
from ddesk.events.queue import QueuePaused
from tests.desk_process import SECONDS, DeskProcess, ddesk
from tests.domain.samples import CANCELLED, FAILED, REQUESTED, added, started
from tests.projections.conftest import Desk, rows
from tests.store.test_verify import tamper


def told(id_: str, event: GenerationEvent) -> NewEvent:
    return NewEvent(f"generation-{id_}", event)


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """A data directory whose desk lived through a failed generation, a picture and a cancelled generation."""
    data = tmp_path / "data"
    data.mkdir()
    desk = Desk(data)
    runner = desk.open()
    story = [told("a", event) for event in (REQUESTED, started(), FAILED)]
    for event in [*story, NewEvent("image-x", added("a")), told("b", REQUESTED), told("b", CANCELLED)]:
        desk.tell(runner, event)
    runner.close()
    desk.log.close()
    return data


def positions(shown: str) -> list[int]:
    return [int(number) for number in re.findall(r"^#(\d+) ", shown, re.MULTILINE)]


@pytest.mark.quick
def test_it_says_what_a_log_holds(lived: Path) -> None:
    done = ddesk("replay", "--log", lived / "log.db")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +2 GenerationRequested$", done.stdout, re.MULTILINE)
    assert "Events          6 in" in done.stdout
    assert "Nothing is wrong." in done.stdout


@pytest.mark.quick
def test_an_export_is_replayed_like_its_log_also_without_the_words_that_it_leaves_out(
    lived: Path, tmp_path: Path
) -> None:
    export = tmp_path / "log.jsonl"
    assert ddesk("log", "export", "-o", export, "--redact", "prompts", "--data-dir", lived).returncode == 0
    done = ddesk("replay", "--log", export)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Events          6 in" in done.stdout
    stepped = ddesk("replay", "--log", export, "--step")
    assert positions(stepped.stdout) == [1, 2, 3]
    assert "a red car" not in stepped.stdout


@pytest.mark.quick
def test_the_read_models_that_it_keeps_are_those_of_the_desk(lived: Path, tmp_path: Path) -> None:
    (live,) = lived.glob("read-*.db")
    done = ddesk("replay", "--to", tmp_path / "again", "--data-dir", lived)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "again" / live.name) == rows(live)
    second = ddesk("replay", "--to", tmp_path / "again", "--data-dir", lived)
    assert second.returncode == 2
    assert "not an empty folder" in second.stderr


@pytest.mark.quick
def test_it_names_what_it_does_not_know_and_what_is_wrong(lived: Path) -> None:
    tamper(
        lived / "log.db",
        "UPDATE event SET type = 'CatFed' WHERE position = 6",
        'UPDATE event SET schema = 1, data = \'{"worker":"image","engine":"toy","engine_version":"1",'
        '"backend":"cpu","attempt":1,"index":0}\' WHERE position = 2',
        "UPDATE event SET stream = 'job-x' WHERE position = 4",
    )
    done = ddesk("replay", "--data-dir", lived)
    assert done.returncode == 1
    assert "Unknown types   1 CatFed of version 1" in done.stdout
    assert "Upcast          1 GenerationStarted of version 1 to today's" in done.stdout
    assert "Event 2 is not as it was written" in done.stdout
    assert "The story of job-x can't be followed from event 4" in done.stdout


@pytest.mark.quick
def test_step_shows_each_event_and_its_rows_up_to_the_first_failure(lived: Path) -> None:
    done = ddesk("replay", "--step", "--data-dir", lived)
    assert done.returncode == 0, done.stderr
    assert positions(done.stdout) == [1, 2, 3]
    assert 'generation: 1: status "running" → "failed"' in done.stdout
    assert 'words: "It is damaged."' in done.stdout


@pytest.mark.quick
def test_step_stops_where_it_is_told_to(lived: Path) -> None:
    done = ddesk("replay", "--step", "--from", "4", "--at-stream", "generation-b", "--data-dir", lived)
    assert positions(done.stdout) == [4, 5]
    after = ddesk("replay", "--step", "--at-failure", "--at-position", "4", "--data-dir", lived)
    assert after.returncode == 1
    assert "what was looked for did not come" in after.stdout


@pytest.mark.quick
def test_step_waits_on_a_terminal(lived: Path) -> None:
    """Enter: the next; c: on to the stop; q: no further."""
    leader, follower = pty.openpty()
    os.write(leader, b"\nc\nq\n")
    command = [sys.executable, "-m", "ddesk", "replay", "--step", "--at-stream", "image-x", "--data-dir", str(lived)]
    done = subprocess.run(command, stdin=follower, capture_output=True, text=True, timeout=SECONDS, check=False)
    os.close(leader)
    os.close(follower)
    assert done.returncode == 0, done.stderr
    shown = [int(number) for number in re.findall(r"#(\d+) \S+ user \S+ \w+\n    \w+:", done.stdout)]
    assert shown == [1, 2, 4]


@pytest.mark.quick
def test_diff_compares_the_rows_at_two_positions(lived: Path) -> None:
    done = ddesk("replay", "--diff", "2", "6", "--data-dir", lived)
    assert done.returncode == 0, done.stderr
    assert re.search(r"generation +1 added, 0 removed, 1 changed", done.stdout)
    assert re.search(r"image +1 added, 0 removed, 0 changed", done.stdout)
    assert 'generation: 1: status "running" → "failed"' in done.stdout


@pytest.mark.quick
def test_check_finds_the_rows_that_are_not_what_the_log_makes_of_them(lived: Path) -> None:
    assert ddesk("replay", "--check", "--data-dir", lived).returncode == 0
    (live,) = lived.glob("read-*.db")
    db = apsw.Connection(str(live))
    db.execute("update image set rating = 4")
    db.close()
    done = ddesk("replay", "--check", "--data-dir", lived)
    assert done.returncode == 1
    assert re.search(r"image: \d+: rating 4 → 0", done.stdout)


@pytest.mark.quick
def test_check_notices_that_the_log_is_another_one(lived: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.record(*[NewEvent("queue", QueuePaused())] * 6)
    other.log.close()
    done = ddesk("replay", "--check", "--log", tmp_path / "other" / "log.db", "--data-dir", lived)
    assert done.returncode == 1
    assert "followed another log" in done.stdout


@pytest.mark.quick
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--until", "7"), "the log has 6"),
        (("--diff", "5", "2"), "5 comes after 2"),
        (("--at-failure",), "Give --step too"),
        (("--step", "--check"), "not allowed with"),
        (("--log", "nothing.db"), "There is no log"),
    ],
)
def test_what_can_not_be_done_as_asked_is_refused(lived: Path, asked: tuple[str, ...], words: str) -> None:
    done = ddesk("replay", *asked, "--data-dir", lived)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_cause_chain_of_a_real_failure_leads_back_to_the_request(first_desk: DeskProcess) -> None:
    made = first_desk.finished(first_desk.request("a red car <lora:none:1>"))
    assert made["status"] == "failed"
    stream = f"generation-{made['id']}"
    done = ddesk("--data-dir", first_desk.data, "replay", "--step", "--at-failure", "--at-stream", stream)
    assert done.returncode == 0, done.stderr
    shown, _, caused = done.stdout.partition("  Caused by request ")
    assert shown.count(f" desk {stream} GenerationFailed") == 1
    assert 'status "running" → "failed"' in shown
    assert [line.rpartition(" ")[2] for line in caused.splitlines()[1:4]] == [
        "GenerationRequested",
        "GenerationStarted",
        "GenerationFailed",
    ]
    assert caused.startswith(first_desk.get(f"/api/events?after=0&stream={stream}")["items"][0]["correlation_id"])


def test_a_running_desks_read_models_are_what_its_log_makes_of_them(first_desk: DeskProcess) -> None:
    first_desk.finished(first_desk.request("a blue fish"))
    done = ddesk("replay", "--check", "--data-dir", first_desk.data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "They are what the log makes of them." in done.stdout
