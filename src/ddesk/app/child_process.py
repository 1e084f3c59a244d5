"""A process that does one thing, may be lost over it, and is not left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

_LONGEST_LINE = 1 << 20
"""Bytes of what a process says."""


class Done(NamedTuple):
    """`code` is negative where a signal ended it."""

    output: bytes
    errors: str
    code: int


async def run(command: Sequence[str], *, stdin: bytes = b"", seconds: float) -> Done:
    """Raises OSError where it can't be started, TimeoutError where it takes longer."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate(stdin)
        assert process.returncode is not None
        return Done(output, errors.decode(errors="replace"), process.returncode)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def lines(command: Sequence[str], *, stdin: bytes, seconds: float) -> AsyncIterator[bytes]:
    """What it says, line by line, as it comes. Raises OSError where it can't be started, TimeoutError as `run` does.

    `seconds` are for each line. Its errors go nowhere.
    """
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=nowhere, limit=_LONGEST_LINE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    telling = asyncio.create_task(_tell(process.stdin, stdin))
    try:
        while line := await _soon(process.stdout, seconds):
            yield line
    finally:
        telling.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _soon(stdout: asyncio.StreamReader, seconds: float) -> bytes:
    async with asyncio.timeout(seconds):
        return await stdout.readline()


async def _tell(stdin: asyncio.StreamWriter, words: bytes) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        stdin.write(words)
        await stdin.drain()
        stdin.close()
