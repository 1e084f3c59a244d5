"""How to have the engines built for a graphics card, from source: the lines for a person's own uv configuration.

In the project's they would override everyone's own; as build variables they are part of uv's cache key, so that adding
them builds the engines anew, which a changed CMAKE_ARGS alone never does.
"""

import os
import tomllib
from pathlib import Path

from ddesk import paths


def uv_configuration() -> Path:
    """Where uv reads a person's own settings."""
    if os.name == "nt":
        return Path(os.environ.get("APPDATA", "~")).expanduser() / "uv" / "uv.toml"
    return Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "uv" / "uv.toml"


def lines(backend: str) -> list[str]:
    """What to write there for one of `names()`. Raises KeyError for another."""
    found = dict(_table()[backend])
    del found["title"]
    return ["[extra-build-variables]", *(f'{name} = {{ CMAKE_ARGS = "{value}" }}' for name, value in found.items())]


def names() -> dict[str, str]:
    """Each backend, with what it is for."""
    return {name: about["title"] for name, about in _table().items()}


def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((paths.defaults() / "backends.toml").read_text("utf-8"))
