"""What is known of one model file, as the probe found it."""

from collections.abc import Mapping

from msgspec import Struct

from ddesk.domain.memory import Component, KvShape


class FileProblem(Struct, frozen=True):
    """Why it can't be used. `code` is stable, `words` are for people."""

    code: str
    words: str


class Language(Struct, frozen=True, kw_only=True):
    """Of a language model. `context` is what it was trained with, in tokens.

    `embedding` is the length of its tokens' vectors, `vocabulary` how many tokens there are, 0 where that is unknown.
    """

    architecture: str
    context: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    embedding: int = 0
    vocabulary: int = 0

    def kv_shape(self, *, bytes_k: float = 2.0, bytes_v: float = 2.0) -> KvShape:
        """With so many bytes for each number that is stored: 2 for f16."""
        return KvShape(
            layers=self.layers,
            kv_heads=self.kv_heads,
            key_length=self.key_length,
            value_length=self.value_length,
            bytes_k=bytes_k,
            bytes_v=bytes_v,
        )


class Description(Struct, frozen=True, kw_only=True):
    """`size` is in bytes, and so are `weights`: what the engines keep of it in memory, exactly.

    `parts` are the places in a preset that it could take, or what else it is (`lora`, `upscaler`, …); `holds` are the
    other parts that a full model has within; `latents` is the number of channels between diffusion model and
    autoencoder. `quantisation` is the format that most of its bytes are in, as the engines write it. `pickle`: it is
    one, and was not unpickled. `projections` are the lengths of vectors that a picture projector maps from and to.
    `metadata` is what it says of itself. What couldn't be found out is empty or 0.
    """

    ok: bool
    format: str = ""
    kind: str = ""
    title: str = ""
    family: str = ""
    parts: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    latents: int = 0
    size: int = 0
    tensors: int = 0
    parameters: int = 0
    quantisation: str = ""
    weights: Mapping[Component, int] = {}
    pickle: bool = False
    language: Language | None = None
    projections: tuple[int, ...] = ()
    metadata: Mapping[str, str] = {}
    problems: tuple[FileProblem, ...] = ()
