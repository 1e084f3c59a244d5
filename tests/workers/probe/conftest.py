from pathlib import Path

import pytest

from ddesk.paths import defaults
from ddesk.store.starter import manifest, unpack


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that holds the starter's."""
    models = tmp_path_factory.mktemp("models")
    unpack(defaults(), models)
    return models


@pytest.fixture
def starter(models: Path) -> dict[str, str]:
    """The starter's files by part: each test may change its own copy of the table."""
    return {part: str(path) for part, path in manifest(defaults()).places(models).items()}
