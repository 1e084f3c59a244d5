"""A plugin of Nuitka's: third-party packages are kept as bytecode, as build/nuitka/flags.toml lists them."""

import tomllib
from pathlib import Path

from nuitka.plugins.PluginBase import NuitkaPluginBase

PACKAGES = tomllib.loads(Path(__file__).with_name("flags.toml").read_text("utf-8"))["bytecode"]["packages"]


class ThirdPartiesAsBytecode(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka is only there where something is built
    plugin_name = "third-parties-as-bytecode"
    plugin_desc = "Keep third-party packages as bytecode."

    def decideCompilation(self, module_name):  # type: ignore[no-untyped-def]  # noqa: N802
        return "bytecode" if module_name.hasOneOfNamespaces(*PACKAGES) else None
