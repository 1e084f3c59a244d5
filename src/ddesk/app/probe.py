"""Asks the probe: a short-lived process for what may end the process that does it."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from ddesk.errors import Fault

_log = logging.getLogger(__name__)
_SECONDS = 120.0


async def ask(program: Sequence[str], *question: str, stdin: bytes = b"") -> Any:
    """The probe's JSON answer. Raises Fault where it was lost, or took longer than two minutes."""
    process = await asyncio.create_subprocess_exec(
        *program,
        "probe",
        *question,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        answer, errors = await asyncio.wait_for(process.communicate(stdin), _SECONDS)
        return json.loads(answer)
    except TimeoutError as late:
        raise Fault(
            "probe_lost", f"The probe that looks at {question[0]} did not answer in time.", "Try again."
        ) from late
    except ValueError as wrong:
        tail = errors.decode(errors="replace")[-500:]
        _log.warning("The probe gave no answer to %s (exit %s): %s", question, process.returncode, tail)
        raise Fault(
            "probe_lost",
            f"The probe that looks at {question[0]} ended without an answer (exit {process.returncode}).",
            "See the log file; a model file may be damaged.",
        ) from wrong
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
