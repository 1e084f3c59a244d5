"""One loaded model, and pictures from it: the engine's C interface with its sharp edges covered.

What is passed in must have been checked before: the engine ends the process over some wrong values (see `bounds.py`)
and over some wrong files (see `workers/probe`).
"""

import ctypes
import os
from collections.abc import Sequence
from typing import Any

from stable_diffusion_cpp import stable_diffusion_cpp as binding

from ddesk.protocol.messages import LoraSpec, MakeImage, ModelSpec
from workers.image import library
from workers.image.callbacks import stop_on_request
from workers.image.frame import Frame

PARTS = {
    "model": "model_path",
    "diffusion": "diffusion_model_path",
    "vae": "vae_path",
    "taesd": "taesd_path",
    "clip_l": "clip_l_path",
    "clip_g": "clip_g_path",
    "t5xxl": "t5xxl_path",
    "llm": "llm_path",
}
"""Where the engine takes the path of each part of a model."""

OPTIONS = {
    "vae_on_cpu": "keep_vae_on_cpu",
    "text_encoders_on_cpu": "keep_clip_on_cpu",
    "weights_in_ram": "offload_params_to_cpu",
    "flash_attention": "diffusion_flash_attn",
}
"""The engine's own names for what loading fixes."""

MODELS_OWN = "default"
"""The sampler or sigma schedule that the engine chooses for the model."""


class LoadFailed(Exception):
    """The engine gave no context: its log says why."""


class Context:
    """A model in memory. `close` frees it; nothing may be called after that."""

    def __init__(self, model: ModelSpec, threads: int) -> None:
        """Raises LoadFailed, and KeyError where a part or option is unknown."""
        self._handle = binding.new_sd_ctx(ctypes.byref(_context_parameters(model, threads)))
        library.give_back_memory()
        if not self._handle:
            raise LoadFailed

    def generate(self, work: MakeImage) -> Frame | None:
        """None where the engine failed or was stopped; its log says which."""
        images = binding.generate_image(self._handle, ctypes.byref(_picture_parameters(work)))
        if not images:
            return None
        try:
            return Frame.copied_from(images[0]) if images[0].data else None
        finally:
            library.free(images[0].data)
            library.free(images)

    def allow_stopping(self) -> bool:
        """Have the engine ask the listener whether to stop while it makes a picture; False where it can't.

        The backend is reached through the context, whose first member points to the engine's state, whose first
        member points to the backend: a layout that no function of the library tells. So this may only be called
        where the probe has verified it for this build; elsewhere it may end the process.
        """
        state = _pointer_at(ctypes.cast(self._handle, ctypes.c_void_p).value)
        backend = _pointer_at(state)
        return backend is not None and stop_on_request(backend)

    def close(self) -> None:
        if self._handle:
            binding.free_sd_ctx(self._handle)
        self._handle = None
        library.give_back_memory()


def _pointer_at(address: int | None) -> int | None:
    return ctypes.c_void_p.from_address(address).value if address else None


def as_c_text(words: str) -> bytes:
    """UTF-8 without what C text can't hold: NUL ends it, and half a surrogate pair is no character."""
    return words.replace("\0", " ").encode("utf-8", "replace")


def _context_parameters(model: ModelSpec, threads: int) -> Any:
    parameters = binding.sd_ctx_params_t()
    library.context_defaults(ctypes.byref(parameters))
    parameters.free_params_immediately = False
    parameters.n_threads = threads
    # The other way adds to the weights and takes off again, which leaves other ones than there were.
    parameters.lora_apply_mode = binding.LoraApplyMode.LORA_APPLY_AT_RUNTIME
    parameters.tae_preview_only = {"vae", "taesd"} <= set(model.paths)
    for part, path in model.paths.items():
        setattr(parameters, PARTS[part], os.fsencode(path))
    for option in model.options:
        setattr(parameters, OPTIONS[option], True)
    if model.max_vram_mb > 0:
        parameters.max_vram = model.max_vram_mb / 1024
    return parameters


def _loras(wanted: Sequence[LoraSpec]) -> Any:
    """The array keeps the paths alive, and the parameters the array."""
    array = (binding.sd_lora_t * len(wanted))()
    for each, lora in zip(array, wanted, strict=True):
        each.path, each.multiplier = os.fsencode(lora.path), lora.strength
    return ctypes.cast(array, ctypes.POINTER(binding.sd_lora_t))


def _picture_parameters(work: MakeImage) -> Any:
    parameters = binding.sd_img_gen_params_t()
    library.picture_defaults(ctypes.byref(parameters))
    parameters.prompt = as_c_text(work.prompt)
    parameters.negative_prompt = as_c_text(work.negative_prompt)
    parameters.width, parameters.height = work.width, work.height
    parameters.seed = work.seed
    parameters.loras, parameters.lora_count = _loras(work.loras), len(work.loras)
    parameters.vae_tiling_params.enabled = "vae_tiling" in work.mitigations
    sampling = parameters.sample_params
    sampling.sample_steps = work.steps
    sampling.guidance.txt_cfg = work.cfg
    sampling.guidance.distilled_guidance = work.guidance
    if work.sampler != MODELS_OWN:
        sampling.sample_method = library.samplers()[work.sampler]
    if work.sigma_schedule != MODELS_OWN:
        sampling.scheduler = library.sigma_schedules()[work.sigma_schedule]
    return parameters
