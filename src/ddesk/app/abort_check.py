"""Whether running work can be stopped without ending its process, for this very build of the engine.

It is found out by the probe, since trying it on a build where it fails ends the process; and remembered for as long as
the engine's files stay as they are.
"""

import contextlib
import importlib.util
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from ddesk.app.probe import ask
from ddesk.errors import DeskError
from ddesk.paths import write_durably

_log = logging.getLogger(__name__)
_ENGINE = "stable_diffusion_cpp"


async def can_abort(program: Sequence[str], starter: Mapping[str, Path], cache: Path) -> bool:
    """It is tried with the starter model, whose files these are by part.

    False also where it can't be told: then a cancel ends the worker's process, which always works.
    """
    build = _build()
    known = _read(cache)
    if known.get("build") != build:
        try:
            files = [text for part, path in starter.items() for text in ("--file", part, str(path))]
            answer = await ask(program, "abort", *files)
        except (DeskError, OSError) as wrong:
            _log.warning("Whether the engine can be stopped could not be found out: %s", wrong)
            return False
        _log.info("The engine can%s be stopped in mid-work: %s", "" if answer["can_abort"] else "not", answer["why"])
        known = {"build": build, "can_abort": bool(answer["can_abort"])}
        with contextlib.suppress(OSError):  # then it is found out again the next time
            write_durably(cache, json.dumps(known).encode())
    return bool(known["can_abort"])


def _read(cache: Path) -> dict[str, object]:
    try:
        found = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _build() -> list[list[object]]:
    """Names, sizes and times of change of the engine's libraries; the engine itself is not loaded."""
    spec = importlib.util.find_spec(_ENGINE)
    if spec is None or spec.origin is None:
        return []
    libraries = sorted(each for each in (Path(spec.origin).parent / "lib").rglob("*") if each.is_file())
    return [[each.name, each.stat().st_size, each.stat().st_mtime_ns] for each in libraries]
