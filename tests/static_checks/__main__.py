"""``python -m tests.static_checks`` writes docs/static-checks.md."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from tests.static_checks.checkers import check_everything
from tests.static_checks.page import page

PAGE = Path(__file__).parents[2] / "docs" / "static-checks.md"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        checked = check_everything(Path(directory))
    PAGE.write_text(page(checked), "utf-8")
    open_findings = [item for item in checked.findings if item.reason is None]
    for finding in open_findings:
        print(finding.example, finding.rule, finding.place)
    sys.exit(1 if open_findings else 0)
