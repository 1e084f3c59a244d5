"""The building system's own libraries that Python needs and the executable therefore carries, as Debian knows them."""

import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_EXTENSIONS = ("_bz2", "_ctypes", "_hashlib", "_lzma", "_sqlite3", "_ssl", "_uuid", "zlib")
_LEFT_TO_EACH_SYSTEM = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"}


def packages() -> Iterator[tuple[str, str, str]]:
    """Name, version and copyright of each package that brings such a library; none where dpkg isn't."""
    if not shutil.which("dpkg-query"):
        return
    for name in sorted({_package_of(library) for library in _libraries()}):
        about = Path("/usr/share/doc", name.partition(":")[0], "copyright")
        yield name.partition(":")[0], _said("dpkg-query", "-W", "-f=${Version}", name), about.read_text("utf-8")


def _libraries() -> set[Path]:
    folder = Path(sysconfig.get_path("stdlib"), "lib-dynload")
    lines = [
        line.split()
        for extension in _EXTENSIONS
        for built in folder.glob(f"{extension}.*.so")
        for line in _said("ldd", str(built)).splitlines()
    ]
    found = {Path(words[2]) for words in lines if len(words) > 3 and words[1] == "=>"}
    return {path for path in found if path.name not in _LEFT_TO_EACH_SYSTEM}


def _package_of(library: Path) -> str:
    """dpkg knows some libraries by the name that they have without the link from /lib to /usr/lib."""
    for path in (library, library.resolve(), Path("/usr") / library.relative_to("/")):
        found = _said("dpkg-query", "-S", str(path), check=False)
        if found:
            return found.rsplit(": ", 1)[0]
    raise SystemExit(f"No package brings {library}: its licence is not known, so it can't be shipped.")


def _said(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=check)
    return done.stdout.strip()
