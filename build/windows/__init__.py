"""The installer for Windows, by NSIS: it runs on Windows, and on Debian as the package `nsis`."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("ddesk.nsi")


def make(payload: Path, icon: Path, version: str, target: Path) -> Path:
    """An installer of everything in `payload`, which must hold ddesk.exe and ddesk/LICENCES.txt. `icon` is an .ico."""
    told = {"VERSION": version, "PAYLOAD": payload, "ICON": icon, "OUTPUT": target}
    command = ["makensis", "-V2", "-WX", *(f"-D{name}={value}" for name, value in told.items()), str(SCRIPT)]
    subprocess.run(command, check=True)
    return target
