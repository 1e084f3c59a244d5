"""Pictures made larger by a network of their own, a RealESRGAN: the engine's C interface with its sharp edges covered.

The file must have been checked before (see `workers/probe`), as that of a model.
"""

import ctypes
import os
from pathlib import Path
from typing import Any

from stable_diffusion_cpp import stable_diffusion_cpp as binding

from workers.image import library
from workers.image.engine import LoadFailed
from workers.image.frame import Frame

_TILE = 128
"""Larger pictures are taken in overlapping squares of so many pixels: all at once they would need gigabytes."""


class UpscaleFailed(Exception):
    """The engine gave no picture: its log says why."""


class Upscaler:
    """A network in memory. `close` frees it; nothing may be called after that."""

    def __init__(self, path: Path, threads: int) -> None:
        """Raises LoadFailed."""
        self._handle = binding.new_upscaler_ctx(os.fsencode(path), False, False, threads, _TILE)
        library.give_back_memory()
        if not self._handle:
            raise LoadFailed

    @property
    def times(self) -> int:
        """How much wider and higher pictures become."""
        factor: int = binding.get_upscale_factor(self._handle)
        return factor

    def upscale(self, frame: Frame) -> Frame:
        """Raises UpscaleFailed."""
        made = binding.upscale(self._handle, _as_the_engine_has_it(frame), self.times)
        if not made.data:
            raise UpscaleFailed
        try:
            return Frame.copied_from(made)
        finally:
            library.free(made.data)

    def close(self) -> None:
        if self._handle:
            binding.free_upscaler_ctx(self._handle)
        self._handle = None
        library.give_back_memory()


def _as_the_engine_has_it(frame: Frame) -> Any:
    """The pixels are the frame's own: they are only read."""
    pixels = ctypes.cast(ctypes.c_char_p(frame.rgb), ctypes.POINTER(ctypes.c_uint8))
    return binding.sd_image_t(frame.width, frame.height, 3, pixels)
