import contextlib

import pytest

from ddesk.cli.serve import _listen
from ddesk.errors import Fault
from ddesk.settings import Settings

pytestmark = pytest.mark.quick


def test_two_desks_that_start_together_get_two_ports() -> None:
    with contextlib.closing(_listen(Settings(port=0))) as chosen:
        wanted = Settings(port=chosen.getsockname()[1])
        with contextlib.closing(_listen(wanted)) as other:
            assert other.getsockname()[1] != wanted.port


def test_no_port_is_tried_beyond_the_last() -> None:
    with contextlib.closing(_listen(Settings(port=65535))), pytest.raises(Fault) as refused:
        _listen(Settings(port=65535))
    assert refused.value.code == "ports_taken"
