"""From files of the model library to those that a preset names, and back."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelEntry, ModelLibrary
from ddesk.domain.model_set import Candidate
from ddesk.errors import Conflict
from ddesk.events.generation import ModelFile


async def candidates(library: ModelLibrary, ids: Mapping[str, str]) -> dict[str, Candidate]:
    """What these files are, by part. Raises NotFound, and Fault where one can't be looked into."""
    return {part: await _candidate(library, library.entry(id_)) for part, id_ in ids.items()}


async def model_files(library: ModelLibrary, hashes: ModelHashes, ids: Mapping[str, str]) -> tuple[ModelFile, ...]:
    """As a preset names them. What was not read to its end yet is read now, which takes a while for a large file.

    Raises NotFound, and Conflict where one can't be read.
    """
    return tuple([await _model_file(hashes, part, library.entry(id_)) for part, id_ in ids.items()])


def found_again(library: ModelLibrary, files: Iterable[ModelFile]) -> dict[str, str]:
    """The ids of files that another desk named, by part: by their hash, else by name and size.

    Raises Conflict where one is not here.
    """
    entries = library.entries()
    return {file.part: _found_again(entries, file) for file in files}


async def _candidate(library: ModelLibrary, entry: ModelEntry) -> Candidate:
    return Candidate(entry.file.path.name, entry.about or await library.describe(entry.file.path), entry.id)


async def _model_file(hashes: ModelHashes, part: str, entry: ModelEntry) -> ModelFile:
    try:
        found = entry.hashes or await hashes.of(entry.file.path)
    except OSError as lost:
        words = f"{entry.file.name} can't be read: {lost.strerror}."
        raise Conflict("model_file_missing", words, "Look whether it is still there.") from lost
    return ModelFile(part, entry.file.name, entry.file.stamp.size, found.sha256)


def _found_again(entries: Iterable[ModelEntry], file: ModelFile) -> str:
    by_hash = [each for each in entries if each.hashes and each.hashes.sha256 == file.sha256]
    wanted = PurePosixPath(file.name).name, file.size
    alike = [each for each in entries if (each.file.path.name, each.file.stamp.size) == wanted]
    for each in (*by_hash, *alike):
        return each.id
    raise Conflict(
        "model_file_missing",
        f"{file.name} is not among the model files of this desk.",
        "Put it into one of the folders of models, and import the preset again.",
        part=file.part,
    )
