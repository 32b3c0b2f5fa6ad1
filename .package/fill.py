"""Writes the Homebrew formula and the Scoop manifest of a release: fill.py REPOSITORY VERSION FOLDER

FOLDER has the archives of the release, whose SHA-256 they name, and gets docglow-telemetry.rb and docglow-telemetry.json.
"""

import hashlib
import re
import sys
from pathlib import Path

repository, version, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def sha256(archive):
    return hashlib.sha256((folder / archive.group(1)).read_bytes()).hexdigest()


for template, name in (("homebrew.rb", "docglow-telemetry.rb"), ("scoop.json", "docglow-telemetry.json")):
    text = (Path(__file__).parent / template).read_text(encoding="utf-8")
    text = text.replace("@REPOSITORY@", repository).replace("@VERSION@", version)
    text = re.sub(r"@SHA256 ([^@]+)@", sha256, text)
    # The template's first line is for maintainers.
    text = re.sub(r"\A# For a Homebrew tap.*\n", "", text)
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
