import logging
from pathlib import Path

import pytest

from ddesk import logs

pytestmark = pytest.mark.quick


def test_what_others_wrote_begins_no_line_of_its_own_and_any_text_can_be_told(tmp_path: Path) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    try:
        logs.configure(tmp_path, "INFO", terminal=False)
        logging.getLogger("ddesk").info("GET %s", "/api/x\n[now] [ERROR] \x1b[2J 日本 \ud83d")
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers = before
        root.setLevel(level)
    lines = (tmp_path / "desk.log").read_text("utf-8").splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(r"GET /api/x\n[now] [ERROR] \x1b[2J 日本 \ud83d")
