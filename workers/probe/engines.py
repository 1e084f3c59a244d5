"""The engines that are installed, and how they were built."""

import ctypes
import hashlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct


class Engine(Struct, frozen=True, kw_only=True):
    """`problem` says in words why it can't be used, and is empty where it can. `backends`: the one used first leads."""

    name: str
    package: str
    version: str = ""
    backends: tuple[str, ...] = ()
    system_info: str = ""
    library: str = ""
    library_sha256: str = ""
    problem: str = ""


class Built(NamedTuple):
    """What the loaded library says of itself."""

    library: Path
    backends: tuple[str, ...]
    system_info: str


def engines() -> list[Engine]:
    return [
        _examine("stable-diffusion.cpp", "stable-diffusion-cpp-python", _stable_diffusion),
        _examine("llama.cpp", "llama-cpp-python", _llama),
    ]


def _examine(name: str, package: str, load: Callable[[], Built]) -> Engine:
    try:
        installed = version(package.replace("-", "_"))  # as in its own metadata: the executable looks for just that
    except PackageNotFoundError:
        return Engine(name=name, package=package, problem=f"The package {package} is not installed.")
    try:
        built = load()
        with built.library.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (ImportError, OSError, RuntimeError, AttributeError) as wrong:
        return Engine(name=name, package=package, version=installed, problem=f"Its library can't be loaded: {wrong}.")
    return Engine(
        name=name,
        package=package,
        version=installed,
        backends=built.backends,
        system_info=built.system_info,
        library=str(built.library),
        library_sha256=digest,
    )


def _stable_diffusion() -> Built:
    from workers.image import library

    return Built(library.path(), library.backends(), library.system_info())


def _llama() -> Built:
    from llama_cpp import llama_cpp as binding

    info: bytes = binding.llama_print_system_info()
    return Built(Path(binding._lib._name), _backends(binding._lib), " ".join(info.decode().split()))


def _backends(lib: ctypes.CDLL) -> tuple[str, ...]:
    """The backends of the devices that ggml found in this process."""
    lib.ggml_backend_dev_get.restype, lib.ggml_backend_dev_get.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    registry_of, name_of = lib.ggml_backend_dev_backend_reg, lib.ggml_backend_reg_name
    registry_of.restype, registry_of.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    lib.ggml_backend_dev_count.restype = ctypes.c_size_t
    devices = (lib.ggml_backend_dev_get(index) for index in range(lib.ggml_backend_dev_count()))
    return tuple(dict.fromkeys(name_of(registry_of(device)).decode() for device in devices))
