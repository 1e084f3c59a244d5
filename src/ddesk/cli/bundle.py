"""The support bundle: what others need to know of a desk that is in trouble, and nothing that is private.

It is made from files, so that it can be had of a desk that hangs or doesn't start; one that answers is asked how it is.
"""

import contextlib
import io
import platform
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import msgspec
import zmq

from ddesk import paths
from ddesk.bootstrap import VERSION
from ddesk.cli.client import Client, running_desk
from ddesk.cli.redaction import Redactor
from ddesk.cli.running import told
from ddesk.errors import DeskError
from ddesk.events.privacy import OWN_WORDS, texts
from ddesk.paths import DataDir
from ddesk.server.views import iso
from ddesk.settings import load
from ddesk.store import crash_reports
from ddesk.store.log_reader import LogReader

_EVENTS = 200
_LOG_BYTES = 512 << 10
_EVENTS_LOOKED_AT = 1_000
"""For what a person wrote, of each type that holds such words."""

_LEFT_OUT = "This was left out: the log can't be read, so that nobody can tell what in here is private.\n"

Part = Callable[[], str]


def bundle(data: DataDir, report: object) -> bytes:
    """A zip file. A part that can't be made says so in its place, so that there is always something to look at."""
    with contextlib.ExitStack() as closing:
        if desk := running_desk(data):
            closing.callback(desk.close)
        words, quoting = _own_words(data), _quoting(data, desk)
        if words is None:
            quoting = dict.fromkeys(quoting, lambda: _LEFT_OUT)
        redactor = Redactor(Path.home(), _secrets(data), words or ())
        parts = {**_plain(data, desk, report), **quoting}
        return _zipped({name: redactor.clean(_made(part)) for name, part in parts.items()})


def _plain(data: DataDir, desk: Client | None, report: object) -> dict[str, Part]:
    """What holds facts alone."""
    return {
        "README.txt": partial((paths.defaults() / "support-bundle.txt").read_text, "utf-8"),
        "doctor.json": lambda: _json(report),
        "program.json": lambda: _json(_program()),
        "settings.json": lambda: _json(_settings(data, desk)),
        "events.json": lambda: _json(_events(data)),
    }


def _quoting(data: DataDir, desk: Client | None) -> dict[str, Part]:
    """What programs wrote as they pleased."""
    reports = crash_reports.reports(data.logs)
    parts: dict[str, Part] = {file.name: partial(file.read_text, "utf-8", "backslashreplace") for file in reports}
    parts["desk.log"] = partial(_end_of_log, data.logs)
    return {**parts, "running.json": lambda: _json(desk.get("/api/system"))} if desk else parts


def _made(part: Part) -> str:
    try:
        return part()
    except Exception as wrong:
        return f"This can't be read: {type(wrong).__name__}: {wrong}\n"


def _program() -> dict[str, Any]:
    return {
        "ddesk": VERSION,
        "compiled": paths.is_compiled(),
        "command": paths.program(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "c library": " ".join(platform.libc_ver()),
        "sqlite": apsw.sqlite_lib_version(),
        "apsw": apsw.apsw_version(),
        "zeromq": zmq.zmq_version(),
    }


def _settings(data: DataDir, desk: Client | None) -> Any:
    """As the running desk follows them, or as the file and the environment have them. None of them is a secret."""
    if desk:
        return {each["key"]: each["value"] for each in desk.get("/api/settings")["items"]}
    return load(data.settings)


def _events(data: DataDir) -> dict[str, Any]:
    if not data.log.exists():
        return {"counts": {}, "newest": []}
    with contextlib.closing(LogReader.open(data.log)) as reader:
        newest = [_shown(outline) for outline in reversed(reader.outlines(_EVENTS))]
        return {"counts": reader.counts(), "newest": newest}


def _shown(outline: dict[str, Any]) -> dict[str, Any]:
    return {**outline, "recorded_at": iso(outline["recorded_at"]), "data": msgspec.Raw(outline["data"].encode())}


def _end_of_log(folder: Path) -> str:
    files = (folder / name for name in ("desk.log.1", "desk.log"))
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return content[-_LOG_BYTES:].decode("utf-8", "backslashreplace")


def _own_words(data: DataDir) -> list[str] | None:
    """What people wrote lately; None where the log can't say so."""
    if not data.log.exists():
        return []
    try:
        with contextlib.closing(LogReader.open(data.log)) as reader:
            return [
                text
                for kind, fields in OWN_WORDS.items()
                for recorded in reader.events(type=kind, limit=_EVENTS_LOOKED_AT)
                for field in fields
                for text in texts(getattr(recorded.event, field, ""))
            ]
    except DeskError:
        return None


def _secrets(data: DataDir) -> Iterator[str]:
    if running := told(data):
        yield running.token
    for file in data.secrets.glob("*"):
        content = file.read_bytes()
        yield from (content.hex(), content.decode("utf-8", "ignore"))


def _json(facts: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(facts)).decode() + "\n"


def _zipped(texts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text.encode("utf-8", "backslashreplace"))
    return file.getvalue()
