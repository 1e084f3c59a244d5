"""`ddesk worker …` as a program of its own, in which the fake plays every worker."""

import sys

from workers.fake import main

if __name__ == "__main__":
    sys.exit(main())
