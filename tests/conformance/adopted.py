"""Runs command lines in docglow, in one process: a JSON list of lists of arguments on standard input.

Prints the exit status of each. Events are sent before the next command line, so that they arrive in order.
"""

import json
import os
import sys

statuses = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

from docglow.cli import cli
from docglow.telemetry import client

for arguments in json.load(sys.stdin):
    try:
        cli.main(arguments, prog_name="docglow")
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except Exception:
        status = 1
    print(status, file=statuses, flush=True)
    # docglow's own client has threads at work.
    getattr(client, "_drain_pending", lambda: None)()
