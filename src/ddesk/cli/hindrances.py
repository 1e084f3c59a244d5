"""What keeps a command from its work and comes from the system, in the desk's words."""

import errno
from pathlib import Path

from ddesk.errors import DeskError, Fault
from ddesk.paths import DataDir
from ddesk.supervision.libraries import library_trouble

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST}


def in_words(wrong: DeskError | OSError | ImportError, data: DataDir) -> DeskError:
    """An error of the desk's own says it already."""
    match wrong:
        case DeskError():
            return wrong
        case ImportError():
            return _incomplete(str(wrong))
        case OSError():
            return _hindered(wrong, Path(str(wrong.filename or data.root)), data.root)


def _hindered(wrong: OSError, where: Path, root: Path) -> Fault:
    otherwise = "or name another directory with --data-dir." if _on_the_way(where, root) else "or name another place."
    if wrong.errno in _NO_ROOM:
        return Fault("disk_full", f"{where} can't be written: the disk is full.", f"Free some space, {otherwise}")
    if wrong.errno in _NOT_ALLOWED:
        words = f"{where} can't be written: {wrong.strerror}."
        return Fault("not_writable", words, f"Change who may write there, {otherwise}")
    if wrong.errno in _IN_THE_WAY:
        words = f"{where} can't be made: what is there is no directory."
        return Fault("not_a_directory", words, f"Move it away, {otherwise}")
    return Fault("system_error", f"{wrong}.", f"Is there room in {root}, and may it be written?")


def _on_the_way(where: Path, root: Path) -> bool:
    return where.is_relative_to(root) or root.is_relative_to(where)


def _incomplete(words: str) -> Fault:
    if trouble := library_trouble(words):
        return Fault("missing_library", f"The desk can't be loaded. {trouble.words}", trouble.advice)
    return Fault("program_incomplete", f"The program is incomplete: {words}.", "Install the desk again.")
