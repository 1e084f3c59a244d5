"""What people install, from the unpacked form: a tar.gz to put anywhere, and each system's own kind."""

import gzip
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from build import debian, identity, smoke, windows
from build.variant import DIST, Variant
from build.web import ROOT


def make(variant: Variant) -> None:
    """Each is unpacked and used before it is taken for made."""
    stem = f"{variant.program.name}-{identity.version()}-{platform.system().lower()}-{platform.machine()}"
    _tried(archive(variant, DIST / f"{stem}.tar.gz"), ["tar", "-xzf", "{package}", "-C", "{folder}"], f"{stem}/ddesk")
    if shutil.which("dpkg-deb"):
        _tried(debian.make(variant, DIST), ["dpkg-deb", "-x", "{package}", "{folder}"], "usr/bin/ddesk")
    if os.name == "nt":
        windows.make(variant.unpacked, identity.version(), DIST / f"{stem}.exe")


def _tried(package: Path, unpack: Sequence[str], program: str) -> None:
    print(f"  {package.relative_to(ROOT)}: {package.stat().st_size / (1 << 20):.1f} MiB", flush=True)
    with tempfile.TemporaryDirectory(prefix="ddesk-package-") as folder:
        subprocess.run([word.format(package=package, folder=folder) for word in unpack], check=True)
        smoke.starts(Path(folder, program))


def archive(variant: Variant, target: Path) -> Path:
    """The same input gives the same bytes: names are sorted, and every time is that of the commit."""
    when = identity.commit_time()

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
