"""The installer's script, compiled against a stand-in for the program: it was never run on Windows."""

import shutil
import struct
from pathlib import Path

import pytest

from build import icons, windows


@pytest.mark.skipif(not shutil.which("makensis"), reason="no NSIS: apt-get install nsis")
def test_its_script_compiles_and_holds_what_it_was_given(tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    (payload / "ddesk").mkdir(parents=True)
    (payload / "ddesk/LICENCES.txt").write_text("MIT")
    (payload / "ddesk.exe").write_bytes(b"MZ")
    icon = tmp_path / icons.ICO
    icon.write_bytes(icons.ico())
    small = windows.make(payload, icon, "1.2.3", tmp_path / "small.exe").read_bytes()
    assert small.startswith(b"MZ")
    (payload / "engine.dll").write_bytes(bytes(range(256)) * 4096)
    assert windows.make(payload, icon, "1.2.3", tmp_path / "ddesk-1.2.3.exe").stat().st_size > len(small)
    assert largest_picture(icon.read_bytes()) in small


def largest_picture(ico: bytes) -> bytes:
    """An .ico lists its pictures first, 16 bytes each: the last 8 say how many bytes it has, and where."""
    (count,) = struct.unpack_from("<H", ico, 4)
    size, start = max(struct.unpack_from("<II", ico, 6 + 16 * number + 8) for number in range(count))
    return ico[start : start + size]
