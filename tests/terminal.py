"""Somebody at a terminal."""

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

WAIT_SECONDS = 30
PAUSE_SECONDS = 0.1


class Terminal:
    """The command at a pseudo-terminal: waits for what it shows, types what is answered."""

    def __init__(self, *arguments: str | Path, directory: Path | None = None) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(directory or Path.cwd())
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parent may have it ignored
            command = [sys.executable, "-m", "groundplan.blueprints.cli", *map(str, arguments)]
            os.execv(sys.executable, command)
        self.shown = ""
        self._seen = 0

    def answer(self, expected: str, text: str) -> None:
        self._read(expected)
        time.sleep(PAUSE_SECONDS)  # a signal between the question and the wait for it would be late
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        self._read(None)
        _, status = os.waitpid(self._pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    def _read(self, expected: str | None) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while expected is None or expected not in self.shown[self._seen :]:
            assert time.monotonic() < end, f"no {expected!r} in:\n{self.shown}"
            if not select.select([self._terminal], [], [], 0.2)[0]:
                continue
            try:
                text = os.read(self._terminal, 65536)
            except OSError:
                text = b""  # Linux says so when the other side is closed
            if not text:
                assert expected is None, f"ended without {expected!r}:\n{self.shown}"
                return
            self.shown += text.decode().replace("\r", "")
        self._seen = len(self.shown)
