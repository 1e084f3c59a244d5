"""The project's own checks, so that one command runs everything."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from build import web

SCRIPTS = Path(sys.executable).parent
PYTHON_CHECKS = {
    "ruff": ["ruff", "check"],
    "ruff-format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "mypy-windows": ["mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32", "src", "workers"],
    "import-linter": ["lint-imports"],
}
WEB_CHECKS = {
    "vitest": ["node_modules/vitest/vitest.mjs", "run"],
    "eslint": ["node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."],
}


@pytest.mark.parametrize("name", PYTHON_CHECKS)
def test_python_check(name: str) -> None:
    program, *args = PYTHON_CHECKS[name]
    done = subprocess.run([SCRIPTS / program, *args], cwd=web.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WEB_CHECKS)
def test_web_check(name: str) -> None:
    web.npm_ci()
    web.node(*WEB_CHECKS[name])


def test_the_pages_types() -> None:
    web.check_types()


@pytest.mark.quick
def test_the_built_page_is_current() -> None:
    assert not web.stale(), "run `uv sync --reinstall-package ddesk`"


@pytest.mark.quick
def test_every_locked_version_is_pinned() -> None:
    """uv.lock is not committed, so a version that no line in pyproject.toml names could differ in the next clone."""
    settings = tomllib.loads((web.ROOT / "pyproject.toml").read_text())["tool"]["uv"]
    locked = tomllib.loads((web.ROOT / "uv.lock").read_text())["package"]
    found = {f"{package['name']}=={package['version']}" for package in locked if package["name"] != "ddesk"}
    pinned = {pin.partition(" ;")[0] for pin in settings["constraint-dependencies"]}
    assert found == pinned, "run `uv run python -m build.pins`"


@pytest.mark.quick
def test_no_file_names_a_registry() -> None:
    """Locks and settings that record a host would send everyone to that one."""
    tracked = subprocess.run(["git", "ls-files"], cwd=web.ROOT, capture_output=True, text=True, check=True).stdout
    assert "uv.lock" not in tracked.splitlines()
    assert '"resolved":' not in (web.WEB / "package-lock.json").read_text()
