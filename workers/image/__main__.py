"""`python -m workers.image`: the image worker's process."""

from workers.image import main

raise SystemExit(main())
