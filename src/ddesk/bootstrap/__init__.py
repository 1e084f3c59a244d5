"""Puts a desk together. The only package that knows every concrete class."""

from ddesk.bootstrap.defaults import choices, estimates, families, model_bounds
from ddesk.bootstrap.models import VERSION, model_library
from ddesk.bootstrap.running import Outside, running_desk
from ddesk.bootstrap.stores import PROJECTIONS, open_log, open_read_models

__all__ = [
    "PROJECTIONS",
    "VERSION",
    "Outside",
    "choices",
    "estimates",
    "families",
    "model_bounds",
    "model_library",
    "open_log",
    "open_read_models",
    "running_desk",
]
