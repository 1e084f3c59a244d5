"""What the engines keep of a file's tensors in memory, exactly, which for images is not what the file holds.

The image engine keeps each tensor's own format but for these: what has one dimension (biases, norms) is in F32,
convolutions in F16, formats that it doesn't know are widened, and tables that it can't read row by row too. The encoder
of an autoencoder is left out: the desk asks for decoders alone. llama.cpp takes tensors as they lie in the file.
"""

from collections import Counter
from collections.abc import Mapping
from math import prod

from workers.probe.catalogue import catalogue
from workers.probe.header import Tensor
from workers.probe.recognise import Recognised

_WIDENED = {"F64": "F32", "F8_E4M3": "F16", "F8_E5M2": "F16", "I64": "I32"}
_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4}
"""Of a value, of formats that are not in blocks."""

_READ_BY_ROW = frozenset({"F16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"})
_F32, _F16 = 4, 2
_AS_IN_THE_FILE = frozenset({"language", "projector"})


def weights(recognised: Recognised, every: Mapping[str, Tensor]) -> dict[str, int]:
    """Bytes in memory by component; a file that can be either of two has both, a full model has all that it holds.

    `every` tensor of the file counts for a language model's own engine.
    """
    if recognised.parts == ("model",):
        return _full(every)
    components = {each for part in recognised.parts for each in catalogue().components.get(part, ())}
    return {
        component: sum(tensor.size for tensor in every.values())
        if component in _AS_IN_THE_FILE
        else sum(_bytes(component, name, tensor) for name, tensor in recognised.tensors.items())
        for component in sorted(components)
    }


def _full(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name, tensor in tensors.items():
        for component, prefixes in catalogue().within.items():
            if name.startswith(prefixes):
                found[component] += _bytes(component, name, tensor)
    return dict(found)


def _bytes(component: str, name: str, tensor: Tensor) -> int:
    if name.startswith(catalogue().unused[component]):
        return 0
    count = prod(tensor.shape)
    if len(tensor.shape) <= 1 or name.endswith("position_embedding.weight"):
        return count * _F32
    if len(tensor.shape) > 3:
        return count * _F16
    dtype = _WIDENED.get(tensor.dtype, tensor.dtype)
    if name.endswith(catalogue().embeddings) and dtype not in _READ_BY_ROW:
        return count * _F32
    return count * _BYTES[dtype] if dtype in _BYTES else tensor.size
