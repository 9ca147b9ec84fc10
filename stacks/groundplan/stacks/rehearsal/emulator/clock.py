"""The time of the emulator: waiting moves it forward instead of taking real time."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall clock plus everything that was waited for so far."""

    def __init__(self) -> None:
        """Start at the wall clock."""
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The emulated time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def millis(self) -> int:
        """The emulated time in milliseconds since 1970."""
        return int(self.now().timestamp() * 1000)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once; a negative number passes nothing."""
        with self._lock:
            self._ahead += timedelta(seconds=max(0.0, seconds))


CLOCK = Clock()
"""The one clock of the process, as moto's state is one per process."""
