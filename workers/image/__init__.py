"""Pictures by stable-diffusion.cpp, in a process that may be lost."""


def main() -> int:
    # Only this process needs the engine's library: the probe reads these modules' facts without a picture.
    from workers.image.role import create
    from workers.runtime import run

    return run(create)
