"""What a query reads: the desk as it is, or as it was. Views and routes know no more of either."""

from typing import Protocol

import apsw

from ddesk.app.model_check import ModelCheck
from ddesk.projections.gallery import ImageRow
from ddesk.settings import Settings
from ddesk.store.log_reader import LogReader


class Reading(Protocol):
    """Its read models, its log, and its settings. `Desk` is the one of now, `AsOf` one of the past."""

    @property
    def read_models(self) -> apsw.Connection: ...

    @property
    def reader(self) -> LogReader: ...

    @property
    def models(self) -> ModelCheck: ...

    @property
    def settings(self) -> Settings: ...

    def has_file(self, row: ImageRow) -> bool:
        """Whether there is a file of this picture to be shown."""
