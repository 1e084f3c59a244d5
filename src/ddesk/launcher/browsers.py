"""Browsers that can show the page in a window of its own, and how they are asked for it."""

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ddesk import paths

_FIRST_SIZE = "1360,900"
"""Width and height in pixels, until a person has chosen others."""


def find(named: str = "", environment: Mapping[str, str] = os.environ) -> str | None:
    """The program's path: of the one that is named, else of the first that is installed; None where there is none."""
    known = tomllib.loads((paths.defaults() / "browsers.toml").read_text("utf-8"))
    wanted = [named] if named else known.get(sys.platform, known["linux"])
    return next((path for each in wanted if (path := shutil.which(_filled(each, environment)))), None)


def app_command(browser: str, address: str, profile: Path) -> list[str]:
    """Open `address` in a window without tabs.

    The browser keeps the window's size by itself, but by the name of the host, and only where that has no dots: so the
    desk, which has the port on both addresses of this machine, is called localhost there.
    """
    return [
        browser,
        f"--app={_by_name(address)}",
        f"--user-data-dir={profile}",
        "--class=ddesk",
        "--no-first-run",
        "--no-default-browser-check",
        *([] if profile.exists() else [f"--window-size={_FIRST_SIZE}"]),
    ]


def profile(browser: str, folder: Path, home: Path) -> Path:
    """Where the window keeps what it knows: `folder`, or where a browser that is a snap may write."""
    real = Path(browser).resolve()
    if real.name == "snap" or "snap" in Path(browser).parts:
        return home / "snap" / Path(browser).name / "common" / "ddesk"
    return folder


def _by_name(address: str) -> str:
    found = urlsplit(address)
    return found._replace(netloc=f"localhost:{found.port}").geturl()


def _filled(path: str, environment: Mapping[str, str]) -> str:
    """With the variables of the environment put in, longest names first."""
    for name in sorted(environment, key=len, reverse=True):
        path = path.replace(f"${{{name}}}", environment[name]).replace(f"${name}", environment[name])
    return path
