"""What a Linux desktop knows a program by: its entry in the menu, and its icon in the sizes that are asked for."""

from pathlib import Path

from build import icons

SIDES = (48, 128, 256, 512)
ENTRY = Path(__file__).with_name("ddesk.desktop")


def files() -> dict[str, bytes]:
    """Each under its place in /usr/share or ~/.local/share."""
    found = {
        "applications/ddesk.desktop": ENTRY.read_bytes(),
        "icons/hicolor/scalable/apps/ddesk.svg": icons.DRAWING.read_bytes(),
    }
    return found | {f"icons/hicolor/{side}x{side}/apps/ddesk.png": icons.png(side) for side in SIDES}


def put(share: Path) -> None:
    for place, content in files().items():
        path = share / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)
