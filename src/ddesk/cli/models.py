"""`ddesk models`: the model files of this machine, what they are, and what is wrong with them."""

import argparse
import asyncio
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ddesk import settings
from ddesk.app.model_library import ModelEntry, ModelLibrary
from ddesk.bootstrap import model_library
from ddesk.cli.client import Client, running_desk
from ddesk.paths import DataDir
from ddesk.server import model_views
from ddesk.store.model_files import FoundFile, Stamp, stamp

_COLUMNS = ("NAME", "WHAT", "FORMAT", "SIZE")


def models(data: DataDir, given: argparse.Namespace) -> int:
    """0 where all that were asked for can be used, 1 otherwise."""
    found = _given(data, given.files) if given.files else every(data)
    if given.family:
        found = [each for each in found if each["family"] == given.family]
    if given.damaged:
        found = [each for each in found if not each["ok"]]
    print(json.dumps(found, indent=2) if given.json else "\n".join(_table(found)))
    return 0 if given.damaged or all(each["ok"] for each in found) else 1


def every(data: DataDir) -> list[dict[str, Any]]:
    """As `/api/models` gives them: asked of the running desk, or found out here. Raises DeskError."""
    desk = running_desk(data)
    if desk is None:
        return asyncio.run(_scanned(data))
    try:
        return _asked(desk)
    finally:
        desk.close()


def _asked(desk: Client) -> list[dict[str, Any]]:
    desk.post("/api/models/scan")
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = desk.get(f"/api/models?limit=500{cursor}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def _scanned(data: DataDir) -> list[dict[str, Any]]:
    library = _library(data)
    await library.scan()
    return [_as_given(each) for each in sorted(library.entries(), key=lambda each: (each.file.name, each.id))]


def _given(data: DataDir, paths: Iterable[Path]) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]]:
        library = _library(data)
        return [_as_given(await _entry(library, path.absolute())) for path in paths]

    return asyncio.run(look())


def _library(data: DataDir) -> ModelLibrary:
    return model_library(data, settings.load(data.settings))[0]


async def _entry(library: ModelLibrary, path: Path) -> ModelEntry:
    about = await library.describe(path)
    try:
        found = stamp(path)
    except OSError:
        found = Stamp(0, 0)
    return ModelEntry(FoundFile(path.parent, path.name, found), about, None)


def _as_given(entry: ModelEntry) -> dict[str, Any]:
    given: dict[str, Any] = msgspec.to_builtins(model_views.model(entry))
    return given


def _table(found: Sequence[dict[str, Any]]) -> Iterable[str]:
    rows = [_COLUMNS, *((each["name"], _what(each), _format(each), _size(each["size"])) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row, each in zip(rows, [None, *found], strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for problem in each["problems"] if each else []:
            yield f"  ✗ {problem['words']}"
    damaged = sum(not each["ok"] for each in found)
    yield f"{len(found)} {'file' if len(found) == 1 else 'files'}, {damaged} of which can't be used."


def _what(each: dict[str, Any]) -> str:
    whole = " (full model)" if each["parts"] == ["model"] else ""
    return f"{each['title']}{whole}" if each["title"] else "unknown"


def _format(each: dict[str, Any]) -> str:
    pickle = ", pickle" if each["pickle"] else ""
    return f"{each['format']} {each['quantisation']}".strip() + pickle


def _size(size: int) -> str:
    """`4.2 MB`: as file managers count."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
