"""Starts the daemon with a Python handler, and becomes it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence


_LEAST_JAVA = 17


class RunError(Exception):
    """The daemon cannot be started; the message is one line for the user."""


def launcher() -> List[str]:
    """The command that starts ``millrace``: in MILLRACE_HOME, in the checkout that this package lies in, from the wheel
    millrace-daemon, or on the PATH."""
    home = os.environ.get("MILLRACE_HOME")
    if home:
        found = Path(home) / "millrace"
        if not found.is_file():
            raise RunError(f"there is no file millrace in MILLRACE_HOME ({home})")
        return [str(found)]
    for folder in Path(__file__).resolve().parents:
        if (folder / "millrace").is_file() and (folder / "multilang").is_dir():
            return [str(folder / "millrace")]
    packed = _wheel()
    if packed:
        return packed
    on_path = shutil.which("millrace")
    if on_path:
        return [on_path]
    raise RunError(
        "Millrace is not found: install the wheel millrace-daemon, set MILLRACE_HOME to the folder that has its launcher,"
        " or put that on the PATH"
    )


def _wheel() -> Optional[List[str]]:
    """The command of the jars of millrace-daemon, with the flags of the launcher; none if that is not installed."""
    try:
        import millrace_daemon  # type: ignore[import-not-found]
    except ImportError:
        return None
    java = _java()
    version = _version(java)
    if version < _LEAST_JAVA:
        raise RunError(f"Java {_LEAST_JAVA} or newer is needed, and {java} is {version or 'none'}: set JAVA_HOME to a newer one")
    flags = ["-Xshare:auto", "-XX:+UseSerialGC", "-Xss512k", "-XX:MetaspaceSize=96m", "-XX:TieredStopAtLevel=1"]
    flags.append("-Dio.netty.leakDetection.level=disabled")
    if version >= 22:
        flags.append("--enable-native-access=ALL-UNNAMED")
    if version >= 24:
        flags.append("--sun-misc-unsafe-memory-access=allow")
    flags += os.environ.get("MILLRACE_JAVA_OPTS", "").split()
    jars = os.pathsep.join(str(jar) for jar in millrace_daemon.jars())
    return [java, *flags, "-cp", jars, "io.millrace.cli.Millrace"]


def _version(java: str) -> int:
    """The feature version of a program, such as 17; 0 if it is no Java."""
    try:
        told = subprocess.run([java, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r' version "(?:1\.)?(\d+)', told.stdout.decode("utf-8", "replace"))
    return int(found.group(1)) if found else 0


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").is_file():
        raise RunError(f"JAVA_HOME ({home}) has no bin/java; set it to a JDK 17 or newer")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found:
        raise RunError("Java is not found: install a JDK 17 or newer, or set JAVA_HOME")
    return found


def check_java() -> None:
    """Fails where the launcher would find no Java."""
    _java()


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
        # As the launcher tells it.
        terminals = "".join(str(number) for number in (1, 2) if os.isatty(number))
        daemon = subprocess.Popen(
            [*command, "daemon", str(settings), *arguments], env=dict(os.environ, MILLRACE_TTY=terminals)
        )
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
