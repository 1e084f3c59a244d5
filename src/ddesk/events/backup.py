"""What happens to the copies of the log."""

from msgspec import Struct


class BackupMade(Struct, frozen=True, tag=True, kw_only=True):
    """A copy was made and checked: it holds the events up to this position, whose hash is in hexadecimal.

    `size` is in bytes. `dropped` are the older ones in its folder that were removed for it.
    """

    name: str
    head_position: int
    head_hash: str
    size: int
    dropped: tuple[str, ...] = ()
    folder: str = ""


BackupEvent = BackupMade
