"""`python -m build.icons`."""

from build import icons

icons.draw()
