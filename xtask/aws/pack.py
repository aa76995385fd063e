"""The functions' programs as the zip files that Lambda takes: `pack.py TO PROGRAM...`. The same program makes the same file."""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# Amazon Linux 2023 has this glibc: docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
GLIBC = 34


def pack(program, folder):
    with tempfile.TemporaryDirectory() as temporary:
        stripped = Path(temporary) / "bootstrap"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        content = stripped.read_bytes()
    newest = max((int(it) for it in re.findall(rb"GLIBC_2\.(\d+)", content)), default=0)
    if newest > GLIBC:
        sys.exit(f"{program} needs glibc 2.{newest}, and Lambda has 2.{GLIBC}: build it on an older system, or in Dockerfile's")
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    target = folder / f"{program.name}.zip"
    with zipfile.ZipFile(target, "w", compresslevel=1) as archive:
        archive.writestr(entry, content)
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, {len(content) / 1e6:.1f} MB unpacked")


folder, *programs = map(Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
for program in programs:
    pack(program, folder)
