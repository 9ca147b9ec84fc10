"""``python -m tests.parity`` writes docs/parity.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from tests.parity.engines import example
from tests.parity.page import page
from tests_support import EXAMPLES

from groundplan.stacks.parity import explain

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    left = [change for name in EXAMPLES for change in explain(example(name).changes)[1]]
    for change in left:
        print(change)
    sys.exit(1 if left else 0)
