from collections.abc import Iterator

import pytest

from tests.starter_model import starter_paths
from tests.workers.image.host import Host


@pytest.fixture(scope="session")
def starter() -> dict[str, str]:
    """The starter model's parts, as paths."""
    return starter_paths()


@pytest.fixture(scope="module")
def host(starter: dict[str, str]) -> Iterator[Host]:
    """A role with the starter model loaded."""
    with Host() as host:
        host.load(starter)
        yield host
