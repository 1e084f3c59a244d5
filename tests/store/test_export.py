"""An export holds the log as it is, without what was left out, and becomes a log again only as a whole."""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ddesk.errors import DeskError, Fault, Invalid
from ddesk.events.generation import GenerationRequested
from ddesk.events.image import ImageTagged
from ddesk.events.log import DataForgotten, LogImported
from ddesk.events.privacy import PRIVATE_FIELDS
from ddesk.events.redaction import SHOWS
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.export import End, Selection, export
from ddesk.store.importing import import_log
from tests.domain.samples import REQUESTED
from tests.store.sample import MIGRATIONS, append, secret

pytestmark = pytest.mark.quick

AT = 1_700_000_000_000_000
PROMPT = REQUESTED.prompt


@pytest.fixture
def log(file_log: EventLog) -> EventLog:
    """Six events with private parts, one of them forgotten, and the one that says so."""
    tagged = ImageTagged(source="user", tags=("sea",))
    file_log.append([append("generation-1", REQUESTED, secret("it broke"), command_id="c"), append("job-1")])
    file_log.append([append("image-1", tagged), append("generation-2", secret("long gone")), append("job-2")])
    file_log.append([append("log", DataForgotten((5,))), append("generation-3", REQUESTED)])
    file_log.save_reactor_position("thumbnails", 7)
    return file_log


def exported(log: EventLog, target: Path, **wanted: Any) -> End:
    connection = open_database(log.location, "log-reader")
    try:
        return export(connection, target, Selection(**wanted), "1.0", AT)
    finally:
        connection.close()


def imported(source: Path, folder: Path) -> EventLog:
    folder.mkdir(exist_ok=True)
    import_log(source, folder / "log.db", MIGRATIONS)
    return EventLog.open(folder / "log.db", MIGRATIONS)


def test_every_type_with_something_private_says_what_that_may_show() -> None:
    assert set(SHOWS) == {kind for kind, fields in PRIVATE_FIELDS.items() if fields}


def test_a_whole_log_comes_back_event_for_event(log: EventLog, tmp_path: Path) -> None:
    exported(log, tmp_path / "log.jsonl")
    again = imported(tmp_path / "log.jsonl", tmp_path / "new")
    assert list(again.read(0, 8)) == list(log.read())
    assert again.hash_at(8) == log.head.hash
    assert [each.event for each in again.read(8)] == [
        LogImported(head_position=8, head_hash=log.head.hash.hex(), program="1.0")
    ]
    assert again.reactor_position("thumbnails") == 7
    assert again.verify(log.head).ok
    again.close()


def test_what_is_left_out_is_in_neither_file_and_the_new_log_says_what_it_lacks(log: EventLog, tmp_path: Path) -> None:
    assert PROMPT.encode() in Path(f"{log.location}-wal").read_bytes(), "or there would be nothing to leave out"
    end = exported(log, tmp_path / "log.jsonl", redacted=frozenset(("prompts",)))
    assert {kind: (each.events, each.first, each.last) for kind, each in end.left_out.items()} == {
        "GenerationRequested": (2, 1, 8),
        "GenerationFailed": (1, 2, 2),
    }
    again = imported(tmp_path / "log.jsonl", tmp_path / "new")
    told = [each.event for each in again.read(8)]
    assert told[0] == LogImported(head_position=8, head_hash=log.head.hash.hex(), program="1.0", redacted=("prompts",))
    assert told[1:] == [DataForgotten((1, 2, 8))]
    requested = next(again.read()).event
    assert isinstance(requested, GenerationRequested)
    assert (requested.prompt, requested.recipe) == ("", REQUESTED.recipe)
    assert again.verify(log.head).ok
    again.close()
    for file in (tmp_path / "log.jsonl", *(tmp_path / "new").iterdir()):
        assert PROMPT.encode() not in file.read_bytes()
    assert b"sea" in (tmp_path / "log.jsonl").read_bytes(), "tags were not asked to be left out"


