"""What people install, from the unpacked form: a tar.gz to put anywhere, and each system's own kind."""

import gzip
import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from build import debian, windows
from build.identity import version
from build.variant import DIST, Variant
from build.web import ROOT


def make(variant: Variant) -> None:
    stem = f"{variant.program.name}-{version()}-{platform.system().lower()}-{platform.machine()}"
    made = [archive(variant, DIST / f"{stem}.tar.gz")]
    if shutil.which("dpkg-deb"):
        made.append(debian.make(variant, DIST))
    if os.name == "nt":
        made.append(windows.make(variant.unpacked, version(), DIST / f"{stem}.exe"))
    for each in made:
        print(f"  {each.relative_to(ROOT)}: {each.stat().st_size / (1 << 20):.1f} MiB", flush=True)


def archive(variant: Variant, target: Path) -> Path:
    """The same input gives the same bytes: names are sorted, and every time is that of the commit."""
    when = commit_time()

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime, member.uid, member.gid, member.uname, member.gname = when, 0, 0, "root", "root"
        return member

    top = target.name.removesuffix(".tar.gz")
    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", 6, file, when) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        _add_all(tar, variant, top, plain)
    return target


def commit_time() -> int:
    """Seconds since 1970 of the commit that is built, or SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(shown.stdout)


def _add_all(
    tar: tarfile.TarFile, variant: Variant, top: str, plain: Callable[[tarfile.TarInfo], tarfile.TarInfo]
) -> None:
    for path in sorted(each for each in variant.unpacked.rglob("*") if not each.is_dir()):
        tar.add(path, f"{top}/lib/{path.relative_to(variant.unpacked)}", filter=plain)
    for name in ("LICENCES.txt", "sbom.cdx.json"):
        tar.add(variant.work / name, f"{top}/{name}", filter=plain)
    start = plain(tarfile.TarInfo(f"{top}/ddesk"))
    start.type, start.linkname = tarfile.SYMTYPE, f"lib/{variant.inner_program.name}"
    tar.addfile(start)
