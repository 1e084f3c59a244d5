"""The installer's script, compiled against a stand-in for the program: it was never run on Windows."""

import shutil
from pathlib import Path

import pytest

from build import windows


@pytest.mark.skipif(not shutil.which("makensis"), reason="no NSIS: apt-get install nsis")
def test_its_script_compiles_and_holds_what_it_was_given(tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    (payload / "ddesk").mkdir(parents=True)
    (payload / "ddesk/LICENCES.txt").write_text("MIT")
    (payload / "ddesk.exe").write_bytes(b"MZ")
    small = windows.make(payload, "1.2.3", tmp_path / "small.exe").stat().st_size
    (payload / "engine.dll").write_bytes(bytes(range(256)) * 4096)
    assert (tmp_path / "small.exe").read_bytes().startswith(b"MZ")
    assert windows.make(payload, "1.2.3", tmp_path / "ddesk-1.2.3.exe").stat().st_size > small
