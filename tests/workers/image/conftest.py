from collections.abc import Iterator
from pathlib import Path

import pytest

from ddesk.paths import defaults
from ddesk.store.starter import unpack
from tests.workers.image.host import Host


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The starter model's parts, as paths."""
    models: Path = tmp_path_factory.mktemp("models")
    return {file.part: str(models / file.name) for file in unpack(defaults(), models)}


@pytest.fixture(scope="module")
def host(starter: dict[str, str]) -> Iterator[Host]:
    """A role with the starter model loaded."""
    with Host() as host:
        host.load(starter)
        yield host
