"""Whether a LoRA fits a model: the engine ends the process over one that was made for other shapes.

A LoRA changes a layer of (out, in) by the product of an upper matrix (out, rank) and a lower one (rank, in). Its names
are the model's, in one of the ways that trainers write them: with dots as underscores behind `lora_unet_`, or as they
are. Layers that are named otherwise can't be told here; the engine says at work how many it took.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workers.probe import files
from workers.probe.header import BadFile, Tensor

_BEFORE = re.compile(
    r"^((lora_unet|lora_transformer|transformer|base_model_model|model_diffusion_model|diffusion_model)_)+"
)
_LOWER = re.compile(r"\.lora_(down|A)(\.default)?\.weight$")


def misfit(model: Path, lora: Path) -> str:
    """In words; empty where nothing speaks against it."""
    try:
        of_model, of_lora = files.read(model).tensors, files.read(lora).tensors
    except BadFile as bad:
        return bad.words
    layers = {_plain(name.removesuffix(".weight")): tensor.shape for name, tensor in of_model.items()}
    for name, (outer, inner) in _changes(of_lora):
        shape = layers.get(_plain(name))
        if shape and len(shape) == 2 and shape != (outer, inner):
            how = f"it changes {name} as {outer} × {inner}, which here is {shape[0]} × {shape[1]}"
            return f"The LoRA {lora.name} was made for another model: {how}."
    return ""


def _changes(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each layer that is changed, and the shape that it must have."""
    for name, lower in tensors.items():
        if found := _LOWER.search(name):
            upper = tensors.get(name[: found.start()] + found[0].replace("down", "up").replace("_A", "_B"))
            if upper and len(upper.shape) == len(lower.shape) == 2:
                yield name[: found.start()], (upper.shape[0], lower.shape[1])


def _plain(name: str) -> str:
    return _BEFORE.sub("", name.replace(".", "_"))
