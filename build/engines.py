"""Makes the environment that a full build compiles from, with engines that run on other machines than this one."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from build import toolkits
from build.variant import Variant
from build.web import ROOT

PACKAGES = ("stable-diffusion-cpp-python", "llama-cpp-python")
BACKENDS = ROOT / "src/ddesk/defaults/backends.toml"
PORTABLE = {
    "GGML_NATIVE": "OFF",  # or they are compiled for the machine that builds them
    "GGML_AVX2": "ON",  # what every processor of the last ten years has
    "GGML_FMA": "ON",
    "GGML_F16C": "ON",
    "GGML_BMI2": "ON",
}


def backends() -> tuple[str, ...]:
    return ("cpu", *toolkits.table())


def definitions(package: str, backend: str) -> dict[str, str]:
    """What CMake is told for this package: the portable flags, and those of the graphics card."""
    card = f"{_card_flags()[backend][package]} {toolkits.table()[backend].cmake}" if backend != "cpu" else ""
    return PORTABLE | dict(flag.removeprefix("-D").split("=", 1) for flag in card.split())


def make(variant: Variant) -> None:
    """uv keeps the wheels that it built: only the first time takes long (15 minutes on two cores)."""
    if variant.quick:
        return
    command = ["uv", "sync", "--no-dev", "--group", "build", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}"]
    place = {"UV_PROJECT_ENVIRONMENT": str(variant.engines)}
    subprocess.run([*command, *_settings(variant.backend)], cwd=ROOT, env=os.environ | place, check=True)


def python(variant: Variant) -> Path:
    """The interpreter of the environment that is compiled from."""
    if variant.quick:
        return Path(sys.executable)
    return variant.engines / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _settings(backend: str) -> Iterator[str]:
    """On the command line: such settings are part of uv's cache key, and a person's own configuration stays."""
    for package in PACKAGES:
        for name, value in definitions(package, backend).items():
            yield "--config-settings-package"
            yield f"{package}:cmake.define.{name}={value}"


def _card_flags() -> dict[str, dict[str, str]]:
    return tomllib.loads(BACKENDS.read_text("utf-8"))
