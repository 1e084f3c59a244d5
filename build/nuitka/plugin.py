"""A plugin of Nuitka's: third-party packages are kept as bytecode, as flags.toml lists them, and where the executable
can't be unpacked, that is told in words."""

import tomllib
from pathlib import Path

from nuitka.plugins.PluginBase import NuitkaPluginBase

PACKAGES = tomllib.loads(Path(__file__).with_name("flags.toml").read_text("utf-8"))["bytecode"]["packages"]


class OurWay(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka is only there where something is built
    plugin_name = "ddesk"
    plugin_desc = "Third-party packages as bytecode; words where there is no room to unpack."

    def decideCompilation(self, module_name):  # type: ignore[no-untyped-def]  # noqa: N802
        return "bytecode" if module_name.hasOneOfNamespaces(*PACKAGES) else None

    def getPreprocessorSymbols(self, onefile):  # type: ignore[no-untyped-def]  # noqa: ARG002, N802
        """Has extra_onefile_includes.h, which lies beside this file, compiled into the program that unpacks the others.

        Nuitka asks once for both programs; the inner one doesn't look at this.
        """
        return {"_NUITKA_EXPERIMENTAL_EXTRA_ONEFILE_INCLUDES_BOOL": "1"}

    def getExtraIncludeDirectories(self):  # type: ignore[no-untyped-def]  # noqa: N802
        return [str(Path(__file__).parent.absolute())]
