"""A support bundle of the running desk, by a process of its own: what is looked at for it may end who looks."""

from collections.abc import Sequence
from pathlib import Path

from ddesk.app.child_process import run
from ddesk.errors import Fault

_SECONDS = 300.0
_ADVICE = "Run `ddesk doctor --bundle FILE` in a terminal."


async def bundle(program: Sequence[str], data_dir: Path) -> bytes:
    """A zip file. Raises Fault where it could not be made."""
    try:
        done = await run([*program, "--data-dir", str(data_dir), "doctor", "--bundle", "-"], seconds=_SECONDS)
    except (OSError, TimeoutError) as wrong:
        raise Fault(
            "bundle_failed", f"The support bundle could not be made: {wrong or 'it took too long'}.", _ADVICE
        ) from wrong
    if done.code != 0:
        raise Fault("bundle_failed", f"The support bundle could not be made. {done.errors[-500:].strip()}", _ADVICE)
    return done.output
