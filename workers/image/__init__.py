"""Pictures by stable-diffusion.cpp, in a process that may be lost."""

import os

# Both are read once, when the engine's library is loaded, which importing anything in here may do.
# An abort would otherwise start a debugger on this process.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")
# The engine's threads spin at a barrier after every operation. Where another program has one of their cores, the
# default number of spins makes a picture five to ten times slower; this one costs a quiet machine nothing.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def main() -> int:
    # The probe reads facts from these modules without becoming a worker.
    from workers.image.role import create
    from workers.runtime import run

    return run(create)
