"""Which part of an event is private.

Every field that can hold text is named here once. What is private (a person's words, captions, paths, what a program
printed) is stored apart, so that it can be forgotten or redacted while the chain of hashes still checks; the rest
stays for good. A private field has a default, which is what remains of it once it is forgotten.
"""

from collections.abc import Mapping
from typing import Literal

Part = Literal["data", "private"]

TEXT_FIELDS: Mapping[str, Mapping[str, Part]] = {
    "GenerationRequested": {
        "recipe": "data",
        "prompt": "private",
        "resolved_prompt": "private",
        "negative_prompt": "private",
    },
    "GenerationStarted": {
        "worker": "data",
        "engine": "data",
        "engine_version": "data",
        "backend": "data",
        "mitigations": "data",
    },
    "GenerationRetried": {"mitigations": "data"},
    "ImageGenerated": {"image_id": "data", "pixels_sha256": "data", "buffers_mb": "data"},
    "GenerationFailed": {"code": "data", "words": "data", "detail": "private"},
    "GenerationInterrupted": {"why": "data", "words": "data"},
    "QueueCleared": {"generation_ids": "data"},
    "QueueReordered": {"generation_ids": "data"},
    "ImageAdded": {"generation_id": "data", "preset_id": "data", "file_sha256": "data", "pixels_sha256": "data"},
    "JobEnqueued": {"subject": "data"},
    "JobFailed": {"code": "data", "words": "data", "detail": "private"},
    "JobInterrupted": {"why": "data", "words": "data"},
    "WorkerReady": {"engine": "data", "engine_version": "data", "backend": "data", "device": "data"},
    "ModelLoaded": {"preset_id": "data", "weights_mb": "data"},
    "ModelUnloaded": {"preset_id": "data"},
    "WorkerLost": {"words": "data", "stderr_tail": "private"},
    "ImagePresetCreated": {
        "name": "data",
        "family": "data",
        "model_files": "data",
        "defaults": "data",
        "notes": "private",
    },
    "SettingChanged": {"key": "data", "old": "private", "new": "private"},
    "LogRestored": {"head_hash": "data"},
}

PRIVATE_FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(name for name, part in fields.items() if part == "private") for kind, fields in TEXT_FIELDS.items()
}
