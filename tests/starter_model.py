"""The starter model's files, for tests that want the real engine."""

import tempfile
from functools import cache
from pathlib import Path

from ddesk.paths import defaults
from ddesk.store.starter import manifest, places, unpack

_NAMES = {file.part: file.name for file in manifest(defaults()).files}
DIFFUSION, CLIP_L, TAESD = (_NAMES[part] for part in ("diffusion", "clip_l", "taesd"))
"""As this edition's files are named, below a folder of models."""
STEPS = manifest(defaults()).preset.defaults.steps
"""That its preset asks for."""

UPSCALER = next(file.name for file in manifest(defaults()).besides if file.part == "upscaler")


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ddesk-starter-")


@cache
def starter_paths() -> dict[str, str]:
    """By part. They are unpacked once and lie there until this process ends."""
    models = Path(_folder().name)
    unpack(defaults(), models)
    return {part: str(path) for part, path in places(defaults(), models).items()}


@cache
def starter_upscaler() -> Path:
    """What comes besides, in the same folder."""
    starter_paths()
    return Path(_folder().name) / UPSCALER
