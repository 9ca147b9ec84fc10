"""What is wrong with a definition."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One finding; ``state`` is empty where it is about the whole."""

    state: str
    text: str

    def __str__(self) -> str:
        """As a line of a report."""
        return f"{self.state}: {self.text}" if self.state else self.text
