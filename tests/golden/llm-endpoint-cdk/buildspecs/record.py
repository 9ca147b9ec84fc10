"""Writes the spec and the files that it names into a zip file: what a later change is compared with.

python buildspecs/record.py build/spec.zip
"""

import sys
import zipfile
from pathlib import Path

from groundplan.blueprints.spec import load_spec

SPEC = Path("groundplan.yaml")


def main() -> None:
    """Write the file that is named on the command line."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (SPEC.name, *sorted(load_spec(SPEC).files)):
            archive.write(name)


if __name__ == "__main__":
    main()
