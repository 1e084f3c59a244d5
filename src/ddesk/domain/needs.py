"""From a model and what is asked of it to what that needs, by what was learned or else by the defaults' estimates."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain import footprint
from ddesk.domain.estimates import Estimates, LanguageEstimates, Line
from ddesk.domain.footprint import Footprints, Prediction, buffer_key
from ddesk.domain.memory import COMPUTES_WITH, MIB, Component, Known, KvShape, Need, Phase, PhaseName, kv_bytes

_WORST_FIRST: tuple[Known, ...] = ("estimated", "scaled", "learned")
_F32 = 4
_IN_SEGMENTS = frozenset({"text_encoding", "sampling", "highres", "decoding"})


class Knowledge(Struct, frozen=True, kw_only=True):
    """All that predictions rest on. `backend` is the engine's, `cpu` where there is no graphics card in use."""

    estimates: Estimates
    footprints: Footprints
    backend: str


class ImageModel(Struct, frozen=True, kw_only=True):
    """A preset as far as memory goes. `signature` names its set of files; `headers_mb` is what their headers say.

    Models of one `family` differ in training and quantisation alone: one of another width or depth is of another
    family, since its buffers say nothing of theirs. `settings` are flags that change the buffers: `flash_attention`,
    `taesd` where that decodes.
    """

    signature: str
    family: str
    headers_mb: dict[Component, float]
    settings: tuple[str, ...] = ()


class ImageSize(Struct, frozen=True, kw_only=True):
    """In pixels. `batch`: frames computed at once. `highres`: the factor of a second pass, 1 for none."""

    width: int
    height: int
    batch: int = 1
    highres: float = 1.0

    @property
    def megapixels(self) -> float:
        """Of the first pass."""
        return self.width * self.height * self.batch / 1e6

    @property
    def final_megapixels(self) -> float:
        return self.megapixels * self.highres**2


class LanguageModel(Struct, frozen=True, kw_only=True):
    """A language preset as far as memory goes; `context` in tokens. `vocabulary` and `embedding` may be unknown: 0."""

    signature: str
    family: str
    headers_mb: dict[Component, float]
    kv: KvShape
    context: int
    vocabulary: int = 0
    embedding: int = 0
    settings: tuple[str, ...] = ()


class Alternative(Struct, frozen=True, kw_only=True):
    """Something smaller that could be made instead: its name for people, and what it needs."""

    name: str
    need: Need


def image_need(model: ImageModel, size: ImageSize, knowledge: Knowledge) -> Need:
    """Encoding a picture that is given needs less than decoding one of its size, and is not a phase of its own here."""
    image, first, last = knowledge.estimates.image, size.megapixels, size.final_megapixels
    ask = _Asking(model.family, model.settings, knowledge)
    family = image.families.get(model.family)
    sampling = (family and family.sampling) or image.sampling
    decoding = image.tiny_decoding if "taesd" in model.settings else (family and family.decoding) or image.decoding
    buffers: dict[PhaseName, Prediction] = {
        "text_encoding": ask.buffer("text_encoding", (family and family.text_encoding) or image.text_encoding, first),
        "sampling": ask.buffer("sampling", sampling, first),
        "decoding": ask.buffer("decoding", decoding, last),
    }
    if size.highres > 1:
        buffers["highres"] = ask.buffer("sampling", sampling, last)
    tile = min(last, image.tile_megapixels * size.batch)
    tiled = ask.buffer("decoding", _level(decoding, tile), last, "vae_tiling")
    return _need(model.signature, model.headers_mb, buffers, tiled, ask.process(last), knowledge)


def language_need(model: LanguageModel, knowledge: Knowledge) -> Need:
    """Its buffers don't depend on what is asked, but on its context, in thousands of tokens in place of megapixels."""
    ask = _Asking(model.family, model.settings, knowledge)
    thousands = model.context / 1000
    answering = ask.buffer("answering", _answering(model, knowledge.estimates.language), thousands)
    buffers: dict[PhaseName, Prediction] = {"answering": answering}
    need = _need(model.signature, model.headers_mb, buffers, None, ask.process(thousands), knowledge)
    return replace(need, context_mb=kv_bytes(model.kv, model.context) / MIB)


