#!/usr/bin/env python3
"""Builds the wheel ``millrace-daemon``: the jars of ``millrace daemon``, for those who have no checkout of Millrace.

``python3 multilang/python-daemon/build.py [--out FOLDER]`` prints the path of the wheel. It needs a checkout, whose launcher builds
what is missing; nothing else is fetched. A wheel of the same jars is the same, byte for byte.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import List, Tuple

TOP = Path(__file__).resolve().parents[2]
PACKAGE = "millrace_daemon"

# The server, and what it alone uses. The jars of DynamoDB Local are not among those of the command.
NOT_NEEDED = re.compile(r"millrace-stream-core-|micrometer-registry-prometheus-|prometheus-metrics-|rocksdb|kafka")

# Twice the jars of today: more of them is a mistake, such as the server's.
MOST_BYTES = 80 << 20

INIT = '''"""The jars of Millrace's daemon. ``python -m millrace run`` finds them here; there is nothing else in this package."""

from pathlib import Path
from typing import List

__version__ = "{version}"


def jars() -> List[Path]:
    """The class path of the daemon."""
    return sorted((Path(__file__).resolve().parent / "jars").glob("*.jar"))
'''

METADATA = """\
Metadata-Version: 2.1
Name: millrace-daemon
Version: {version}
Summary: The daemon that takes the shards of sharded streams for handlers of the package millrace
License: Apache-2.0
Requires-Python: >=3.9
Classifier: Operating System :: POSIX
Classifier: Programming Language :: Java
Classifier: Programming Language :: Python :: 3

The jars of `millrace daemon`, which `python -m millrace run` of the package `millrace` starts. Needs a Java 17 or newer.
"""

WHEEL = """\
Wheel-Version: 1.0
Generator: millrace
Root-Is-Purelib: true
Tag: py3-none-any
"""


def main() -> int:
    options = argparse.ArgumentParser(description="Build the wheel millrace-daemon.")
    options.add_argument("--out", type=Path, default=TOP / "multilang" / "target", help="the folder for it")
    out: Path = options.parse_args().out
    try:
        jars = class_path()
        out.mkdir(parents=True, exist_ok=True)
        print(write(out, version(), jars))
    except (OSError, ValueError) as failure:
        print(f"millrace-daemon: {failure}", file=sys.stderr)
        return 1
    return 0


def version() -> str:
    """The project's version, as Python writes it."""
    found = re.search(r"<artifactId>millrace</artifactId>\s*<version>([^<]+)</version>", (TOP / "pom.xml").read_text("utf-8"))
    if not found:
        raise ValueError("pom.xml has no version")
    return re.sub("-SNAPSHOT$", ".dev0", found.group(1))


def class_path() -> List[Path]:
    """The jars of the command, which its launcher builds where they are missing or older than their sources."""
    built = subprocess.run([str(TOP / "millrace"), "--version"], stdout=subprocess.DEVNULL, check=False)
    if built.returncode:
        raise ValueError("the command cannot be built, so there is nothing to pack")
    text = (TOP / "cli" / "target" / "millrace.classpath").read_text("utf-8").strip()
    jars = [Path(part) for part in text.split(":")]
    return sorted((jar for jar in jars if not NOT_NEEDED.search(jar.name)), key=lambda jar: jar.name)


def write(out: Path, number: str, jars: List[Path]) -> Path:
    """Packs a wheel, and puts it in its place at once."""
    about = f"{PACKAGE}-{number}.dist-info"
    files: List[Tuple[str, bytes]] = [
        (f"{PACKAGE}/__init__.py", INIT.format(version=number).encode()),
        (f"{PACKAGE}/py.typed", b""),
        *((f"{PACKAGE}/jars/{jar.name}", jar.read_bytes()) for jar in jars),
        (f"{about}/LICENSE", (TOP / "LICENSE").read_bytes()),
        (f"{about}/METADATA", METADATA.format(version=number).encode()),
        (f"{about}/WHEEL", WHEEL.encode()),
    ]
    if len({name for name, _ in files}) < len(files):
        raise ValueError("two jars have the same name")
    size = sum(len(content) for _, content in files)
    if size > MOST_BYTES:
        raise ValueError(f"the jars have {size >> 20} MiB, which is more than a daemon needs; see NOT_NEEDED in {__file__}")
    record = f"{about}/RECORD"
    lines = [f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files]
    files.append((record, ("".join(lines) + f"{record},,\n").encode()))
    wheel = out / f"{PACKAGE}-{number}-py3-none-any.whl"
    unfinished = wheel.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            # Jars are compressed already.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jar") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return unfinished.replace(wheel)


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.exit(main())
