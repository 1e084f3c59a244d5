"""What was built: how long each step took, how large each part is."""

from collections.abc import Callable, Mapping
from pathlib import Path

from build.variant import Variant

_PARTS = {
    "image engine": "stable_diffusion_cpp",
    "language engine": "llama_cpp",
    "numpy": "numpy*",
    "Pillow": "[Pp][Ii][Ll]*",
    "page, defaults, starter model": "ddesk",
    "program and Python": "ddesk.bin",
}
MIB = 1 << 20


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
