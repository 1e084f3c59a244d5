"""Uses the executable as a person would who has neither Python nor Node, and ends it in each way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import psutil

from build.session import SECONDS, Desk, Machine
from build.variant import DIST, Variant

SECONDS_TO_VANISH = 3.0
ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL") if hasattr(signal, name)]
_CRAMPED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
os.execv(sys.argv[1], sys.argv[1:])
"""
LONG = {"width": 256, "height": 256, "steps": 24}
"""Long enough to be caught in the middle of."""
BROWSER_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=10000",  # milliseconds of the page's own time, of which none is waited for
)


class Measured(NamedTuple):
    """Launches until the page's address is printed, in seconds; memory of an idle desk, in MiB (PSS)."""

    launch_cold: float
    launch_warm: float
    idle_mib: float


def check(variant: Variant) -> None:
    with tempfile.TemporaryDirectory(prefix="ddesk-smoke-") as home:
        measured = use(Machine(variant.program, Path(home)))
    (DIST / "measured.json").write_text(json.dumps(measured._asdict()), "utf-8")
    print(f"  launch {measured.launch_cold:.2f} s at first, then {measured.launch_warm:.2f} s; ", end="")
    print(f"idle {measured.idle_mib:.0f} MiB", flush=True)


def use(machine: Machine) -> Measured:
    with machine.desk() as desk:
        cold = desk.launch_seconds
        pictures(desk)
        the_page(desk)
        a_killed_worker(desk)
        commands(machine)
        a_second_start(machine, desk)
        position = desk.position
        ended_by_sigterm(desk)
    a_damaged_folder_is_repaired(machine)
    with machine.desk() as desk:
        desk.until_prepared(after=position)
        warm, idle = desk.launch_seconds, desk.memory() / (1 << 20)
        ended_by_sigterm(desk)
    every_signal(machine)
    no_room_to_unpack(machine)
    return Measured(cold, warm, idle)


def starts(program: Path) -> None:
    """What a package holds makes a picture and ends in order."""
    with tempfile.TemporaryDirectory(prefix="ddesk-smoke-") as home, Machine(program, Path(home)).desk() as desk:
        pictures(desk)
        ended_by_sigterm(desk)


def pictures(desk: Desk) -> None:
    health = desk.get("/internal/health")
    assert health["ok"], f"The desk is not well: {health}."
    page = desk.http.get("/").raise_for_status().text
    assert "/assets/" in page, "The page is not in it."
    desk.until_prepared()
    image = desk.picture()["images"][0]
    for what, start in (("file", b"\x89PNG"), ("thumbnail", b"RIFF")):
        content = desk.http.get(f"/api/images/{image}/{what}").raise_for_status().content
        assert content.startswith(start), f"The {what} of the picture is none: {content[:16]!r}."
    _say("a picture and its thumbnail")


