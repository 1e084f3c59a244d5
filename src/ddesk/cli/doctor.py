"""`ddesk doctor`: what is there, what is wrong, and what to do about it."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ddesk import paths
from ddesk.app.model_library import ModelLibrary
from ddesk.app.probe import ask
from ddesk.bootstrap import families, model_library
from ddesk.cli import backends
from ddesk.cli.client import running_desk
from ddesk.domain import model_set
from ddesk.domain.model_set import Candidate
from ddesk.errors import DeskError, Fault, NotFound
from ddesk.paths import DataDir
from ddesk.settings import load
from ddesk.store import starter
from ddesk.store.connection import open_database
from ddesk.store.starter import StarterFile
from ddesk.store.verify import verify
from ddesk.supervision.libraries import library_trouble

_ROOM_NEEDED = 512 << 20
_AVX2 = {True: ", AVX2", False: ", no AVX2", None: ", AVX2 unknown"}


class Trouble(Struct, frozen=True):
    """`code` is stable and for programs; `words` say what is wrong, `advice` what to do."""

    code: str
    words: str
    advice: str


class ModelFiles(Struct, frozen=True):
    """How many there are below the model roots, and how many of them can't be used; None where nobody could look."""

    roots: list[str]
    files: int | None = None
    unusable: int | None = None


class Report(Struct, kw_only=True):
    data_dir: str
    running_at: str | None
    free_disk_mb: int
    events: int
    devices: Any
    engines: Any
    models: list[dict[str, Any]]
    model_files: ModelFiles
    problems: list[Trouble]


def doctor(data: DataDir, *, as_json: bool, bundle_to: str | None = None) -> int:
    """0 where nothing is wrong, 1 otherwise. With a file for it a support bundle is made instead; - is stdout."""
    if bundle_to is not None:
        return _save_bundle(data, bundle_to)
    report = asyncio.run(_examine(data))
    print(msgspec.json.format(msgspec.json.encode(report)).decode() if as_json else _told(report))
    return 1 if report.problems else 0


def _save_bundle(data: DataDir, name: str) -> int:
    from ddesk.cli.bundle import bundle  # only here: what it is made of takes longer to load than the doctor

    file = Path(name)
    if not file.parent.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {file.parent}.", "Make it, or name another file.")
    content = bundle(data, asyncio.run(_examine(data)))
    if name == "-":
        sys.stdout.buffer.write(content)
        return 0
    try:
        file.write_bytes(content)
    except OSError as wrong:
        raise Fault("bundle_unwritable", f"{file} can't be written: {wrong.strerror}.", "Name another file.") from wrong
    print(f"{file} holds what others need to help, and nothing private. It is a zip file: look into it first.")
    return 0


async def _examine(data: DataDir) -> Report:
    troubles: list[Trouble] = []
    devices = await _asked(troubles, "devices")
    engines = await _asked(troubles, "engines")
    troubles += _directory(data)
    library, model_files = await _library(data, troubles)
    models = [each async for each in _models(data, library, troubles)] if library else []
    events = _log(data, troubles)
    if desk := running_desk(data):
        desk.close()
    return Report(
        data_dir=str(data.root),
        running_at=desk.running.url if desk else None,
        free_disk_mb=shutil.disk_usage(_existing(data.root)).free >> 20,
        events=events,
        devices=devices,
        engines=engines,
        models=models,
        model_files=model_files,
        problems=[*troubles, *_processor_troubles(devices, engines), *_engine_troubles(engines)],
    )


async def _asked(troubles: list[Trouble], what: str) -> Any:
    try:
        return await ask(paths.program(), what)
    except (DeskError, OSError) as lost:
        troubles.append(Trouble("probe_lost", str(lost), "Update the graphics driver, or install the desk again."))
        return None


def _processor_troubles(devices: Any, engines: Any) -> Iterator[Trouble]:
    """An engine that was built on an old processor does without AVX2, and says so; that of the executable dies."""
    built_for_it = engines is None or any("AVX2 = 1" in each["system_info"] for each in engines["engines"])
    for each in (devices or {}).get("devices", []):
        if each["avx2"] is False and built_for_it:
            yield Trouble(
                "no_avx2",
                f"The engines need AVX2, which {each['name']} lacks; processors since about 2013 have it.",
                "Build the desk from source: `uv run ddesk`. In a virtual machine, let it have the host's processor.",
            )


def _engine_troubles(engines: Any) -> Iterator[Trouble]:
    for each in (engines or {}).get("engines", []):
        problem = each.get("problem")
        if found := library_trouble(problem or ""):
            yield Trouble("missing_library", f"{each['name']} can't be loaded. {found.words}", found.advice)
        elif problem:
            yield Trouble("engine_broken", f"{each['name']} can't be loaded: {problem}", "Install the desk again.")


async def _library(data: DataDir, troubles: list[Trouble]) -> tuple[ModelLibrary | None, ModelFiles]:
    """None where the settings can't be read. Folders that aren't there are told."""
    try:
        library, _ = model_library(data, load(data.settings))
    except DeskError as wrong:
        troubles.append(Trouble(wrong.code, wrong.words, wrong.advice))
        return None, ModelFiles([])
    roots = [str(root) for root in library.roots]
    try:
        await library.scan()
    except (DeskError, OSError) as lost:
        troubles.append(Trouble("probe_lost", str(lost), "See the log file, or install the desk again."))
        return library, ModelFiles(roots)
    troubles += _root_troubles(library)
    found = library.entries()
    return library, ModelFiles(roots, len(found), sum(each.about is not None and not each.about.ok for each in found))


