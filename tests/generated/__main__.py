"""``python -m tests.generated`` writes the golden trees in tests/golden."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from tests.generated.golden import GOLDEN, rewrite

if __name__ == "__main__":
    rewrite()
    print(f"wrote {len(list(GOLDEN.iterdir()))} trees to {GOLDEN.relative_to(Path.cwd())}")
