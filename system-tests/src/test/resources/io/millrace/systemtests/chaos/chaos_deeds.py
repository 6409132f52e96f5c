"""Notes of a child of chaos, and the harm that it does to itself when it is asked to."""
import os
import signal
import socket
import stat
import time

_folder = os.environ["CHAOS_FOLDER"]
_daemon = os.environ["CHAOS_DAEMON"]
# Every line is one write at the end of the file, so those of many processes stand one behind the other.
_notes = os.open("%s/notes/%s" % (_folder, _daemon), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_pause = float(os.environ["CHAOS_PAUSE_SECONDS"])


class Life:
    """What a child does with one shard from its beginning, or from its last failure, on."""

    def __init__(self, shard):
        self.shard = shard
        self.begin()

    def begin(self):
        self.number = time.monotonic_ns()
        self.is_over = False
        self._note(self.number, "begun %d" % os.getpid())

    def process(self, records, way):
        """Notes records, pairs of key and number, and does what is asked for when half of them are noted."""
        at = time.monotonic_ns()
        deed = self._asked()
        half = len(records) // 2 if deed else len(records)
        self._batch(at, records[:half])
        if deed:
            self._note(time.monotonic_ns(), "does " + deed)
            try:
                _do(deed, way)
            except Exception:
                # The batch comes again to the same handler: asked for, or a socket that another thread has just closed.
                self.begin()
                raise
            self._batch(at, records[half:])

    def over(self, way):
        if not self.is_over:
            self.is_over = True
            self._note(time.monotonic_ns(), "over " + way)

    def _batch(self, at, records):
        if records:
            self._note(at, "batch 0 " + ",".join([key + ":" + number for key, number in records]))

    def _note(self, at, words):
        # The line feed before it ends what a killed process has left.
        os.write(_notes, ("\nchaos-note %d %s %d %s .\n" % (at, self.shard, self.number, words)).encode("ascii"))

    def _asked(self):
        file = "%s/deeds/%s" % (_folder, self.shard)
        try:
            with open(file, encoding="ascii") as text:
                deed = text.read()
            os.unlink(file)
            return deed
        except FileNotFoundError:
            return None


def _do(deed, way):
    """``way`` is the file to which messages go; None where that is a socket of the process."""
    if deed == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "EXIT":
        raise SystemExit(0)
    elif deed == "RAISE":
        raise ValueError("asked for")
    elif deed == "HANG":
        time.sleep(600)
    elif deed == "PAUSE":
        time.sleep(_pause)
    elif deed == "PRINT":
        os.write(1, b"\x00\xff\xfe no text\n[1, 2]\n{}\n{\"action\":4}\n no end")
    elif deed == "GARBAGE":
        os.write(_way(way), b"\n}garbage{\n")
    elif deed == "CUT":
        os.write(_way(way), b'\n{"action":"status","respon')
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "TEAR":
        os.write(_way(way), b'\n{"action":"status","respon')
    elif deed == "CLOSE_OUTPUT":
        os.close(1)
    elif deed == "CLOSE_WAY":
        if way is None:
            socket.socket(fileno=os.dup(_way(way))).shutdown(socket.SHUT_WR)
        else:
            os.close(way)
    else:
        raise AssertionError(deed)


def _way(way):
    if way is not None:
        return way
    sockets = [number for number in map(int, os.listdir("/proc/self/fd")) if _is_socket(number)]
    return max(sockets)


def _is_socket(number):
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False
