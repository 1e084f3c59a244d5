"""The desk itself: one process, one address, until it is told to end."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator

import uvicorn

from ddesk import paths
from ddesk.bootstrap import running_desk
from ddesk.cli.running import Running, telling
from ddesk.errors import Fault
from ddesk.paths import DataDir
from ddesk.server.application import create_application
from ddesk.server.sessions import Sessions
from ddesk.settings import LOOPBACK, Settings, refuse_other_machines
from ddesk.store.instance_lock import AlreadyLocked, InstanceLock

_PORTS_TRIED = 20
_LAST_PORT = 65535
_SECONDS_FOR_REQUESTS = 1
_KILLED = 130


def serve(data: DataDir, settings: Settings) -> int:
    """Run until Ctrl+C or SIGTERM; where a desk runs on this directory already, show that one."""
    refuse_other_machines(settings.host)
    try:
        with InstanceLock(data.lock):
            return asyncio.run(_serve(data, settings))
    except AlreadyLocked:
        return _show_running(data, settings)


def _show_running(data: DataDir, settings: Settings) -> int:
    from ddesk.cli import client  # only here: an HTTP client takes a tenth of the time of every start

    desk = client.running_desk(data)
    if desk is None:
        raise Fault(
            "desk_busy",
            f"Another desk has {data.root} open, but does not answer yet.",
            "Wait a moment and try again, or end that process.",
        )
    _announce(desk.post("/api/session/launch")["url"], settings, "is running already")
    return 0


async def _serve(data: DataDir, settings: Settings) -> int:
    listener = _listen(settings)
    port = listener.getsockname()[1]
    url = f"http://{_bracketed(settings.host)}:{port}"
    hosts = frozenset(f"{_bracketed(name)}:{port}" for name in LOOPBACK)
    sessions = Sessions(data)
    async with running_desk(data, settings) as desk:
        application = create_application(desk, sessions, url, hosts, paths.web())
        with telling(data, Running(url, sessions.token, os.getpid())):

            def ready() -> None:
                _announce(f"{url}/#code={sessions.launch_code()}", settings, "is ready")

            server = _Server(_config(application), ready)
            with _ended_by_signals(server):
                await server.serve(sockets=[listener])
    return 0


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
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """The first asks the desk to end, a second ends it at once; workers notice either by their standard input."""
    loop = asyncio.get_running_loop()

    def asked(*_: object) -> None:
        if server.should_exit:
            os._exit(_KILLED)
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), asked) for name in names}
    try:
        yield
    finally:
        for name in before:
            signal.signal(getattr(signal, name), lambda *_: os._exit(_KILLED))


def _listen(settings: Settings) -> socket.socket:
    """The wanted port or, where it is taken, the next free one; port 0 lets the system choose."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    tried = range(settings.port, min(settings.port + (_PORTS_TRIED if settings.port else 1), _LAST_PORT + 1))
    for port in tried:
        listener = socket.socket(family)
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, port))
            listener.listen()  # before that two desks that start together can both bind it
        except OSError:
            listener.close()
            continue
        return listener
    raise Fault(
        "ports_taken",
        f"The ports {tried[0]} to {tried[-1]} are all taken.",
        "Name a free one with --port, or --port 0.",
    )


def _announce(address: str, settings: Settings, how: str) -> None:
    """Print where the page is and, unless told otherwise, open it; a browser may take its time to start."""
    print(f"DiffusionDesk {how}: {address}", flush=True)
    if settings.open_browser:
        print("Opening it in your browser. Ctrl+C ends the desk.", file=sys.stderr, flush=True)
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
