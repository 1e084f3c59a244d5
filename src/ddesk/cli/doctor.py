"""`ddesk doctor`: what is there, what is wrong, and what to do about it."""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ddesk import paths
from ddesk.app.probe import ask
from ddesk.cli import backends
from ddesk.cli.client import running_desk
from ddesk.errors import DeskError
from ddesk.paths import DataDir
from ddesk.store import starter
from ddesk.store.connection import open_database
from ddesk.store.verify import verify

_ROOM_NEEDED = 512 << 20


class Trouble(Struct, frozen=True):
    """`code` is stable and for programs; `words` say what is wrong, `advice` what to do."""

    code: str
    words: str
    advice: str


class Report(Struct, kw_only=True):
    data_dir: str
    running_at: str | None
    free_disk_mb: int
    events: int
    devices: Any
    engines: Any
    models: list[dict[str, Any]]
    problems: list[Trouble]


def doctor(data: DataDir, *, as_json: bool) -> int:
    """0 where nothing is wrong, 1 otherwise."""
    report = asyncio.run(_examine(data))
    print(msgspec.json.format(msgspec.json.encode(report)).decode() if as_json else _told(report))
    return 1 if report.problems else 0


async def _examine(data: DataDir) -> Report:
    troubles: list[Trouble] = []
    devices = await _asked(troubles, "devices")
    engines = await _asked(troubles, "engines")
    models = [each async for each in _models(data, troubles)]
    troubles += _directory(data)
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
        problems=troubles + _engine_troubles(engines),
    )


async def _asked(troubles: list[Trouble], what: str, stdin: bytes = b"") -> Any:
    try:
        return await ask(paths.program(), what, stdin=stdin)
    except (DeskError, OSError) as lost:
        troubles.append(Trouble("probe_lost", str(lost), "Update the graphics driver, or install the desk again."))
        return None


def _engine_troubles(engines: Any) -> list[Trouble]:
    found = (engines or {}).get("engines", [])
    return [
        Trouble("engine_broken", f"{each['name']} can't be loaded: {each['problem']}", "Install the desk again.")
        for each in found
        if each.get("problem")
    ]


async def _models(data: DataDir, troubles: list[Trouble]) -> Any:
    about = starter.manifest(paths.defaults())
    files = {each.part: str(data.models / each.name) for each in about.files}
    if not all(Path(file).exists() for file in files.values()):
        yield {"preset": about.preset.name, "ok": None, "words": "unpacked when the desk is first started"}
        return
    answer = await _asked(troubles, "preset", json.dumps(files).encode())
    if answer is None:
        return
    words = " ".join(each["words"] for each in answer["problems"])
    if not answer["ok"]:
        troubles.append(Trouble("bad_model_file", words, "Delete the file: the desk unpacks it anew."))
    yield {"preset": about.preset.name, "ok": answer["ok"], "words": words}


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
        with contextlib.closing(open_database(data.log, "log-reader")) as connection:
            found = verify(connection)
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


def _devices(found: Any) -> Iterator[str]:
    for each in (found or {}).get("devices", []):
        yield f"Device          {each['name']} ({each['total_mb']:.0f} MB, {each['free_mb']:.0f} MB free)"


def _engines(found: Any) -> Iterator[str]:
    for each in (found or {}).get("engines", []):
        yield f"Engine          {each['name']} {each['version']}: {', '.join(each['backends'])}"


def _problems(found: list[Trouble]) -> Iterator[str]:
    if not found:
        yield "Nothing is wrong."
    for each in found:
        yield f"✗ {each.words}\n  {each.advice}"
