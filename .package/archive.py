"""Packs a folder, so that the same files give the same bytes: archive.py FILE FOLDER. FILE is a .tar.gz or a .zip."""

import gzip
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

# 1980-01-01, the earliest date in a .zip.
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", 315532800))


def mode(path):
    return 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644


def tar_gz(file, folder, paths):
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=9, mtime=EPOCH) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path in paths:
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.mtime, entry.mode = EPOCH, mode(path)
                if path.is_dir():
                    entry.type = tarfile.DIRTYPE
                    archive.addfile(entry)
                else:
                    entry.size = path.stat().st_size
                    with path.open("rb") as content:
                        archive.addfile(entry, content)


def zip_(file, folder, paths):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), time.gmtime(EPOCH)[:6])
                entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
                entry.external_attr = (0o100000 | mode(path)) << 16
                archive.writestr(entry, path.read_bytes())


target, folder = Path(sys.argv[1]), Path(sys.argv[2])
paths = sorted(folder.rglob("*"))
with target.open("wb") as file:
    (zip_ if target.suffix == ".zip" else tar_gz)(file, folder, paths)
