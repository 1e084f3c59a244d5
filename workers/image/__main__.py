"""The image worker's process."""

from workers.image.role import create
from workers.runtime import run


def main() -> int:
    return run(create)


if __name__ == "__main__":
    raise SystemExit(main())
