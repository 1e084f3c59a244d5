"""How work ends badly, in plain words, with the engine's last log lines."""

import re
from collections.abc import Iterable
from pathlib import Path

from ddesk.protocol.messages import MakeImage, WorkFailed

_LINES = 12
_PART_MISSING = re.compile(r"loading \w+ from '.*' failed|No text encoders provided")
_LORA_APPLIED = re.compile(r"\((?P<tensors>\d+) / \d+\) LoRA tensors have been applied, lora_file_path = (?P<path>.*)")
_SCHEDULE_REFUSED = "not compatible with AYS_SCHEDULER"
_OUT_OF_MEMORY = ("buffer allocation failed", "out of memory", "failed to allocate", "alloc compute buffer failed")


def invalid(work_id: str, words: str) -> WorkFailed:
    return WorkFailed(work_id=work_id, code="invalid_work", words=words)


def file_missing(work_id: str, path: str) -> WorkFailed:
    return WorkFailed(work_id=work_id, code="file_missing", words=f"The model file {path} is not there.")


def model_not_loaded(work_id: str) -> WorkFailed:
    words = "The model that this picture needs is not loaded."
    return WorkFailed(work_id=work_id, code="model_not_loaded", words=words)


def load_failed(work_id: str, log: Iterable[str]) -> WorkFailed:
    detail = _tail(log)
    if _tells_of_memory(detail):
        words = "There is not enough memory for this model."
        return WorkFailed(work_id=work_id, code="out_of_memory", words=words, detail=detail)
    words = "The engine can't load this model: one of its files is damaged, incomplete or of another kind."
    return WorkFailed(work_id=work_id, code="bad_model_file", words=words, detail=detail)


def part_missing(work_id: str, log: Iterable[str]) -> WorkFailed | None:
    """The engine loads a model without its text encoder, and dies at the first picture."""
    found = [line for line in log if _PART_MISSING.search(line)]
    if not found:
        return None
    words = "The model lacks a part that it needs, such as its text encoder, or a part is damaged."
    return WorkFailed(work_id=work_id, code="bad_model_file", words=words, detail=_tail(found))


def no_picture(work_id: str, log: Iterable[str]) -> WorkFailed:
    detail = _tail(log)
    if _tells_of_memory(detail):
        words = "There is not enough memory for a picture of this size."
        return WorkFailed(work_id=work_id, code="out_of_memory", words=words, detail=detail)
    words = "The engine gave up on this picture."
    return WorkFailed(work_id=work_id, code="engine_error", words=words, detail=detail)


def blank_image(work_id: str, log: Iterable[str]) -> WorkFailed:
    detail = _tail(log)
    if any(_SCHEDULE_REFUSED in line for line in log):
        return invalid(work_id, "The sigma schedule “ays” is not made for this kind of model: choose another.")
    words = "The picture came out blank: its numbers overflowed, or the model's weights are damaged."
    return WorkFailed(work_id=work_id, code="blank_image", words=words, detail=detail)


def lora_unused(work: MakeImage, log: Iterable[str]) -> WorkFailed | None:
    """The engine passes over a LoRA of which it could use nothing."""
    applied = {found["path"] for line in log if (found := _LORA_APPLIED.search(line)) and int(found["tensors"])}
    unused = [Path(each.path).name for each in work.loras if each.path not in applied]
    if not unused:
        return None
    words = f"The LoRA {' and '.join(unused)} changes nothing in this model: it was made for another."
    return WorkFailed(work_id=work.work_id, code="bad_model_file", words=words)


def _tells_of_memory(detail: str) -> bool:
    return any(sign in detail.lower() for sign in _OUT_OF_MEMORY)


def _tail(log: Iterable[str]) -> str:
    return "\n".join(list(log)[-_LINES:])
