"""What every subcommand has in common: the data directory, the settings, and errors in plain words."""

import argparse
import sys
from pathlib import Path

from ddesk import logs
from ddesk.cli.hindrances import in_words
from ddesk.errors import DeskError, Refused
from ddesk.launcher import dialog
from ddesk.paths import DataDir, default_data_dir
from ddesk.settings import Settings, load


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 where all went well, 1 where it didn't (or another for a refusal), 130 after Ctrl+C."""
    data = DataDir(Path(getattr(given, "data_dir", None) or default_data_dir()).expanduser().resolve())
    try:
        return _run(given, data)
    except (DeskError, OSError, ImportError) as wrong:
        _tell(in_words(wrong, data))
        return getattr(given, "when_refused", 1) if isinstance(wrong, Refused) else 1
    except KeyboardInterrupt:
        return 130


def _tell(wrong: DeskError) -> None:
    """The one place where it is told what kept a command from its work."""
    print(f"ddesk: {wrong.words}\n       {wrong.advice}", file=sys.stderr)
    dialog.tell(f"{wrong.words}\n\n{wrong.advice}")


def _run(given: argparse.Namespace, data: DataDir) -> int:
    match given.command:
        case "generate":
            from ddesk.cli.generate import generate

            return generate(given, data)
        case "doctor":
            from ddesk.cli.doctor import doctor

            return doctor(data, as_json=given.json, bundle_to=given.bundle)
        case "models":
            from ddesk.cli.models import models

            return models(data, given)
        case "rebuild":
            from ddesk.cli.log import rebuild

            return rebuild(data)
        case "log":
            from ddesk.cli.log import log

            return log(given, data)
        case "backup":
            from ddesk.cli.backup import back_up

            return back_up(data, given.folder)
        case "restore":
            from ddesk.cli.backup import restore

            return restore(data, given.backup)
        case "rerun":
            from ddesk.cli.rerun import rerun

            return rerun(given, data)
        case "replay":
            from ddesk.cli.replay import replay

            return replay(given, data)
        case _:
            from ddesk.cli.serve import serve

            return serve(data, _settings(given, data))


def _settings(given: argparse.Namespace, data: DataDir) -> Settings:
    flags = {
        "port": given.port,
        "host": given.host,
        "window": given.window,
        "simulate_device": given.simulate_device,
    }
    data.create()
    settings = load(data.settings, flags=flags)
    logs.configure(data.logs, settings.log_level, terminal=False)
    return settings
