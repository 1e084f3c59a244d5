"""Uses the executable as a person would who has neither Python nor Node, and ends it in each way."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil

from build.session import SECONDS, Desk, Machine
from build.variant import DIST, Variant

SECONDS_TO_VANISH = 3.0
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
        position = desk.position
        ended_by_sigterm(desk)
    a_damaged_folder_is_repaired(machine)
    with machine.desk() as desk:
        desk.until_prepared(after=position)
        warm, idle = desk.launch_seconds, desk.memory() / (1 << 20)
        killed_from_outside(desk)
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
    _say("--version, log verify, doctor: both engines are there")


def ended_by_sigterm(desk: Desk) -> None:
    processes = desk.processes()
    code = desk.ended_by(signal.SIGTERM)
    assert code == 0, f"SIGTERM ended it with code {code}."
    _vanished(processes)
    _say("SIGTERM ends it and its workers, code 0")


def killed_from_outside(desk: Desk) -> None:
    processes = desk.processes()
    desk.ended_by(signal.SIGKILL)
    _vanished(processes)
    _say("kill -9 of the outer process leaves nothing behind")


def a_damaged_folder_is_repaired(machine: Machine) -> None:
    """What a first start was cut off in, or a stranger changed, is unpacked again."""
    (unpacked,) = (machine.home / ".cache/ddesk").rglob("libstable-diffusion.so")
    whole = unpacked.stat().st_size
    with unpacked.open("r+b") as file:
        file.truncate(whole // 2)
    assert machine.run("--version").returncode == 0, "A damaged unpack folder stops it from starting."
    assert unpacked.stat().st_size == whole, "A damaged file was left as it was."
    _say("a damaged unpack folder is repaired")


def _vanished(processes: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(processes, timeout=SECONDS_TO_VANISH)
    names = [" ".join(each.cmdline()) for each in left if each.is_running()]
    assert not names, f"Left behind after {SECONDS_TO_VANISH:.0f} s: {names}."


def _say(what: str) -> None:
    print(f"  ok: {what}", flush=True)
