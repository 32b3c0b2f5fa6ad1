"""Prints README.md for PyPI, which does not resolve relative links: description.py REPOSITORY VERSION.

Each relative link becomes an absolute one, to this version in the repository. While the repository has no address, only the
text of the link is left.
"""

import re
import sys

repository, version = sys.argv[1:]
# A relative target starts with neither a scheme nor `#`. The text of a link may continue on the next line.
RELATIVE_LINK = re.compile(r"\[([^][]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
link = rf"[\1]({repository}/blob/v{version}/\2)" if repository else r"\1"

with open("README.md", encoding="utf-8") as readme:
    text = RELATIVE_LINK.sub(link, readme.read())
sys.stdout.buffer.write(text.encode("utf-8"))
