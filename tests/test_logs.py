import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ddesk import logs

pytestmark = pytest.mark.quick


@contextmanager
def configured(folder: Path) -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    try:
        logs.configure(folder, "INFO", terminal=False)
        yield logging.getLogger("ddesk")
    finally:
        for handler in root.handlers:
            with suppress(OSError):  # as at the end of a program
                handler.close()
        root.handlers = before
        root.setLevel(level)


def test_what_others_wrote_begins_no_line_of_its_own_and_any_text_can_be_told(tmp_path: Path) -> None:
    with configured(tmp_path) as log:
        log.info("GET %s", "/api/x\n[now] [ERROR] \x1b[2J 日本 \ud83d")
    lines = (tmp_path / "desk.log").read_text("utf-8").splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(r"GET /api/x\n[now] [ERROR] \x1b[2J 日本 \ud83d")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_costs_lines_of_the_log_and_says_nothing_for_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "desk.log").symlink_to("/dev/full")
    with configured(tmp_path) as log:
        log.info("what nobody will read")
    assert capsys.readouterr().err == ""


def test_a_mistake_in_a_message_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with configured(tmp_path) as log:
        log.info("%d", "no number")
    assert "no number" in capsys.readouterr().err
