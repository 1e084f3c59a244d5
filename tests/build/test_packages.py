"""What people install, made of a stand-in for the program: what lies where, and whether it starts from there."""

import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from build import appimage, debian, package
from build.variant import Variant

ICON = "icons/hicolor/256x256/apps/ddesk.png"


@pytest.fixture
def variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Variant:
    """Unpacked in a folder of the test's own; the program says where it lies and what it was told."""
    monkeypatch.setattr("build.variant.DIST", tmp_path / "dist")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    variant = Variant()
    (variant.unpacked / "ddesk").mkdir(parents=True)
    (variant.unpacked / "ddesk/LICENCES.txt").write_text("MIT")
    for name in ("LICENCES.txt", "sbom.cdx.json"):
        (variant.work / name).write_text("{}")
    variant.inner_program.write_text('#!/bin/sh\n# \0GLIBC_2.34\necho "$(dirname "$(readlink -f "$0")")" "$@"\n')
    variant.inner_program.chmod(0o755)
    return variant


def said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def unpacked(archive: Path, target: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target


def test_the_archive_starts_from_where_it_was_unpacked_and_brings_its_entry_for_the_menu(
    variant: Variant, tmp_path: Path
) -> None:
    made = package.archive(variant, tmp_path / "ddesk-1.tar.gz")
    top = unpacked(made, tmp_path / "there") / "ddesk-1"
    assert said(top / "ddesk", "--version") == f"{top / 'lib'} --version"
    assert (top / "share" / ICON).is_file()
    assert (top / "share/applications/ddesk.desktop").is_file()


def test_the_same_input_gives_the_same_archive(variant: Variant, tmp_path: Path) -> None:
    first, second = (package.archive(variant, tmp_path / "ddesk-1.tar.gz").read_bytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("system", "icon"), [("darwin", "ddesk.icns"), ("win32", "ddesk.ico")])
def test_each_system_gets_the_icon_in_its_own_form(system: str, icon: str) -> None:
    assert list(package.for_the_desktop(system)) == [icon]


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="no dpkg here")
def test_the_debian_package_holds_the_icon_in_each_size(variant: Variant, tmp_path: Path) -> None:
    root = tmp_path / "root"
    said("dpkg-deb", "-x", debian.make(variant, tmp_path), root)
    assert said(root / "usr/bin/ddesk") == str(root / "usr/lib/ddesk")
    assert (root / "usr/share" / ICON).is_file()
    assert (root / "usr/share/icons/hicolor/scalable/apps/ddesk.svg").is_file()


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="no desktop-file-utils here")
def test_the_entry_for_the_menu_is_well_formed(variant: Variant, tmp_path: Path) -> None:
    root = appimage.app_dir(variant, tmp_path / "ddesk.AppDir")
    assert said("desktop-file-validate", root / "ddesk.desktop") == ""


def test_the_folder_of_the_appimage_starts_wherever_it_is_shown(variant: Variant, tmp_path: Path) -> None:
    root = appimage.app_dir(variant, tmp_path / "ddesk.AppDir")
    shown = root.rename(tmp_path / "mounted")
    assert said(shown / "AppRun", "--no-browser") == f"{shown / 'usr/lib/ddesk'} --no-browser"
    for name in ("ddesk.desktop", "ddesk.svg", ".DirIcon"):
        assert (shown / name).read_bytes()


def test_the_appimage_is_left_to_its_tool(variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin/appimagetool"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\ntest -x "$2/AppRun" && echo "$ARCH" "$1" > "$3"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    made = appimage.make(variant, tmp_path / "ddesk.AppImage")
    assert made.read_text().split() == [platform.machine(), "--no-appstream"]
