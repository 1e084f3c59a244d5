import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_IMPORT_ALL = """
import importlib, pkgutil, sys, workers
for module in pkgutil.walk_packages(workers.__path__, "workers."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sys.modules, sep="\\n")
"""


def test_workers_load_of_the_desk_only_its_wire_language_and_nothing_of_its_server_and_log() -> None:
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL], capture_output=True, text=True, check=True, cwd=_ROOT)
    loaded = set(done.stdout.splitlines())
    assert {"workers.fake", "workers.media", "workers.runtime"} <= loaded
    assert not {"litestar", "apsw", "sqlite3", "uvicorn", "httpx", "websockets", "tomlkit"} & loaded
    assert {name for name in loaded if name.startswith("ddesk.")} == {"ddesk.protocol", "ddesk.protocol.messages"}
