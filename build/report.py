"""What was built: how long each step took, how large each part is."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from build.variant import DIST, Variant

_PARTS = {
    "image engine": "stable_diffusion_cpp",
    "language engine": "llama_cpp",
    "numpy": "numpy*",
    "Pillow": "[Pp][Ii][Ll]*",
    "page, defaults, starter model": "ddesk",
    "program and Python": "ddesk.bin",
}
MIB = 1 << 20


def keep(variant: Variant, seconds: Mapping[str, float]) -> None:
    """The longest that each step ever took here, in seconds, and the shortest: of a first build and of a later one."""
    kept = _kept(variant)
    for step, took in seconds.items():
        least, most = kept.get(step, (took, took))
        kept[step] = (min(least, took), max(most, took))
    _times(variant).write_text(json.dumps(kept), "utf-8")


def build_seconds(variant: Variant) -> tuple[float, float] | None:
    """The shortest and the longest build up to the executable; None where none is known."""
    kept = _kept(variant)
    if not {"web", "engines", "compile"} <= kept.keys():
        return None
    least, most = zip(*(kept[step] for step in ("web", "engines", "compile")), strict=True)
    return sum(least), sum(most)


def _kept(variant: Variant) -> dict[str, tuple[float, float]]:
    path = _times(variant)
    return (
        {step: (least, most) for step, (least, most) in json.loads(path.read_bytes()).items()} if path.is_file() else {}
    )


def _times(variant: Variant) -> Path:
    return DIST / f"times-{variant.name}.json"


def table(variant: Variant, seconds: Mapping[str, float]) -> str:
    rows = [(f"step {name}", f"{took:8.1f} s") for name, took in seconds.items()]
    if variant.program.exists():
        rows.append(("executable", _mib(variant.program.stat().st_size)))
    if variant.unpacked.exists():
        rows += [(name, _mib(size)) for name, size in parts(variant.unpacked).items()]
    return "\n".join(f"{name:<32}{value}" for name, value in rows)


def parts(folder: Path) -> dict[str, int]:
    """Bytes of the unpacked form, as a whole and by its parts, largest first."""
    everything = size(folder)
    named = {title: sum(size(each) for each in folder.glob(pattern)) for title, pattern in _PARTS.items()}
    named["all else"] = everything - sum(named.values())
    by_size: Callable[[str], int] = named.__getitem__
    return {"unpacked": everything} | {title: named[title] for title in sorted(named, key=by_size, reverse=True)}


def size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file() and not each.is_symlink())


def _mib(count: int) -> str:
    return f"{count / MIB:8.1f} MiB"
