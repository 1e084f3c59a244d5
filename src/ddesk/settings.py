"""What a person can set: defaults < `settings.toml` < `DDESK_*` in the environment < flags of the command line."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import tomlkit
from msgspec import Meta, Struct
from tomlkit.exceptions import TOMLKitError

from ddesk.errors import Fault, Invalid, NotFound
from ddesk.paths import write_durably

ENVIRONMENT_PREFIX = "DDESK_"

LOOPBACK = ("127.0.0.1", "localhost", "::1")

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LEAST_DEVICE_MB = 64
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(MB|GB|MiB|GiB)?\s*", re.IGNORECASE)

WindowKind = Literal["app", "browser", "none"]
NOW = {"restart": False}
"""Marks a setting that takes effect as soon as it is changed."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting, with its default, its bounds and the help that the page and the terminal show."""

    host: Annotated[str, Meta(description="The address that the desk listens on. Only this machine by default.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 picks a free one.")] = 7433
    window: Annotated[
        WindowKind,
        Meta(description="How the page is shown: in a window of its own, in the browser that you use, or not at all."),
    ] = "app"
    browser: Annotated[
        str,
        Meta(description="The program for the window of its own, of the Chromium family; empty takes the first found."),
    ] = ""
    end_after_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="When its last page was closed, the desk ends by itself after so many seconds, once nothing is "
            "being made; 0 keeps it open.",
            extra=NOW,
        ),
    ] = 0
    start_at_login: Annotated[
        bool, Meta(description="Start the desk, without a page, when you log in to this machine.", extra=NOW)
    ] = False
    live_previews: Annotated[bool, Meta(description="Show a picture while it is being made.", extra=NOW)] = True
    idle_unload_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=10_080,
            description="A model that nobody used for so many minutes is unloaded, to leave its memory to others; 0 "
            "keeps it loaded.",
            extra=NOW,
        ),
    ] = 10
    prewarm: Annotated[
        bool,
        Meta(
            description="Load the model that is likely to be wanted next, where it takes nothing from anyone.",
            extra=NOW,
        ),
    ] = True
    simulate_device: Annotated[
        str,
        Meta(
            description="Plan as if the device had only so much memory, such as 8192MB or 8GB: what would the desk do? "
            "Empty takes it as it is."
        ),
    ] = ""
    thumbnail_side: Annotated[
        int, Meta(ge=64, le=1024, description="The longer side of a thumbnail, in pixels.", extra=NOW)
    ] = 320
    model_roots: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=4096)], ...],
        Meta(
            max_length=32,
            description="Further folders with model files, besides the data directory's own. They are only read.",
            extra=NOW,
        ),
    ] = ()
    worker_transport: Annotated[
        Literal["auto", "tcp"],
        Meta(
            description="How the desk talks to its workers: by what suits this system, or always by TCP within this "
            "machine, encrypted."
        ),
    ] = "auto"
    backup_dir: Annotated[
        str,
        Meta(
            description="The folder for backups of the log, best on another disk; empty is the data directory's own.",
            extra=NOW,
        ),
    ] = ""
    backup_every_hours: Annotated[
        int,
        Meta(ge=0, le=8_760, description="How often the log is backed up by itself, in hours; 0 is never.", extra=NOW),
    ] = 24
    backups_kept: Annotated[
        int, Meta(ge=1, le=1_000, description="How many backups stay; older ones are removed.", extra=NOW)
    ] = 3
    log_level: Annotated[LogLevel, Meta(description="How much is written to the log file.")] = "INFO"


Kind = Literal["text", "integer", "number", "boolean", "choice", "list"]


class Described(Struct, frozen=True, kw_only=True):
    """One setting, as a person should be told of it. `kind` is that of its value."""

    key: str
    value: Any
    default: Any
    kind: Kind
    choices: list[str]
    help: str
    restart: bool


_HINTS = get_type_hints(Settings, include_extras=True)
_KINDS: dict[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
}


