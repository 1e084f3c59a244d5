"""The icon in every form that a system asks for, made from one drawing: web/public/favicon.svg.

`python -m build.icons` draws the master picture anew, by Chromium; it is committed, so that a build needs none.
"""

import hashlib
import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from build.web import ROOT

DRAWING = ROOT / "web/public/favicon.svg"
MASTER = Path(__file__).with_name("ddesk.png")
ICO = "ddesk.ico"
SIDE = 1024
WINDOWS_SIDES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
_DIGEST = "Drawing"
"""Under this keyword the master carries the digest of the drawing that it was made from."""
_BROWSER_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--hide-scrollbars",
    "--default-background-color=00000000",
    f"--window-size={SIDE},{SIDE}",
)


def png(side: int) -> bytes:
    """A square picture, `side` pixels wide."""
    return _written(master().resize((side, side), Image.Resampling.LANCZOS), "PNG", optimize=True)


def ico() -> bytes:
    """For Windows: all of its sizes in one file."""
    return _written(master(), "ICO", sizes=[(side, side) for side in WINDOWS_SIDES])


def icns() -> bytes:
    """For macOS: all of its sizes in one file."""
    return _written(master(), "ICNS")


def master() -> Image.Image:
    return Image.open(MASTER).convert("RGBA")


def drawn_from() -> str:
    """The digest of the drawing that the master was made from."""
    with Image.open(MASTER) as picture:
        return str(picture.info[_DIGEST])


def digest() -> str:
    """Of the drawing as it is; the same however a checkout ends its lines."""
    return hashlib.sha256(DRAWING.read_text("utf-8").encode()).hexdigest()


def draw() -> None:
    """Write the master."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("The icon is drawn by Chromium, and there is none: apt-get install chromium.")
    about = PngInfo()
    about.add_text(_DIGEST, digest())
    with tempfile.TemporaryDirectory(prefix="ddesk-icon-", ignore_cleanup_errors=True) as folder:
        shot = Path(folder, "shot.png")
        places = [f"--user-data-dir={folder}/profile", f"--screenshot={shot}", DRAWING.as_uri()]
        subprocess.run([browser, *_BROWSER_FLAGS, *places], check=True, stderr=subprocess.DEVNULL)
        with Image.open(shot) as drawn:
            drawn.save(MASTER, optimize=True, pnginfo=about)


def _written(picture: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()
