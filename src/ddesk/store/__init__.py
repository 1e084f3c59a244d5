"""The log on disk, and the files beside it."""
