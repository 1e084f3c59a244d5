import contextlib
import socket
from collections.abc import Iterator

import pytest

from ddesk.cli.serve import _listen
from ddesk.errors import Fault

pytestmark = pytest.mark.quick


@contextlib.contextmanager
def listening(wanted: int) -> Iterator[int]:
    """The port that was taken."""
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(each) for each in _listen(wanted)]
        ports = {each.getsockname()[1] for each in listeners}
        assert len(ports) == 1
        yield ports.pop()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_two_desks_that_start_together_get_two_ports() -> None:
    with listening(0) as port, listening(port) as other:
        assert other != port


def test_no_port_is_tried_beyond_the_last() -> None:
    with listening(65535), pytest.raises(Fault) as refused:
        _listen(65535)
    assert refused.value.code == "ports_taken"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_port_that_a_stranger_has_on_the_other_address_is_not_taken() -> None:
    """Or the window, which calls the desk localhost, might show the stranger."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as stranger:
        port = stranger.getsockname()[1]
        with listening(port) as taken:
            assert taken != port