def load(path: Path, environment: Mapping[str, str] = os.environ, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. Raises Invalid for an unknown key or a bad value, naming where it was found."""
    merged = _from_file(path) | _from_environment(environment)
    merged |= {key: value for key, value in (flags or {}).items() if value is not None}
    return _convert(merged)


def change(path: Path, key: str, value: Any) -> Settings:
    """Write one setting to `settings.toml`, keeping a person's comments, and return those of the file.

    Raises NotFound for an unknown key, Invalid for a bad value or an address that others reach, Fault on a
    full disk; the file is then as it was.
    """
    if key not in _HINTS:
        raise NotFound("unknown_setting", f"There is no setting named {key!r}.", _suggestion(key))
    document = _document(path)
    changed = _convert({**document.unwrap(), key: value})
    if key == "host":
        refuse_other_machines(changed.host)
    refuse_relative(changed.model_roots)
    value = getattr(changed, key)
    document[key] = list(value) if isinstance(value, tuple) else value
    try:
        write_durably(path, tomlkit.dumps(document).encode())
    except OSError as wrong:
        raise Fault("settings_unwritable", f"{path} can't be written: {wrong}.", "Look at the disk.") from wrong
    return changed


def refuse_other_machines(host: str) -> None:
    """Raises Invalid for an address that others reach."""
    if host not in LOOPBACK:
        raise Invalid(
            "host_not_allowed",
            f"The desk listens only on this machine; {host} would let others in, and it has no password yet.",
            "Leave the host out, or use 127.0.0.1.",
        )


def refuse_relative(folders: Iterable[str]) -> None:
    """Raises Invalid for one that would be another folder wherever the desk is started."""
    for each in folders:
        if not Path(each).is_absolute():
            raise Invalid("bad_setting", f"{each!r} is no full path of a folder.", "Write it out from the root.")


def describe(settings: Settings) -> list[Described]:
    """Every setting with its value, in the order in which they are declared."""
    return [_describe(key, getattr(settings, key)) for key in Settings.__struct_fields__]


def _describe(key: str, value: Any) -> Described:
    plain, meta = get_args(_HINTS[key])
    choices = [str(choice) for choice in get_args(plain)] if get_origin(plain) is Literal else []
    return Described(
        key=key,
        value=value,
        default=getattr(Settings(), key),
        kind=_kind(plain),
        choices=choices,
        help=meta.description,
        restart=(meta.extra or {}).get("restart", True),
    )


def _kind(plain: Any) -> Kind:
    if get_origin(plain) is Literal:
        return "choice"
    return "list" if get_origin(plain) is tuple else _KINDS[plain]


def _from_file(path: Path) -> dict[str, Any]:
    found = dict(_document(path).unwrap())
    for key in found:
        _known(key, str(path))
    return found


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as wrong:
        raise Invalid(
            "settings_unreadable", f"{path} is not valid TOML: {wrong}.", "Mend that line, or move the file away."
        ) from wrong


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            _known(key, f"the environment ({name})")
            found[key] = [each for each in text.split(os.pathsep) if each] if _is_list(key) else text
    return found


def _is_list(key: str) -> bool:
    return _kind(get_args(_HINTS[key])[0]) == "list"


def _known(key: str, where: str) -> None:
    if key not in _HINTS:
        raise Invalid("unknown_setting", f"There is no setting named {key!r}, found in {where}.", _suggestion(key))


def _suggestion(key: str) -> str:
    nearest = difflib.get_close_matches(key, _HINTS, n=1)
    return f"Did you mean {nearest[0]!r}?" if nearest else f"The settings are: {', '.join(_HINTS)}."


_IN_WORDS = {
    "Expected": "expected",
    "Invalid enum value": "there is no choice",
    "`int`": "a whole number",
    "`bool`": "true or false",
    "`str`": "text",
    "<=": "of at most",
    ">=": "of at least",
}


def _in_words(wrong: msgspec.ValidationError) -> str:
    """What msgspec says, which is like "Expected `int` <= 1024 - at `$.thumbnail_side`", for people."""
    what, _, key = str(wrong).partition(" - at `$.")
    for code, words in _IN_WORDS.items():
        what = what.replace(code, words)
    return f"The setting {key.rstrip('`')!r} does not fit: {what}." if key else f"The settings do not fit: {what}."


def _convert(found: dict[str, Any]) -> Settings:
    try:
        settings = msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid("bad_setting", _in_words(wrong), "See the help of that setting.") from wrong
    device_mb(settings.simulate_device)
    return settings


def device_mb(text: str) -> float | None:
    """`8192MB` or `8GB`, of 1024 MB each, in MiB; None where there is no text. Raises Invalid for what is no size."""
    if not text.strip():
        return None
    found = _SIZE.fullmatch(text)
    mb = float(found[1]) * (1024 if (found[2] or "MB").lower().startswith("g") else 1) if found else 0.0
    if mb < LEAST_DEVICE_MB:
        words = f"The setting 'simulate_device' does not fit: {text!r} is no size of a device's memory."
        raise Invalid("bad_setting", words, f"Write it like 8192MB or 8GB; {LEAST_DEVICE_MB}MB is the least.")
    return mb
