"""Everything that the desk refuses or fails at, as a tree.

DeskError                   has a stable `code`, words for people, and what they can do
├── Refused                 the request can't be done as it stands; nothing was changed
│   ├── Invalid             what was given is wrong                                       (422)
│   ├── NotFound            there is no such thing                                        (404)
│   ├── Conflict            it doesn't fit what is there now                              (409)
│   └── Denied              the caller is not known                                       (401)
│       └── Forbidden       the caller is known and may not                               (403)
├── WriteConflict           a stream has moved on since it was read; `handle` tries again
└── Fault                   the desk itself is hindered: disk full, log damaged           (503)
    ├── LogTooNew           a later version of the program wrote this log
    └── AppendFailed        the log could not be written; nothing was acknowledged

Foreign errors are translated to these at the edge where they arise, and nowhere else.
"""

from typing import Any, ClassVar


class DeskError(Exception):
    """`code` is stable and for programs; `words` say what happened and `advice` what to do."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, words: str, advice: str = "", **facts: Any) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.advice = advice
        self.facts = facts


class Refused(DeskError):
    status = 400


class Invalid(Refused):
    status = 422


class NotFound(Refused):
    status = 404


class Conflict(Refused):
    status = 409


class Denied(Refused):
    status = 401


class Forbidden(Denied):
    status = 403


class WriteConflict(DeskError):
    """Raised to `handle` alone."""

    status = 409

    def __init__(self, stream: str, expected: int, found: int) -> None:
        super().__init__(
            "write_conflict",
            f"{stream} is at version {found}, not {expected}: something else changed it meanwhile.",
            "Try again.",
            stream=stream,
        )


class Fault(DeskError):
    status = 503


class LogTooNew(Fault):
    pass


class AppendFailed(Fault):
    pass
