from pathlib import Path

import pytest

from ddesk.paths import DataDir
from ddesk.server.sessions import COOKIE_SECONDS, Sessions

pytestmark = pytest.mark.quick


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    found = DataDir(tmp_path)
    found.create()
    return found


def signed_in(sessions: Sessions) -> str:
    cookie = sessions.exchange(sessions.launch_code())
    assert cookie is not None
    return cookie


def test_a_launch_code_works_once(data: DataDir) -> None:
    sessions = Sessions(data)
    code = sessions.launch_code()
    assert sessions.exchange(code)
    assert sessions.exchange(code) is None


def test_a_launch_code_is_good_for_five_minutes(data: DataDir) -> None:
    clock = Clock()
    sessions = Sessions(data, clock)
    early, late = sessions.launch_code(), sessions.launch_code()
    clock.now += 299
    assert sessions.exchange(early)
    clock.now += 2
    assert sessions.exchange(late) is None


def test_codes_that_nobody_uses_do_not_pile_up(data: DataDir) -> None:
    sessions = Sessions(data)
    first = sessions.launch_code()
    for _ in range(100):
        last = sessions.launch_code()
    assert sessions.exchange(first) is None
    assert sessions.exchange(last)


def test_a_session_is_known_to_the_next_desk_on_the_same_directory_alone(data: DataDir, tmp_path: Path) -> None:
    cookie = signed_in(Sessions(data))
    again = Sessions(data)
    assert again.is_session(cookie)
    other = DataDir(tmp_path / "other")
    other.create()
    assert not Sessions(other).is_session(cookie)
    assert Sessions(other).cookie != again.cookie


@pytest.mark.parametrize("forged", ["", ".", "1.2.3", "9999999999.x.", "🍪.🍪.🍪", "1000000.abc." + "0" * 64])
def test_what_was_not_signed_here_is_no_session(data: DataDir, forged: str) -> None:
    assert not Sessions(data).is_session(forged)


def test_a_session_ends_some_day(data: DataDir) -> None:
    clock = Clock()
    sessions = Sessions(data, clock)
    cookie = signed_in(sessions)
    clock.now += COOKIE_SECONDS - 1
    assert sessions.is_session(cookie)
    clock.now += 1
    assert not sessions.is_session(cookie)


def test_each_start_has_a_token_of_its_own(data: DataDir) -> None:
    first, second = Sessions(data), Sessions(data)
    assert first.is_token(first.token)
    assert not second.is_token(first.token)
    assert not second.is_token("")


def test_the_signing_key_is_for_its_owner_alone(data: DataDir) -> None:
    Sessions(data)
    assert (data.secrets / "session.key").stat().st_mode & 0o777 == 0o600


def test_half_a_key_signs_nothing(data: DataDir) -> None:
    (data.secrets / "session.key").write_bytes(b"")
    Sessions(data)
    assert (data.secrets / "session.key").stat().st_size == 32
