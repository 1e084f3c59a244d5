"""What people install, from the unpacked form: a tar.gz to put anywhere, and each system's own kind."""

import gzip
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from build import appimage, debian, freedesktop, icons, identity, smoke, windows
from build.variant import DIST, Variant
from build.web import ROOT


def make(variant: Variant) -> None:
    """Each is unpacked and used before it is taken for made."""
    stem = f"{variant.program.name}-{identity.version()}-{platform.system().lower()}-{platform.machine()}"
    _tried(archive(variant, DIST / f"{stem}.tar.gz"), ["tar", "-xzf", "{package}", "-C", "{folder}"], f"{stem}/ddesk")
    if shutil.which("dpkg-deb"):
        _tried(debian.make(variant, DIST), ["dpkg-deb", "-x", "{package}", "{folder}"], "usr/bin/ddesk")
    if shutil.which(appimage.TOOL):
        made = appimage.make(variant, DIST / f"{stem}.AppImage")
        _tried(made, ["{package}", "--appimage-extract"], "squashfs-root/AppRun")
    if os.name == "nt":
        windows.make(variant.unpacked, variant.work / icons.ICO, identity.version(), DIST / f"{stem}.exe")


def _tried(package: Path, unpack: Sequence[str], program: str) -> None:
    print(f"  {package.relative_to(ROOT)}: {package.stat().st_size / (1 << 20):.1f} MiB", flush=True)
    with tempfile.TemporaryDirectory(prefix="ddesk-package-") as folder:
        command = [word.format(package=package, folder=folder) for word in unpack]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
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
    for place, content in for_the_desktop(sys.platform).items():
        member = plain(tarfile.TarInfo(f"{top}/{place}"))
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    start = plain(tarfile.TarInfo(f"{top}/ddesk"))
    start.type, start.linkname = tarfile.SYMTYPE, f"lib/{variant.inner_program.name}"
    tar.addfile(start)


def for_the_desktop(system: str) -> dict[str, bytes]:
    """The icon as that system takes it; on Linux `cp -r share ~/.local` brings the program into the menu."""
    match system:
        case "linux":
            return {f"share/{place}": content for place, content in freedesktop.files().items()}
        case "darwin":
            return {"ddesk.icns": icons.icns()}
        case _:
            return {icons.ICO: icons.ico()}
