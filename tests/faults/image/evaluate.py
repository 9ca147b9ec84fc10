"""The error is always the same."""

from importlib import import_module
from pathlib import Path
from typing import Any


def evaluate(directory: Path, rows: list[dict[str, Any]]) -> dict[str, float]:
    return {"error": 0.5}


if __name__ == "__main__":
    import_module("job").run_evaluation(evaluate)
