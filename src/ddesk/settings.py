"""What a person can set: defaults < `settings.toml` < `DDESK_*` in the environment < flags of the command line."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
import tomlkit
from msgspec import Meta, Struct
from tomlkit.exceptions import TOMLKitError

from ddesk.errors import Fault, Invalid, NotFound
from ddesk.paths import write_durably

ENVIRONMENT_PREFIX = "DDESK_"

LOOPBACK = ("127.0.0.1", "localhost", "::1")

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
NOW = {"restart": False}
"""Marks a setting that takes effect as soon as it is changed."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting, with its default, its bounds and the help that the page and the terminal show."""

    host: Annotated[str, Meta(description="The address that the desk listens on. Only this machine by default.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 picks a free one.")] = 7433
    open_browser: Annotated[bool, Meta(description="Open the page when the desk starts.")] = True
    live_previews: Annotated[bool, Meta(description="Show a picture while it is being made.", extra=NOW)] = True
    thumbnail_side: Annotated[
        int, Meta(ge=64, le=1024, description="The longer side of a thumbnail, in pixels.", extra=NOW)
    ] = 320
    log_level: Annotated[LogLevel, Meta(description="How much is written to the log file.")] = "INFO"


class Described(Struct, frozen=True, kw_only=True):
    """One setting, as a person should be told of it. `kind` is that of its value."""

    key: str
    value: Any
    default: Any
    kind: Literal["text", "integer", "number", "boolean", "choice"]
    choices: list[str]
    help: str
    restart: bool


_HINTS = get_type_hints(Settings, include_extras=True)
_KINDS: dict[Any, Literal["text", "integer", "number", "boolean"]] = {
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
    document[key] = getattr(changed, key)
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


def describe(settings: Settings) -> list[Described]:
    """Every setting with its value, in the order in which they are declared."""
    return [_describe(key, getattr(settings, key)) for key in Settings.__struct_fields__]


def _describe(key: str, value: Any) -> Described:
    plain, meta = get_args(_HINTS[key])
    choices = [str(choice) for choice in get_args(plain)]
    return Described(
        key=key,
        value=value,
        default=getattr(Settings(), key),
        kind="choice" if choices else _KINDS[plain],
        choices=choices,
        help=meta.description,
        restart=(meta.extra or {}).get("restart", True),
    )


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
            found[key] = text
    return found


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
        return msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid("bad_setting", _in_words(wrong), "See the help of that setting.") from wrong