def the_page(desk: Desk) -> None:
    """In the browser of the machine that builds; its own scripts must have drawn the form."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("  the page was not looked at: there is no Chromium here", flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="ddesk-browser-", ignore_cleanup_errors=True) as profile:
        command = [browser, *BROWSER_FLAGS, f"--user-data-dir={profile}", "--dump-dom", desk.launch_url]
        drawn = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS).stdout
    assert "<textarea" in drawn, f"The page shows no form: {drawn[-500:]!r}."
    _say("the page, in Chromium")


def a_killed_worker(desk: Desk) -> None:
    with desk.events() as events:
        first = events.until("ModelLoaded", stream="worker-image")
        os.kill(desk.worker("image")["pid"], signal.SIGKILL)
        lost = events.until("WorkerLost", stream="worker-image", after=first["position"])
        events.until("WorkerReady", stream="worker-image", after=lost["position"])
    desk.picture()
    _say("a killed image worker comes back and works")


def commands(machine: Machine) -> None:
    shown = machine.run("--version").stdout
    assert shown.startswith("ddesk "), f"--version says {shown!r}."
    verified = machine.run("log", "verify")
    assert verified.returncode == 0, f"`log verify` finds fault: {verified.stdout}{verified.stderr}"
    examined = machine.run("doctor", "--json")
    assert examined.returncode == 0, f"`doctor` finds fault: {examined.stdout}{examined.stderr}"
    engines = {each["name"] for each in json.loads(examined.stdout)["engines"]["engines"]}
    assert engines == {"stable-diffusion.cpp", "llama.cpp"}, f"The engines in it are {engines}."
    bundle = machine.home / "bundle.zip"
    saved = machine.run("doctor", "--bundle", str(bundle))
    assert saved.returncode == 0, f"`doctor --bundle` fails: {saved.stdout}{saved.stderr}"
    with zipfile.ZipFile(bundle) as archive:
        assert "running.json" in archive.namelist(), "The bundle does not tell of the running desk."
    _say("--version, log verify, doctor: both engines are there, and a support bundle")


def ended_by_sigterm(desk: Desk) -> None:
    processes = desk.processes()
    code = desk.ended_by(signal.SIGTERM)
    assert code == 0, f"SIGTERM ended it with code {code}."
    _vanished(processes)
    _say("SIGTERM ends it and its workers, code 0")


def a_second_start(machine: Machine, desk: Desk) -> None:
    again = machine.run("--no-browser", "--port", "0")
    assert again.returncode == 0, f"A second start fails: {again.stderr}"
    assert f"is running already: {desk.url}/#code=" in again.stdout, f"A second start says {again.stdout!r}."
    with machine.desk("--data-dir", str(machine.home / "other")) as other:
        assert other.url != desk.url, "Another data directory shows the same desk."
        assert other.ended_by(signal.SIGTERM) == 0
    _say("a second start finds the desk that runs; one with another data directory runs beside it")


def every_signal(machine: Machine) -> None:
    """To the program that was started and to the desk in it, while a picture is being made."""
    for inner in (False, True):
        for sent in ENDINGS:
            interrupted_by(machine, sent, inner=inner)


def interrupted_by(machine: Machine, sent: signal.Signals, *, inner: bool) -> None:
    """Nothing is left behind, the exit code is right, and the next desk goes on with that picture first."""
    who = f"{sent.name} to the {'inner' if inner else 'outer'} process"
    with machine.desk() as desk:
        with desk.events() as events:
            first, second = desk.ask(**LONG), desk.ask()
            events.until_sampling(first)
        position, processes = desk.position, desk.processes()
        code = desk.ended_by(sent, inner=inner)
        assert code in _codes(sent, inner=inner), f"{who} ended it with code {code}."
        _vanished(processes)
    with machine.desk() as desk:
        with desk.events() as events:
            again = events.until("GenerationRetried", stream=f"generation-{first}", after=position)
            started = events.until("GenerationStarted", after=again["position"])
        assert started["stream"] == f"generation-{first}", f"After {who} another picture was begun."
        for id_ in (second, first):
            desk.http.post(f"/api/generations/{id_}/cancel").raise_for_status()
        assert desk.ended_by(signal.SIGTERM) == 0
    _say(f"{who}: code {code}, nothing left behind, the picture goes on first")


def _codes(sent: signal.Signals, *, inner: bool) -> tuple[int, ...]:
    """What kills is told as the system tells it, of the inner process as a shell would; the rest ends in order.

    A terminal that is closed hangs up on both; where only the outer process hears of it, it is gone before the inner.
    """
    if sent is signal.SIGKILL:
        return (128 + sent,) if inner else (-sent,)
    return (0, -signal.SIGHUP) if sent is signal.SIGHUP and not inner else (0,)


def a_damaged_folder_is_repaired(machine: Machine) -> None:
    """What a first start was cut off in, or a stranger changed, is unpacked again."""
    (unpacked,) = machine.unpacked.rglob("libstable-diffusion.so")
    whole = unpacked.read_bytes()
    half, changed = whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])
    for damaged in (half, changed, None):
        if damaged is None:
            unpacked.unlink()
        else:
            unpacked.write_bytes(damaged)
        assert machine.run("--version").returncode == 0, "A damaged unpack folder stops it from starting."
        assert unpacked.read_bytes() == whole, "A damaged file was left as it was."
    _say("an unpack folder that is half written, changed or incomplete is repaired")


def no_room_to_unpack(machine: Machine) -> None:
    """A disk that takes no file of more than a megabyte has no room for it; once there is room, it starts."""
    with tempfile.TemporaryDirectory(prefix="ddesk-full-") as cache:
        told = subprocess.run(
            [sys.executable, "-c", _CRAMPED, str(machine.program), "--version"],
            env=machine.environment | {"XDG_CACHE_HOME": cache},
            capture_output=True,
            text=True,
        )
        assert told.returncode == 2, f"Without room to unpack it ends with code {told.returncode}."
        assert f"can't unpack itself into {cache}" in told.stderr, f"Without room to unpack it says {told.stderr!r}."
        assert machine.run("--version", XDG_CACHE_HOME=cache).returncode == 0, "It does not start once there is room."
    _say("no room to unpack is told in words, and starts once there is room")


def _vanished(processes: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(processes, timeout=SECONDS_TO_VANISH)
    names = [" ".join(each.cmdline()) for each in left if not _has_ended(each)]
    assert not names, f"Left behind after {SECONDS_TO_VANISH:.0f} s: {names}."


def _has_ended(process: psutil.Process) -> bool:
    """Also one that the system has yet to take off its list, for which some take seconds where its parent is gone."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _say(what: str) -> None:
    print(f"  ok: {what}", flush=True)
