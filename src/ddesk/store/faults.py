"""SQLite's errors in the desk's words: the edge at which they are translated."""

import apsw
import msgspec

from ddesk.errors import Fault

_DAMAGED = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)
_CLOSED = (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError)
_NO_ROOM = (apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_SHMSIZE)
_ADVICE = "Run `ddesk log verify`, and restore a backup if it finds damage."


def translated(error: apsw.Error, what: str, kind: type[Fault] = Fault) -> Fault:
    """A fault that says `what` happened, and as much of why as SQLite tells."""
    if _is_full(error):
        return kind("disk_full", f"{what}: the disk is full, or refuses to be written.", "Free some space.")
    if isinstance(error, apsw.BusyError):
        return kind("log_busy", f"{what}: another program holds it.", "Close whatever else has the file open.")
    if isinstance(error, _DAMAGED):
        return kind("log_damaged", f"{what}: the file is damaged ({error}).", _ADVICE)
    if isinstance(error, _CLOSED):
        words = f"{what}: it, or the directory it is in, may not be written."
        return kind("log_unwritable", words, "Change who may write there, or name another directory with --data-dir.")
    return kind("log_unwritable", f"{what}: {error}.", "Look at the disk and at who may write the data directory.")


def unreadable(error: apsw.Error | UnicodeDecodeError | msgspec.DecodeError) -> Fault:
    """What is in the log can't be read; text that is no text, or no event, is damage too."""
    if isinstance(error, apsw.Error):
        return translated(error, "The log can't be read")
    return Fault("log_damaged", f"The log can't be read: an event in it is damaged ({error}).", _ADVICE)


def _is_full(error: apsw.Error) -> bool:
    """A full disk shows as any of these, depending on where the system noticed."""
    return isinstance(error, apsw.FullError) or getattr(error, "extendedresult", 0) in _NO_ROOM
