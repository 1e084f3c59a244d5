"""What every subcommand has in common: the data directory, the settings, and errors in plain words."""

import argparse
import sys
from pathlib import Path

from ddesk import logs
from ddesk.errors import DeskError
from ddesk.paths import DataDir, default_data_dir
from ddesk.settings import Settings, load


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 where all went well, 1 where it didn't, 130 after Ctrl+C."""
    data = DataDir(Path(getattr(given, "data_dir", None) or default_data_dir()).expanduser().resolve())
    try:
        return _run(given, data)
    except DeskError as wrong:
        print(f"ddesk: {wrong.words}\n       {wrong.advice}", file=sys.stderr)
        return 1
    except OSError as wrong:
        print(f"ddesk: {wrong}\n       Is there room in {data.root}, and may it be written?", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(given: argparse.Namespace, data: DataDir) -> int:
    match given.command:
        case "generate":
            from ddesk.cli.generate import generate

            return generate(given, data)
        case "doctor":
            from ddesk.cli.doctor import doctor

            return doctor(data, as_json=given.json)
        case "rebuild":
            from ddesk.cli.log import rebuild

            return rebuild(data)
        case "log":
            from ddesk.cli.log import tail, verify

            return verify(data) if given.log_command == "verify" else tail(data, given.n)
        case _:
            from ddesk.cli.serve import serve

            return serve(data, _settings(given, data))


def _settings(given: argparse.Namespace, data: DataDir) -> Settings:
    flags = {"port": given.port, "host": given.host, "open_browser": False if given.no_browser else None}
    data.create()
    settings = load(data.settings, flags=flags)
    logs.configure(data.logs, settings.log_level, terminal=False)
    return settings
