"""Which part of an event is private.

Every field that can hold text is named here once. What is private (a person's words, captions, paths, what a program
printed) is stored apart, so that it can be forgotten or redacted while the chain of hashes still checks; the rest
stays for good. A private field has a default, which is what remains of it once it is forgotten. What a person wrote is
private too, and is moreover taken out of every text that leaves the machine, should it repeat that.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import astuple

Part = Literal["data", "private", "own words"]

TEXT_FIELDS: Mapping[str, Mapping[str, Part]] = {
    "GenerationRequested": {
        "recipe": "data",
        "prompt": "own words",
        "resolved_prompt": "own words",
        "negative_prompt": "own words",
        "rerun_of": "data",
    },
    "GenerationReprioritized": {"ahead": "data"},
    "GenerationStarted": {"worker": "data", "engine": "data", "mitigations": "data"},
    "GenerationRetried": {"mitigations": "data"},
    "ImageGenerated": {"image_id": "data", "pixels_sha256": "data", "buffers_mb": "data"},
    "GenerationFailed": {"code": "data", "words": "data", "detail": "private"},
    "GenerationCancelled": {"ahead": "data"},
    "GenerationInterrupted": {"why": "data", "words": "data"},
    "QueueCleared": {"generation_ids": "data"},
    "QueueReordered": {"generation_ids": "data", "before": "data"},
    "ImageAdded": {"generation_id": "data", "preset_id": "data", "file_sha256": "data", "pixels_sha256": "data"},
    "ImageTagged": {"tags": "private"},
    "ImageUntagged": {"tags": "private"},
    "JobEnqueued": {"subjects": "data", "action": "data", "tags": "private", "folder": "private"},
    "JobFailed": {"code": "data", "words": "data", "detail": "private"},
    "JobInterrupted": {"why": "data", "words": "data"},
    "WorkerReady": {"engine": "data", "engine_version": "data", "backend": "data", "device": "data"},
    "ModelLoaded": {"preset_id": "data", "weights_mb": "data", "signature": "data"},
    "ModelUnloaded": {"preset_id": "data"},
    "MemoryPlanned": {
        "preset_id": "data",
        "generation_id": "data",
        "device": "data",
        "weights_mb": "data",
        "phases": "data",
        "steps": "data",
        "unloads": "data",
        "mitigations": "data",
        "would_fit": "data",
    },
    "MemoryMeasured": {"preset_id": "data", "generation_id": "data", "image_id": "data", "device": "data"},
    "WorkerLost": {"words": "data", "stderr_tail": "private"},
    "ImagePresetCreated": {"content": "data", "notes": "private"},
    "ImagePresetEdited": {"content": "data", "notes": "private"},
    "LanguagePresetCreated": {"content": "data", "prompts": "own words", "notes": "private"},
    "LanguagePresetEdited": {"content": "data", "prompts": "own words", "notes": "private"},
    "SettingChanged": {"key": "data", "old": "private", "new": "private"},
    "LogRestored": {"head_hash": "data"},
    "BackupMade": {"name": "data", "head_hash": "data", "dropped": "data", "folder": "private"},
    "LogImported": {"head_hash": "data", "program": "data", "redacted": "data"},
}

PRIVATE_FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(name for name, part in fields.items() if part != "data") for kind, fields in TEXT_FIELDS.items()
}

OWN_WORDS: Mapping[str, frozenset[str]] = {
    kind: words
    for kind, fields in TEXT_FIELDS.items()
    if (words := frozenset(name for name, part in fields.items() if part == "own words"))
}


def texts(value: object) -> Iterator[str]:
    """All that a field says, also where it is a list, or a value of several fields."""
    match value:
        case str():
            yield value
        case tuple():
            yield from (text for each in value for text in texts(each))
        case Struct():
            yield from texts(astuple(value))
        case _:
            pass
