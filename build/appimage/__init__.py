"""The AppImage: one file that shows its content as a folder and starts it there.

No registry of packages has the tool that makes the file of the folder, nor the runtime that it puts in front. So that
step is taken only where a person has appimagetool (https://github.com/AppImage/appimagetool) on PATH.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from build import freedesktop
from build.variant import Variant

TOOL = "appimagetool"
_LIBRARY = "usr/lib/ddesk"
_BESIDE_THE_START = {
    "ddesk.desktop": "usr/share/applications/ddesk.desktop",
    "ddesk.svg": "usr/share/icons/hicolor/scalable/apps/ddesk.svg",
    ".DirIcon": "usr/share/icons/hicolor/256x256/apps/ddesk.png",
}
_WITHOUT_FUSE = {"APPIMAGE_EXTRACT_AND_RUN": "1"}
"""The tool is an AppImage itself, and machines that build rarely let them mount."""


def app_dir(variant: Variant, root: Path) -> Path:
    """The folder that is packed: `root`/AppRun starts the program."""
    shutil.copytree(variant.unpacked, root / _LIBRARY)
    freedesktop.put(root / "usr/share")
    links = _BESIDE_THE_START | {"AppRun": f"{_LIBRARY}/{variant.inner_program.name}"}
    for name, target in links.items():
        (root / name).symlink_to(target)
    return root


def make(variant: Variant, target: Path) -> Path:
    with tempfile.TemporaryDirectory(prefix="ddesk-appimage-") as folder:
        root = app_dir(variant, Path(folder, "ddesk.AppDir"))
        subprocess.run(
            [TOOL, "--no-appstream", str(root), str(target)],
            env=os.environ | _WITHOUT_FUSE | {"ARCH": platform.machine()},
            check=True,
        )
    return target