def _root_troubles(library: ModelLibrary) -> Iterator[Trouble]:
    for each in library.watched():
        if each.problem and not each.own:
            yield Trouble("model_root_trouble", each.problem, "Mend that, or take the folder off the settings.")


async def _models(data: DataDir, library: ModelLibrary, troubles: list[Trouble]) -> Any:
    about = starter.manifest(paths.defaults())
    files = about.places(data.models)
    if not all(file.exists() for file in files.values()):
        yield {"preset": about.preset.name, "ok": None, "words": "unpacked when the desk is first started"}
        return
    damaged = [each async for each in _damaged(data, about.all_files)]
    if damaged:
        troubles += damaged
        yield {"preset": about.preset.name, "ok": False, "words": " ".join(each.words for each in damaged)}
        return
    try:
        parts = {part: Candidate(file.name, await library.describe(file)) for part, file in files.items()}
    except DeskError:
        return
    words = " ".join(each.words for each in model_set.problems(parts, families()))
    if words:
        troubles.append(Trouble("bad_model_file", words, "Delete the file: the desk unpacks it anew."))
    yield {"preset": about.preset.name, "ok": not words, "words": words}


async def _damaged(data: DataDir, files: Iterable[StarterFile]) -> AsyncIterator[Trouble]:
    """What came with the desk and is there, but isn't as it came."""
    advice = "Restore it on the Models screen, in the catalogue, or delete it: the desk unpacks it anew."
    for each in files:
        try:
            if await asyncio.to_thread(starter.is_damaged, data.models, each):
                yield Trouble("bad_model_file", f"{each.name} is not as it came with the desk.", advice)
        except OSError as lost:
            words = f"{data.models / each.name} can't be read: {lost.strerror or lost}."
            yield Trouble("model_file_unreadable", words, "Change who may read it.")


def _directory(data: DataDir) -> Iterator[Trouble]:
    folder = _existing(data.root)
    if not os.access(folder, os.W_OK):
        yield Trouble("not_writable", f"{folder} can't be written.", "Change its rights, or use --data-dir.")
    if shutil.disk_usage(folder).free < _ROOM_NEEDED:
        yield Trouble("disk_full", f"Less than {_ROOM_NEEDED >> 20} MB are free at {folder}.", "Make room there.")


def _log(data: DataDir, troubles: list[Trouble]) -> int:
    if not data.log.exists():
        return 0
    try:
        open_again = partial(open_database, data.log, "log-reader")
        with contextlib.closing(open_again()) as connection:
            found = verify(connection, open_again=open_again)
    except DeskError as wrong:
        troubles.append(Trouble(wrong.code, wrong.words, wrong.advice))
        return 0
    if not found.ok:
        words = f"The log is damaged at event {found.position}: {found.why}."
        troubles.append(Trouble("log_damaged", words, "Keep a copy of log.db, then restore a backup."))
    return found.head.position


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _told(report: Report) -> str:
    lines = [
        f"Data directory  {report.data_dir} ({report.free_disk_mb} MB free, {report.events} events)",
        f"Desk            {'running at ' + report.running_at if report.running_at else 'not running'}",
        *_devices(report.devices),
        *_engines(report.engines),
        *(f"Model           {each['preset']}: {_verdict(each)}" for each in report.models),
        *_model_files(report.model_files),
        "",
        *_problems(report.problems),
        *_other_builds(report),
    ]
    return "\n".join(lines)


def _other_builds(report: Report) -> Iterator[str]:
    """The way to a graphics card, where the engines were built without one."""
    built = {backend for each in (report.engines or {}).get("engines", []) for backend in each["backends"]}
    if built - {"CPU"}:
        return
    yield f"\nThe engines are built for the processor. For a graphics card, write into {backends.uv_configuration()}:\n"
    yield from (f"    {line}" for line in backends.lines("cuda"))
    others = ", ".join(f"{name} for {title}" for name, title in backends.names().items())
    yield f"\nand start the desk with `uv run ddesk`, which builds them anew. (The README has them all: {others}.)"


def _verdict(model: dict[str, Any]) -> str:
    return "whole" if model["ok"] else str(model["words"])


def _model_files(found: ModelFiles) -> Iterator[str]:
    for root in found.roots:
        yield f"Model folder    {root}"
    if found.files is not None:
        unusable = f", {found.unusable} of which can't be used: see `ddesk models --damaged`" if found.unusable else ""
        yield f"Model files     {found.files}{unusable}"


def _devices(found: Any) -> Iterator[str]:
    for each in (found or {}).get("devices", []):
        free = f"{each['total_mb']:.0f} MB, {each['free_mb']:.0f} MB free"
        yield f"Device          {each['name']} ({free}{_AVX2[each['avx2']] if each['kind'] == 'cpu' else ''})"


def _engines(found: Any) -> Iterator[str]:
    for each in (found or {}).get("engines", []):
        yield f"Engine          {each['name']} {each['version']}: {', '.join(each['backends'])}"


def _problems(found: list[Trouble]) -> Iterator[str]:
    if not found:
        yield "Nothing is wrong."
    for each in found:
        yield f"✗ {each.words}\n  {each.advice}"