def test_what_a_later_program_wrote_is_left_out_with_anything(log: EventLog, tmp_path: Path) -> None:
    db = open_database(log.location, "log")
    db.execute("DROP TRIGGER event_is_final")
    db.execute("UPDATE event SET type = 'DreamDreamt' WHERE position = 1")
    db.close()
    exported(log, tmp_path / "log.jsonl", redacted=frozenset(("tags",)))
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[1])["private"] is None


def test_a_part_is_exported_and_is_no_log(log: EventLog, tmp_path: Path) -> None:
    assert exported(log, tmp_path / "part.jsonl", first=3, last=5).events == 3
    assert exported(log, tmp_path / "stream.jsonl", stream="generation-1").events == 2
    for name in ("part", "stream"):
        with pytest.raises(Invalid) as refused:
            imported(tmp_path / f"{name}.jsonl", tmp_path / "new")
        assert refused.value.code == "partial_export"
    with pytest.raises(Invalid) as refused:
        exported(log, tmp_path / "none.jsonl", first=99)
    assert refused.value.code == "nothing_to_export"
    assert not (tmp_path / "none.jsonl").exists()


def test_the_beginning_of_a_log_is_the_log_as_it_was_then(log: EventLog, tmp_path: Path) -> None:
    exported(log, tmp_path / "log.jsonl", last=4)
    again = imported(tmp_path / "log.jsonl", tmp_path / "new")
    assert list(again.read(0, 4)) == list(log.read(0, 4))
    again.close()


Harm = Callable[[list[dict[str, Any]]], None]


def _set(number: int, **fields: Any) -> Harm:
    return lambda lines: lines[number - 1].update(fields)


def _drop(number: int) -> Harm:
    def drop(lines: list[dict[str, Any]]) -> None:
        del lines[number - 1]

    return drop


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (_set(4, data={"attempt": 2}), 4),
        (_set(2, actor="desk"), 2),
        (_set(3, private={"detail": "nothing"}), 3),
        (_set(3, hash="00" * 32), 3),
        (_set(3, salt="00" * 16), 3),
        (_set(3, event_id="x"), 3),
        (_set(3, redacted=True, private=None, salt=None), 10),
        (_set(2, private=None, salt=None), 2),
        (_set(2, line="tail"), 2),
        (_set(3, line="head"), 3),
        (_set(10, left_out={"GenerationFailed": {"events": 1, "first": 1, "last": 1}}), 10),
        (_set(1, head_position=9), 10),
        (_drop(1), 1),
        (_drop(5), 5),
        (_drop(9), 9),
        (lambda lines: lines.append(lines[1]), 11),
    ],
)
def test_a_line_that_was_tampered_with_is_named_and_there_is_no_log(
    log: EventLog, tmp_path: Path, harm: Harm, line: int
) -> None:
    exported(log, tmp_path / "log.jsonl")
    lines = [json.loads(each) for each in (tmp_path / "log.jsonl").read_text().splitlines()]
    harm(lines)
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines))
    with pytest.raises(DeskError) as refused:
        imported(tmp_path / "log.jsonl", tmp_path / "new")
    assert refused.value.words.startswith(f"Line {line} "), refused.value.words
    assert list((tmp_path / "new").iterdir()) == []


def test_an_export_that_was_cut_off_is_refused(log: EventLog, tmp_path: Path) -> None:
    exported(log, tmp_path / "log.jsonl")
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines(keepends=True)
    for kept, code in ((lines[:-1], "export_cut_off"), ([*lines[:3], lines[3][:50]], "bad_export"), ([], "bad_export")):
        (tmp_path / "log.jsonl").write_bytes(b"".join(kept))
        with pytest.raises(Invalid) as refused:
            imported(tmp_path / "log.jsonl", tmp_path / "new")
        assert refused.value.code == code
        assert list((tmp_path / "new").iterdir()) == []


def test_a_full_disk_leaves_neither_half_an_export_nor_half_a_log(log: EventLog, tmp_path: Path) -> None:
    log.append([append("generation-4", secret("long " * 20_000))])
    target = tmp_path / "log.jsonl"
    exported(log, target)
    before = target.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            exported(log, target)
        with pytest.raises(Fault) as refused:
            imported(target, tmp_path / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.code == "disk_full"
    assert target.read_bytes() == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")]
    assert list((tmp_path / "new").iterdir()) == []
