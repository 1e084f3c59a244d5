"""Asks the probe: a short-lived process for what may end the process that does it."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from ddesk.app.child_process import run
from ddesk.errors import Fault
from ddesk.supervision.stderr_tail import classify

_log = logging.getLogger(__name__)
_SECONDS = 120.0


async def ask(program: Sequence[str], *question: str) -> Any:
    """The probe's JSON answer. Raises Fault where it was lost, or took longer than two minutes."""
    try:
        done = await run([*program, "probe", *question], seconds=_SECONDS)
        return json.loads(done.output)
    except TimeoutError as late:
        raise Fault(
            "probe_lost", f"The probe that looks at {question[0]} did not answer in time.", "Try again."
        ) from late
    except ValueError as wrong:
        _log.warning("The probe gave no answer to %s (exit %s): %s", question, done.code, done.errors[-500:])
        loss = classify(done.errors, exit_code=max(done.code, 0), signal=max(-done.code, 0) or None)
        raise Fault(
            "probe_lost",
            f"The probe that looks at {question[0]} ended without an answer. {loss.words}",
            "See the log file; a model file may be damaged.",
        ) from wrong
