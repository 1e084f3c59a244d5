import errno
import os
from pathlib import Path

import pytest

from ddesk.cli.hindrances import in_words
from ddesk.errors import Invalid
from ddesk.paths import DataDir

pytestmark = pytest.mark.quick

DATA = DataDir(Path("/home/anna/ddesk"))


def failed(number: int, where: str | None) -> OSError:
    return OSError(number, os.strerror(number), where)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EACCES, "not_writable"),
        (errno.EROFS, "not_writable"),
        (errno.ENOTDIR, "not_a_directory"),
        (errno.EIO, "system_error"),
    ],
)
def test_what_the_system_says_is_told_with_the_place_and_with_advice(number: int, code: str) -> None:
    told = in_words(failed(number, "/home/anna/ddesk/log.db"), DATA)
    assert told.code == code
    assert "/home/anna/ddesk/log.db" in told.words
    assert told.advice


@pytest.mark.parametrize("where", ["/home/anna/ddesk/logs", "/home/anna", None])
def test_another_directory_is_an_answer_where_that_is_what_hinders(where: str | None) -> None:
    assert "--data-dir" in in_words(failed(errno.EACCES, where), DATA).advice


def test_it_is_none_where_a_picture_should_go_elsewhere() -> None:
    assert "--data-dir" not in in_words(failed(errno.EACCES, "/mnt/pictures/out.png"), DATA).advice


def test_a_refusal_of_the_desks_own_stays_as_it_is() -> None:
    refusal = Invalid("bad_size", "Too large.", "Choose a smaller one.")
    assert in_words(refusal, DATA) is refusal
