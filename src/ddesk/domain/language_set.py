"""Whether files make a language model together, and in which context: told from their headers, before any load."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ddesk.domain.memory import MIB, Component
from ddesk.domain.model_file import Description, Language
from ddesk.domain.model_set import Candidate, Problem
from ddesk.domain.needs import LanguageModel
from ddesk.events.language_preset import KvCache, LanguageDefaults

MIN_CONTEXT = 256
"""In tokens: llama.cpp rounds up to it."""

PARTS: Mapping[str, str] = {"model": "language model", "mmproj": "picture projector"}
"""The places that a preset has for files, with their titles."""

_TAKES: Mapping[str, str] = {"model": "llm", "mmproj": "mmproj"}
"""What a file has to be for it, as its description says."""

_COMPONENTS: Mapping[str, Component] = {"model": "language", "mmproj": "projector"}
_BLOCK = 32
_BYTES: Mapping[KvCache, float] = {"f16": 2.0, "q8_0": 34 / _BLOCK}
"""Of one number that is kept: a block of q8_0 has a scale of two bytes."""

_NO_GGUF = "{name} is a language model, and no GGUF file: llama.cpp takes no other."
_NO_ATTENTION = "The header of {name} doesn't say how the model attends: get it again, or a newer conversion of it."


class Start(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new preset starts with: the shape of `defaults/language.toml`, which explains each value."""

    context: int
    kv_cache: KvCache
    defaults: LanguageDefaults


class Wish(Struct, frozen=True, kw_only=True):
    """How files are to be used. `context` is in tokens."""

    context: int
    kv_cache: KvCache


def problems(files: Mapping[str, Candidate], wish: Wish) -> list[Problem]:
    """Nothing where these files, by part, can be used so. What is wrong with a file itself comes before the rest."""
    return list(_of_files(files)) or list(_of_whole(files, wish))


def weights(files: Mapping[str, Description]) -> dict[Component, int]:
    """Bytes by component, of the files by part: llama.cpp keeps them as they lie in the file."""
    return {
        component: files[part].weights.get(component, 0) for part, component in _COMPONENTS.items() if part in files
    }


def model(signature: str, files: Mapping[str, Description], wish: Wish) -> LanguageModel:
    """As far as memory goes, of files without problems. `signature` names their contents."""
    language = files["model"].language
    assert language is not None
    each = _BYTES[wish.kv_cache]
    return LanguageModel(
        signature=signature,
        family=language.architecture,
        headers_mb={component: size / MIB for component, size in weights(files).items()},
        kv=language.kv_shape(bytes_k=each, bytes_v=each),
        context=wish.context,
        vocabulary=language.vocabulary,
        embedding=language.embedding,
    )


def _of_files(files: Mapping[str, Candidate]) -> Iterator[Problem]:
    if "model" not in files:
        yield Problem("missing_part", "model", "The preset names no language model.")
    for part, file in files.items():
        about = file.about
        if part not in PARTS:
            yield Problem("unknown_part", part, f"A language preset has no part “{part}”.")
        elif about.problems:
            yield from (Problem(each.code, part, each.words) for each in about.problems)
        elif _TAKES[part] not in about.parts:
            words = f"{file.name} stands where the preset wants a {PARTS[part]}, and is: {about.title}."
            yield Problem("wrong_part", part, words)
        elif about.format != "gguf":
            yield Problem("wrong_format", part, _NO_GGUF.format(name=file.name))
        elif part == "model" and about.language is None:
            yield Problem("unknown_attention", part, _NO_ATTENTION.format(name=file.name))


def _of_whole(files: Mapping[str, Candidate], wish: Wish) -> Iterator[Problem]:
    file, language = files["model"], files["model"].about.language
    assert language is not None
    if "mmproj" in files and not _fits(files["mmproj"].about, language):
        words = f"{files['mmproj'].name} was made for another language model than {file.name}."
        yield Problem("mismatch", "mmproj", words)
    least = min(MIN_CONTEXT, language.context)
    if not least <= wish.context <= language.context:
        words = f"{file.name} was trained with {language.context} tokens: its context can have {least} to that many."
        yield Problem("context_out_of_range", "context", words)
    if wish.kv_cache == "q8_0" and (language.key_length % _BLOCK or language.value_length % _BLOCK):
        words = (
            f"The heads of {file.name} don't divide into blocks of {_BLOCK}, as q8_0 has them: keep its cache in f16."
        )
        yield Problem("kv_cache_unfit", "kv_cache", words)


def _fits(projector: Description, language: Language) -> bool:
    """A projector gives vectors as long as those of the language model's tokens, where both are known."""
    known = projector.projections and language.embedding
    return not known or language.embedding in projector.projections
