"""The desk as it was at a position of its log: the same queries, answered from a shadow."""

import contextlib
from collections.abc import Mapping

import apsw
import msgspec
from msgspec import Struct

from ddesk.app.hand_edits import STREAM
from ddesk.app.model_check import ModelCheck
from ddesk.app.streams import state_of
from ddesk.domain.settings import SettingsStory
from ddesk.projections.gallery import ImageRow
from ddesk.settings import Settings
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media


class AsOf(Struct, frozen=True, kw_only=True):
    """A Reading. Model files and pictures are not in the log: of these it tells what is there now."""

    read_models: apsw.Connection
    reader: LogReader
    models: ModelCheck
    media: Media

    @property
    def settings(self) -> Settings:
        story = state_of(self.reader, STREAM)
        assert isinstance(story, SettingsStory)
        return recalled(story.values)

    def has_file(self, row: ImageRow) -> bool:
        return not row.missing and self.media.image_path(row.id).is_file()


def recalled(values: Mapping[str, str]) -> Settings:
    """The settings that these values (as JSON) are; what this program has no such setting for is passed over."""
    found = Settings()
    for key, value in values.items():
        with contextlib.suppress(msgspec.MsgspecError):
            found = msgspec.convert({**msgspec.to_builtins(found), key: msgspec.json.decode(value)}, Settings)
    return found
