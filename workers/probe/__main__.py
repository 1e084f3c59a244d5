"""`python -m workers.probe QUESTION`."""

import sys

from workers.probe import main

raise SystemExit(main(sys.argv[1:]))
