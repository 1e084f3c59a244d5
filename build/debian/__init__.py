"""The .deb: the unpacked form under /usr/lib/ddesk, with what a desktop wants. People's data is never its own."""

import gzip
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path

from build import freedesktop, report, toolkits
from build.identity import commit_time, version
from build.variant import Variant
from build.web import ROOT

DATA = Path(__file__).parent
LIBRARY = "usr/lib/ddesk"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def make(variant: Variant, folder: Path) -> Path:
    architecture = _ARCHITECTURES[platform.machine()]
    target = folder / f"{variant.program.name}_{version()}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as made:
        root = Path(made, "root")
        _program(variant, root)
        _beside(variant, root)
        needs = toolkits.depends(variant.backend)
        about = control(architecture, report.size(root) // 1024, glibc(variant.unpacked), needs)
        _put(root / "DEBIAN/control", about.encode())
        root.chmod(0o755)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(target)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def control(architecture: str, kibibytes: int, needs_glibc: str, needs: Sequence[str] = ()) -> str:
    about = (DATA / "control").read_text("utf-8")
    more = "".join(f", {package}" for package in needs)
    return about.format(version=version(), architecture=architecture, kibibytes=kibibytes, glibc=needs_glibc, more=more)


def changelog() -> str:
    """As Debian's tools read it; what changed stands in CHANGELOG.md."""
    about = (DATA / "changelog").read_text("utf-8")
    return about.format(version=version(), date=formatdate(commit_time()))


def glibc(folder: Path) -> str:
    """The oldest C library that all programs and libraries in a folder run on, by the symbols that they ask for."""
    asked = {
        int(minor)
        for path in folder.rglob("*")
        if path.is_file() and (".so" in path.suffixes or path.suffix == ".bin")
        for minor in re.findall(rb"\0GLIBC_2\.(\d+)", path.read_bytes())
    }
    return f"2.{max(asked)}"


def _program(variant: Variant, root: Path) -> None:
    library = root / LIBRARY
    shutil.copytree(variant.unpacked, library)
    for path in library.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.name == variant.inner_program.name else 0o644)
    command = root / "usr/bin/ddesk"
    command.parent.mkdir(parents=True)
    command.symlink_to(f"../lib/ddesk/{variant.inner_program.name}")


def _beside(variant: Variant, root: Path) -> None:
    share = root / "usr/share"
    freedesktop.put(share)
    _put(share / "lintian/overrides/ddesk", (DATA / "lintian-overrides").read_bytes())
    _put(share / "man/man1/ddesk.1.gz", _packed((DATA / "ddesk.1").read_bytes()))
    documents = share / "doc/ddesk"
    _put(documents / "copyright", (DATA / "copyright").read_bytes() + (ROOT / "LICENSE").read_bytes())
    _put(documents / "LICENCES.txt.gz", _packed((variant.work / "LICENCES.txt").read_bytes()))
    _put(documents / "sbom.cdx.json.gz", _packed((variant.work / "sbom.cdx.json").read_bytes()))
    _put(documents / "CHANGELOG.md.gz", _packed((ROOT / "CHANGELOG.md").read_bytes()))
    _put(documents / "changelog.gz", _packed(changelog().encode()))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
