"""What the probe finds of files, as the desk knows it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ddesk.bootstrap import families
from ddesk.domain import model_set
from ddesk.domain.model_file import Description
from ddesk.domain.model_set import Candidate, Problem
from workers.probe.model import describe


def described(path: Path) -> Description:
    return msgspec.convert(msgspec.to_builtins(describe(path)), Description)


def problems(paths: Mapping[str, str]) -> list[Problem]:
    """Of a set of files by part."""
    files = {part: Candidate(Path(path).name, described(Path(path))) for part, path in paths.items()}
    return model_set.problems(files, families())
