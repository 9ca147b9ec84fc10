"""``python -m tests.faults`` writes docs/faults.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from tests.faults.cases import try_everything
from tests.faults.page import page
from tests.faults.world import deployed

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

if __name__ == "__main__":
    with deployed() as world:
        outcomes, untried = try_everything(world)
    problems = [
        f"{item.task.state}: {item.fault}: {item.problem}" for item in outcomes if item.problem
    ]
    problems += [f"{task.machine}: {task.state}: no execution gets there" for task in untried]
    if problems:
        sys.exit("\n".join(problems))
    PAGE.write_text(page(outcomes), "utf-8")