def smaller_contexts(model: LanguageModel, knowledge: Knowledge, *, least: int) -> Iterator[Alternative]:
    """What needs less, the best first: ever half the context, in tokens."""
    context = model.context // 2
    while context >= least:
        need = language_need(replace(model, context=context), knowledge)
        yield Alternative(name=f"a context of {context} tokens", need=need)
        context //= 2


def _answering(model: LanguageModel, estimates: LanguageEstimates) -> Line:
    """By thousands of tokens of context. A projector keeps its own buffer beside."""
    projector = estimates.projector if model.headers_mb.get("projector") else 0.0
    if not model.vocabulary:
        return Line(estimates.compute + projector, 0.0)
    logits = estimates.batch * (model.vocabulary + model.embedding) * _F32 / MIB
    return Line(logits + projector, estimates.per_thousand)


def smaller_sizes(
    model: ImageModel, size: ImageSize, knowledge: Knowledge, *, step: int, least: int = 64
) -> Iterator[Alternative]:
    """What needs less, the best first: without the second pass, then ever smaller in the model's step, same shape."""
    if size.highres > 1:
        size = replace(size, highres=1.0)
        yield Alternative(name=f"{size.width} × {size.height} without highres", need=image_need(model, size, knowledge))
    longest = max(size.width, size.height)
    seen = {(size.width, size.height)}
    for side in range((longest - 1) // step * step, least - 1, -step):
        width, height = (max(round(each * side / longest / step) * step, least) for each in (size.width, size.height))
        if (width, height) not in seen and width <= size.width and height <= size.height:
            seen.add((width, height))
            need = image_need(model, replace(size, width=width, height=height), knowledge)
            yield Alternative(name=f"{width} × {height}", need=need)


class _Asking(Struct, frozen=True):
    """Predictions for models of one family."""

    family: str
    settings: tuple[str, ...]
    knowledge: Knowledge

    def buffer(self, phase: PhaseName, estimate: Line, megapixels: float, *also: str) -> Prediction:
        key = buffer_key(self.family, self.knowledge.backend, phase, (*self.settings, *also))
        return footprint.buffer(self.knowledge.footprints, key, estimate, megapixels)

    def process(self, megapixels: float) -> Prediction:
        process, backend = self.knowledge.estimates.process, self.knowledge.backend
        estimate = process.cpu if backend == "cpu" else process.gpu
        key = buffer_key(self.family, backend, "process")
        return footprint.level(self.knowledge.footprints, key, estimate, megapixels)


def _level(line: Line, megapixels: float) -> Line:
    """Its value at this size, for any size."""
    return Line(line.at(megapixels), 0.0)


def _need(
    signature: str,
    headers_mb: dict[Component, float],
    buffers: dict[PhaseName, Prediction],
    tiled: Prediction | None,
    process: Prediction,
    knowledge: Knowledge,
) -> Need:
    weights_mb = footprint.weights(knowledge.footprints, signature, knowledge.backend, headers_mb)
    segment = knowledge.estimates.image.segment
    phases = tuple(
        Phase(
            name=name,
            component=COMPUTES_WITH[name],
            compute_mb=prediction.mb,
            tiled_mb=tiled.mb if tiled and name == "decoding" else None,
            segment_mb=weights_mb.get(COMPUTES_WITH[name], 0.0) * segment if name in _IN_SEGMENTS else None,
        )
        for name, prediction in buffers.items()
    )
    safety, known = knowledge.estimates.safety, _worst([*buffers.values(), process])
    return Need(
        weights_mb=weights_mb,
        phases=phases,
        process_mb=process.mb,
        safety_mb=safety.minimum,
        safety_part=safety.learned if known == "learned" else safety.estimated,
        ram_safety_mb=safety.ram,
        known=known,
    )


def _worst(predictions: Iterable[Prediction]) -> Known:
    seen: Sequence[Known] = [each.known for each in predictions]
    return next(known for known in _WORST_FIRST if known in seen)
