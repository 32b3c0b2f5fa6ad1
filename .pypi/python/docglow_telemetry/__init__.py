"""Reports a finished docglow command with the docglow-telemetry program of this package.

    import docglow_telemetry
    docglow_telemetry.report({"command": "generate", "result": "success", "duration_ms": 1446})
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
from typing import Mapping, Optional, Union

__all__ = ["find_binary", "report"]

Folder = Union[str, "os.PathLike[str]"]

# Seconds. The program ends within 3 s, and waits for the network only if DOCGLOW_TELEMETRY_WAIT or
# DOCGLOW_TELEMETRY_DEBUG asks for that. Otherwise it returns within milliseconds.
_LONGEST_CALL = 4


def find_binary() -> str:
    """The path of the program, whether or not its virtual environment is active.

    Raises FileNotFoundError if it is not installed.
    """
    name = "docglow-telemetry" + (sysconfig.get_config_var("EXE") or "")
    # Installers put it one to four levels above this package: <prefix>/bin for
    # <prefix>/lib/python3.12/site-packages, <folder>/bin for `pip install --target <folder>`.
    # The PATH is not searched: on Windows that would include the working folder.
    folders = []
    parent = os.path.dirname(os.path.abspath(__file__))
    for _ in range(4):
        parent = os.path.dirname(parent)
        folders += [os.path.join(parent, "bin"), os.path.join(parent, "Scripts")]
    # An editable install has this package elsewhere.
    folders.append(sysconfig.get_path("scripts"))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(name)


def report(
    event: Mapping[str, object],
    *,
    project_dir: Optional[Folder] = None,
    target_dir: Optional[Folder] = None,
) -> None:
    """Hands `event` to the program, which decides whether it may be sent, and sends it in the background.

    Never raises, and never waits for the network. hooks/README.md lists the keys of an event. `project_dir`
    is the folder of docglow.yml, by default the working folder. `target_dir` is dbt's target folder: the
    counts and the adapter come from its manifest.json if the event has none.
    """
    try:
        command = [find_binary()]
        for option, folder in (("--project-dir", project_dir), ("--target-dir", target_dir)):
            if folder is not None:
                command += [option, os.fspath(folder)]
        subprocess.run(command, input=json.dumps(event).encode(), timeout=_LONGEST_CALL)
    except Exception as error:
        debug = os.environ.get("DOCGLOW_TELEMETRY_DEBUG", "").strip().lower()
        if debug in ("1", "true", "yes", "on"):
            # Only the kind of the error: its text may hold a value of the event.
            with contextlib.suppress(Exception):
                print(f"telemetry: not sent ({type(error).__name__})", file=sys.stderr)
