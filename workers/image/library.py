"""The engine's shared library: what the Python binding declares of it, and the few functions that it leaves out.

The binding's own classes are not used: they build each picture from Python lists, never free its pixels, and pass an
eta of 0, which takes the noise out of the ancestral samplers.
"""

import ctypes
import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stable_diffusion_cpp import stable_diffusion_cpp as binding

NAME = "stable-diffusion.cpp"
VERSION = version("stable_diffusion_cpp_python")  # spelt as in its own metadata: the executable looks for just that

_lib = binding._lib


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, list(arguments)
    return function


context_defaults = _declare("sd_ctx_params_init", None, ctypes.POINTER(binding.sd_ctx_params_t))
picture_defaults = _declare("sd_img_gen_params_init", None, ctypes.POINTER(binding.sd_img_gen_params_t))
_backend_is_cpu = _declare("ggml_backend_is_cpu", ctypes.c_bool, ctypes.c_void_p)
_set_abort_callback = _declare(
    "ggml_backend_cpu_set_abort_callback", None, ctypes.c_void_p, binding.ggml_abort_callback, ctypes.c_void_p
)
_sampler = _declare("str_to_sample_method", ctypes.c_int, ctypes.c_char_p)
_sampler_name = _declare("sd_sample_method_name", ctypes.c_char_p, ctypes.c_int)
_sigma_schedule = _declare("str_to_scheduler", ctypes.c_int, ctypes.c_char_p)
_sigma_schedule_name = _declare("sd_scheduler_name", ctypes.c_char_p, ctypes.c_int)
_device_count = _declare("ggml_backend_dev_count", ctypes.c_size_t)
_device = _declare("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
_device_backend = _declare("ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)
_device_description = _declare("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)
_backend_name = _declare("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)

_c = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
free = _c.free
free.restype, free.argtypes = None, [ctypes.c_void_p]


def path() -> Path:
    return Path(_lib._name)


def system_info() -> str:
    """What the library was compiled for: `AVX2 = 1 | …`."""
    info: bytes = binding.sd_get_system_info()
    return " ".join(info.decode().split())


def usable_cores() -> int:
    """Physical cores that this process may run on; more threads only wait for one another."""
    physical: int = binding.sd_get_num_physical_cores()
    return max(1, min(_allowed_cores(), physical))


def _allowed_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:  # noqa: RET505  # code of one system only, which the type checker knows by this form
        return os.cpu_count() or 1


def backends() -> tuple[str, ...]:
    """Those that were built and find a device, the one that does the work first: `("CUDA", "CPU")`."""
    names = (_backend_name(_device_backend(_device(i))).decode() for i in range(_device_count()))
    return tuple(dict.fromkeys(names))


def device() -> str:
    """The name of the device that does the work, as its backend tells it."""
    name: bytes = _device_description(_device(0))
    return name.decode(errors="replace")


@cache
def samplers() -> dict[str, int]:
    """The engine's number for each sampler's name."""
    return _numbers(_sampler_name, _sampler)


@cache
def sigma_schedules() -> dict[str, int]:
    """The engine's number for each sigma schedule's name."""
    return _numbers(_sigma_schedule_name, _sigma_schedule)


def _numbers(name_of: Any, number_of: Any) -> dict[str, int]:
    """The engine answers an unknown name with the count of the known ones."""
    return {name_of(number).decode(): number for number in range(number_of(b""))}


def set_abort_callback(backend: int, callback: Any) -> bool:
    """Have the callback asked at every node of this backend's graphs; False where it isn't a CPU backend."""
    if not _backend_is_cpu(backend):
        return False
    _set_abort_callback(backend, callback, None)
    return True


def give_back_memory() -> None:
    """Return what was freed to the system, so that what is measured after an unload is what is used."""
    trim = getattr(_c, "malloc_trim", None)
    if trim is not None:
        trim(0)
