from collections.abc import Iterator
from pathlib import Path

import pytest

from ddesk.store.connection import Location, shared_memory
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from tests.store.sample import MIGRATIONS, Clock


@pytest.fixture(params=["file", "memory"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Where the contract holds: in a file and in memory."""
    return tmp_path / "log.db" if request.param == "file" else shared_memory()


@pytest.fixture
def log(location: Location) -> Iterator[EventLog]:
    log = EventLog.open(location, MIGRATIONS, clock=Clock())
    yield log
    log.close()


@pytest.fixture
def reader(log: EventLog) -> Iterator[LogReader]:
    reader = LogReader.open(log.location)
    yield reader
    reader.close()


@pytest.fixture
def file_log(tmp_path: Path) -> Iterator[EventLog]:
    log = EventLog.open(tmp_path / "log.db", MIGRATIONS, clock=Clock())
    yield log
    log.close()
