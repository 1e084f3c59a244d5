"""`python -m workers.image`: the image worker's process."""

from workers.image import main

if __name__ == "__main__":
    raise SystemExit(main())
