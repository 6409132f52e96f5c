"""Starts the daemon with a Python handler, and becomes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence


class RunError(Exception):
    """The daemon cannot be started; the message is one line for the user."""


def launcher() -> List[str]:
    """The command that starts ``millrace``: in MILLRACE_HOME, in the checkout that this package lies in, or on the PATH."""
    home = os.environ.get("MILLRACE_HOME")
    if home:
        found = Path(home) / "millrace"
        if not found.is_file():
            raise RunError(f"there is no file millrace in MILLRACE_HOME ({home})")
        return [str(found)]
    for folder in Path(__file__).resolve().parents:
        if (folder / "millrace").is_file() and (folder / "multilang").is_dir():
            return [str(folder / "millrace")]
    on_path = shutil.which("millrace")
    if on_path:
        return [on_path]
    raise RunError("Millrace is not found: set MILLRACE_HOME to the folder that has its launcher, or put that on the PATH")


def check_java() -> None:
    """Fails where the launcher would find no Java."""
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").is_file():
        raise RunError(f"JAVA_HOME ({home}) has no bin/java; set it to a JDK 17 or newer")
    if not home and not shutil.which("java"):
        raise RunError("Java is not found: install a JDK 17 or newer, or set JAVA_HOME")


def executable(handler: str) -> str:
    """The child's command, quoted as the daemon's settings want it."""
    return " ".join(f'"{part}"' for part in (sys.executable, "-m", "millrace", "child", handler))


def run(handler: str, arguments: Sequence[str]) -> int:
    """Runs the daemon until it ends, hands signals on, and returns its exit code."""
    check_java()
    command = launcher()
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        settings = Path(folder) / "daemon.properties"
        settings.write_text(
            f"executableName = {_escaped(executable(handler))}\nretrievalMode = POLLING\n", encoding="utf-8"
        )
        daemon = subprocess.Popen([*command, "daemon", str(settings), *arguments])
        forward(daemon)
        code = wait(daemon)
    return 128 - code if code < 0 else code


def forward(daemon: "subprocess.Popen[bytes]") -> None:
    """Signals that end this process end the daemon, which hands its shards over first."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, frame: daemon.send_signal(signal.SIGTERM if got == signal.SIGHUP else got))


def wait(daemon: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return daemon.wait()
        except KeyboardInterrupt:
            continue


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def pythonpath() -> Optional[str]:
    """What the child needs to find this package, where it is not installed."""
    return str(Path(__file__).resolve().parents[1])
