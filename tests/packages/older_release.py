"""Something to upgrade from: a wheel whose program says that it is older, in the folder that is named."""

import sys, zipfile
name, info = "docglow_telemetry-0.0.1", "docglow_telemetry-0.0.1.dist-info"
files = {
    f"{name}.data/scripts/docglow-telemetry": "#!/bin/sh\necho an older release\n",
    f"{info}/METADATA": "Metadata-Version: 2.1\nName: docglow-telemetry\nVersion: 0.0.1\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
}
files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"{sys.argv[1]}/{name}-py3-none-any.whl", "w") as wheel:
    for path, text in files.items():
        entry = zipfile.ZipInfo(path)
        entry.external_attr = 0o100755 << 16
        wheel.writestr(entry, text)
