"""The starter model's files, for tests that want the real engine."""

import tempfile
from functools import cache
from pathlib import Path

from ddesk.paths import defaults
from ddesk.store.starter import manifest, unpack

_STARTER = manifest(defaults())
_NAMES = {file.part: file.name for file in _STARTER.all_files}
DIFFUSION, CLIP_L, TAESD = (_NAMES[part] for part in ("diffusion", "clip_l", "taesd"))
"""As this edition's files are named, below a folder of models."""
UPSCALER = _NAMES["upscaler"]
STEPS = _STARTER.preset.defaults.steps
"""That its preset asks for."""


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ddesk-starter-")


@cache
def starter_paths() -> dict[str, str]:
    """By part. They are unpacked once and lie there until this process ends."""
    models = Path(_folder().name)
    unpack(defaults(), models)
    return {part: str(path) for part, path in _STARTER.places(models).items()}


@cache
def starter_upscaler() -> Path:
    """What comes besides, in the same folder."""
    starter_paths()
    return Path(_folder().name) / UPSCALER
