"""`python -m ddesk`, and what the compiled executable starts."""

from ddesk.cli import main

raise SystemExit(main())
