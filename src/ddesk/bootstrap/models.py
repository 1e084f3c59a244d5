"""The model files of this machine, as the desk and its commands look at them."""

from importlib.metadata import version
from pathlib import Path

from ddesk import paths
from ddesk.app.feed import Feed
from ddesk.app.inspector import Inspector
from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelLibrary
from ddesk.app.notices import ModelsChanged
from ddesk.bootstrap.defaults import model_bounds
from ddesk.paths import DataDir
from ddesk.settings import Settings
from ddesk.store.model_cache import ModelCache

VERSION = version("ddesk")


def model_library(data: DataDir, settings: Settings) -> tuple[ModelLibrary, ModelCache]:
    """The library of this machine, not yet scanned, and what it keeps of it."""
    cache, bounds = ModelCache(data.root / "cache" / "models.json", VERSION), model_bounds()
    inspector = Inspector(paths.program(), cache, bounds.batch)
    more = tuple(map(Path, settings.model_roots))
    return ModelLibrary(own=data.models, more=more, bounds=bounds, cache=cache, inspector=inspector), cache


def models_changed(feed: Feed, library: ModelLibrary, hashes: ModelHashes) -> None:
    hashes.changed.set()
    tell_of_models(feed, library)


def tell_of_models(feed: Feed, library: ModelLibrary) -> None:
    files, unknown = library.counts()
    feed.notice(ModelsChanged(files=files, unknown=unknown))
