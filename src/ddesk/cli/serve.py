"""The desk itself: one process, one address, until it is told to end."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator

import uvicorn

from ddesk import paths
from ddesk.app.desk import Desk
from ddesk.bootstrap import VERSION, running_desk
from ddesk.cli import old_builds
from ddesk.cli.crash_watch import Watch, watched
from ddesk.cli.running import Running, telling
from ddesk.errors import Fault
from ddesk.launcher.window import Window
from ddesk.paths import DataDir
from ddesk.server.application import create_application
from ddesk.server.sessions import Sessions
from ddesk.settings import LOOPBACK, Settings, refuse_other_machines
from ddesk.store.instance_lock import AlreadyLocked, InstanceLock

_log = logging.getLogger(__name__)
_PORTS_TRIED = 20
_LAST_PORT = 65535
_SECONDS_FOR_REQUESTS = 1
_SECONDS_TO_START = 15.0
_SECONDS_BETWEEN_LOOKS = 0.1
_KILLED = 130


def serve(data: DataDir, settings: Settings) -> int:
    """Run until Ctrl+C or SIGTERM; where a desk runs on this directory already, show that one."""
    refuse_other_machines(settings.host)
    try:
        with InstanceLock(data.lock), watched(data.logs, VERSION) as watch:
            return asyncio.run(_serve(data, settings, watch))
    except AlreadyLocked:
        return _show_running(data, settings)


def _show_running(data: DataDir, settings: Settings) -> int:
    from ddesk.cli import client  # only here: an HTTP client takes a tenth of the time of every start

    give_up = time.monotonic() + _SECONDS_TO_START
    while (desk := client.running_desk(data)) is None:
        if time.monotonic() > give_up:
            raise Fault(
                "desk_busy",
                f"Another desk has {data.root} open, but does not answer.",
                "End that process, or name another directory with --data-dir.",
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    address = desk.post("/api/session/launch")["url"]
    print(f"DiffusionDesk is running already: {address}", flush=True)
    _window(data, settings).show(address)
    return 0


async def _serve(data: DataDir, settings: Settings, watch: Watch) -> int:
    watch.follow(asyncio.get_running_loop())
    listeners = _listen(settings.port)
    port = listeners[0].getsockname()[1]
    url = f"http://{_bracketed(settings.host)}:{port}"
    hosts = frozenset(f"{_bracketed(name)}:{port}" for name in LOOPBACK)
    sessions, window = Sessions(data), _window(data, settings)
    async with running_desk(data, settings) as desk:
        application = create_application(desk, sessions, url, hosts, paths.web())
        with telling(data, Running(url, sessions.token, os.getpid())):

            def ready() -> None:
                _announce(f"{url}/#code={sessions.launch_code()}", window)
                _arrange_login(desk)
                old_builds.remove_in_background()

            server = _Server(_config(application), ready)
            with _ended_by_signals(server, watch), contextlib.closing(window):
                leaving = asyncio.create_task(_leave_when_deserted(desk, server))
                await server.serve(sockets=listeners)
                leaving.cancel()
    return 0


async def _leave_when_deserted(desk: Desk, server: uvicorn.Server) -> None:
    await desk.attendance.over.wait()
    _log.info("The last page was closed: the desk ends, as the settings say")
    server.should_exit = True


def _config(application: object) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type]  # Litestar's and uvicorn's names for ASGI's parts differ
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_FOR_REQUESTS,
    )


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals, telling when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _ended_by_signals(server: uvicorn.Server, watch: Watch) -> Iterator[None]:
    """The first asks the desk to end, a second ends it at once; workers notice either by their standard input."""
    loop = asyncio.get_running_loop()

    def at_once(*_: object) -> None:
        watch.asked_to_end()
        os._exit(_KILLED)

    def asked(*_: object) -> None:
        if server.should_exit:
            at_once()
        watch.asked_to_end()
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), asked) for name in names}
    try:
        yield
    finally:
        for name in before:
            signal.signal(getattr(signal, name), at_once)


def _listen(wanted: int) -> list[socket.socket]:
    """The wanted port or, where it is taken, the next free one; port 0 lets the system choose.

    On both loopback addresses, whichever is named: what is called localhost is then never a stranger's.
    """
    tried = range(wanted, min(wanted + _PORTS_TRIED, _LAST_PORT + 1)) if wanted else [0] * _PORTS_TRIED
    for port in tried:
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
            first = opened.enter_context(_listener(socket.AF_INET, "127.0.0.1", port))
            listeners = [first, *_beside(first.getsockname()[1])]
            opened.pop_all()
            return listeners
    raise Fault(
        "ports_taken",
        f"The ports {tried[0]} to {tried[-1]} are all taken.",
        "Name a free one with --port, or --port 0.",
    )


def _beside(port: int) -> list[socket.socket]:
    """The same port of the other loopback address, where this machine has it. Raises OSError where it is taken."""
    try:
        return [_listener(socket.AF_INET6, "::1", port)]
    except OSError as wrong:
        if wrong.errno == errno.EADDRINUSE:
            raise
        return []


def _listener(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """It listens at once: before that two desks that start together can both bind it. Raises OSError.

    It names TCP as its protocol, as asyncio sends without delay by no other: answers would wait 40 ms for a receipt.
    """
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _window(data: DataDir, settings: Settings) -> Window:
    return Window(settings.window, settings.browser, data.window)


def _arrange_login(desk: Desk) -> None:
    """The settings may have been edited by hand, or the program moved, since the desk was last open."""
    try:
        desk.arrange_login()
    except Fault as wrong:
        _log.warning("%s", wrong)


def _announce(address: str, window: Window) -> None:
    """Print where the page is and, unless told otherwise, open it."""
    print(f"DiffusionDesk is ready: {address}", flush=True)
    if window.opens:
        print("Opening it. Ctrl+C ends the desk.", file=sys.stderr, flush=True)
        window.open(address)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
