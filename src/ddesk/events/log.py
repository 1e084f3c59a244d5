"""What happens to the log itself."""

from msgspec import Struct


class DataForgotten(Struct, frozen=True, tag=True):
    """The private part of the events at these positions was removed, on a person's wish."""

    positions: tuple[int, ...]


class LogRestored(Struct, frozen=True, tag=True, kw_only=True):
    """The log was put back from a backup whose last event had this position and hash (hexadecimal)."""

    head_position: int
    head_hash: str


class LogImported(Struct, frozen=True, tag=True, kw_only=True):
    """Everything before was read from an export, whose last event had this position and hash (hexadecimal).

    `program` is the version that wrote the export; `redacted` are the kinds of private parts that it left out, and
    the `DataForgotten` that follow say of which events.
    """

    head_position: int
    head_hash: str
    program: str
    redacted: tuple[str, ...] = ()


LogEvent = DataForgotten | LogRestored | LogImported
