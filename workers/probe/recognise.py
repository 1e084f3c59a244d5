"""Which kind of model file a header belongs to."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from msgspec import Struct

from workers.probe.catalogue import Kind, catalogue
from workers.probe.header import Header, Tensor


class Recognised(Struct, frozen=True):
    """`tensors` are the kind's, without their prefix; `holds` names the other parts of a model that are in the file."""

    kind: Kind
    tensors: Mapping[str, Tensor]
    holds: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The places in a preset that the file can take: a full model goes whole, not as its diffusion model."""
        return ("model",) if self.holds and "diffusion" in self.kind.parts else self.kind.parts


def recognise(header: Header) -> Recognised | None:
    for kind in catalogue().kinds:
        for prefix in kind.prefixes:
            tensors = _below(prefix, header.tensors)
            if all(_has(tensors, name, shape) for name, shape in kind.markers.items()):
                return Recognised(kind, tensors, _holds(header))
    return None


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    if not prefix:
        return tensors
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _has(tensors: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> bool:
    if "*" in name:
        return any(fnmatchcase(each, name) for each in tensors)
    return name in tensors and (not shape or tensors[name].shape == shape)


def _holds(header: Header) -> tuple[str, ...]:
    return tuple(part for part, signs in catalogue().holds.items() if any(sign in header.tensors for sign in signs))
