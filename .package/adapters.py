#!/usr/bin/env python3
"""Adds to the list of published dbt adapters. src/payload/adapters.md says how.

adapters.py [--pypi FILE.tsv] [--docs FOLDER] [--wheels FOLDER] [NAME...]

It asks no registry. A package whose wheel it would like to see is named on standard error.
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = [ROOT / "src/payload/adapters.txt", ROOT / "tests/fixtures/adapters.txt"]

YEARS = 3

# A name that dbt accepts. docglow reports the name in dbt's manifest unchanged.
NAME = re.compile(r"[a-z][a-z0-9_]*")

# Their summaries mention adapters, but they are not adapters.
NO_ADAPTERS = {
    "dbt-adapters", "dbt-baby-sugar", "dbt-common", "dbt-core", "dbt-dbs", "dbt-polyglot", "dbt-repark",
    "dbt-rowlineage", "dbt-tests-adapter",
}


def from_docs(folder):
    """The types in the example profiles of dbt's documentation."""
    for page in Path(folder).rglob("*-setup.md"):
        yield from re.findall(r"^\s+type: ([a-z0-9_]+)\s*(?:#.*)?$", page.read_text(), re.M)


def from_wheels(folder):
    """The adapters in each package, by the name of its file."""
    for wheel in Path(folder).glob("*.whl"):
        names = zipfile.ZipFile(wheel).namelist()
        adapters = {m[1] for name in names if (m := re.match(r"dbt/adapters/(\w+)/", name))}
        yield wheel.name.split("-")[0].replace("_", "-"), adapters


def from_pypi(file):
    """The packages that call themselves adapters and have had a recent release."""
    rows = [line.split("\t") for line in Path(file).read_text().splitlines()]
    newest = max(row[2] for row in rows[1:])
    oldest = f"{int(newest[:4]) - YEARS}{newest[4:]}"
    for name, _version, month, *_, summary in rows[1:]:
        is_adapter = re.search(r"adapter|plugin for dbt", summary, re.I)
        if name.startswith("dbt-") and is_adapter and name not in NO_ADAPTERS and month >= oldest:
            yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pypi", help="lines of name, version, month of it, …, summary")
    parser.add_argument("--docs", help="a folder with dbt's documentation in Markdown")
    parser.add_argument("--wheels", help="a folder with wheels of adapters")
    parser.add_argument("names", nargs="*", help="adapters that are known otherwise")
    arguments = parser.parse_args()

    known = set(LISTS[0].read_text().split())
    wheels = dict(from_wheels(arguments.wheels)) if arguments.wheels else {}
    found = set(arguments.names).union(*wheels.values())
    if arguments.docs:
        found |= set(from_docs(arguments.docs))
    for package in from_pypi(arguments.pypi) if arguments.pypi else ():
        words = package.split("-")[1:]
        # A variant of a known adapter keeps its name.
        if package not in wheels and "_".join(words) not in found | known and not known & set(words):
            print(f"unknown: pip download --no-deps {package}", file=sys.stderr)

    adapters = sorted(known | {name for name in found if NAME.fullmatch(name)})
    for path in LISTS:
        path.write_text("".join(f"{name}\n" for name in adapters))
    print(f"{len(adapters)} adapters, {len(adapters) - len(known)} of them new", file=sys.stderr)


if __name__ == "__main__":
    main()
