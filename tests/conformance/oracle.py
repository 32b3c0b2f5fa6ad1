"""Asks docglow itself about command lines: its parser and settings run, the work behind them does not.

First prints the options of each command. Then each input line is a folder and a command line, every
word in hexadecimal after an "x". The answer is the exit status; whether docglow began its work; the
event that docglow would send, or null; and the folder of its manifest, in hexadecimal.

A docglow before 0.8 has no telemetry, and so no event.
"""

import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
os.dup2(1, 2)

from docglow.artifacts import loader
from docglow.cli import cli
from docglow.generator import site
from docglow.server import dev, watcher

try:
    from docglow.telemetry import client, dispatcher
except ImportError:
    client = dispatcher = None

HEALTH_SCORE = 50.0
answer = {}


def answering(result):
    answers.write(json.dumps(result) + "\n")
    answers.flush()


def generate_site(project_dir, target_dir, **_):
    load_artifacts(project_dir, target_dir)
    return "site", HEALTH_SCORE


def load_artifacts(project_dir, target_dir=None):
    answer["started"] = True
    answer["target"] = os.fsencode(loader._resolve_target_dir(project_dir, target_dir)).hex()


def load_artifacts_and_end(project_dir, target_dir=None):
    load_artifacts(project_dir, target_dir)
    raise loader.ArtifactLoadError("there is nothing behind the parser")


def shape(target_dir):
    if "serve" in arguments[:2]:
        answer["target"] = os.fsencode(target_dir).hex()
    return dispatcher.ProjectShape()


def send(payload, endpoint):
    answer["event"] = {name: payload[name] for name in ("command", "result", "features_used")}


def start_server(*_, **__):
    answer["started"] = True


if dispatcher:
    # Whether it may be sent is not the question.
    dispatcher.is_active = lambda *_: True
    client.send = send
    dispatcher.project_shape_from_manifest_path = shape
site.generate_site = generate_site
loader.load_artifacts = load_artifacts_and_end
watcher.start_watcher = dev.start_server = start_server

commands = {}
for command in ("generate", "health", "serve"):
    commands[command] = {}
    for option in cli.commands[command].params:
        names = option.opts + option.secondary_opts
        kind = "flag" if option.is_flag else option.type.name
        choices = list(getattr(option.type, "choices", []))
        commands[command].update({name: {"kind": kind, "choices": choices} for name in names})
answering(commands)

for line in sys.stdin:
    folder, *arguments = [os.fsdecode(bytes.fromhex(word[1:])) for word in line.split()]
    os.chdir(folder)
    answer.clear()
    answer.update(event=None, target=None, started=False, status=0)
    try:
        cli.main(arguments, prog_name="docglow")
    except SystemExit as end:
        answer["status"] = end.code or 0
    except BaseException:
        answer["status"] = 1
    answering(answer)
