"""Refuses files that do not belong into git: keys, large files, marks of a merge.

python ci/files.py FILE...
"""

import re
import sys
from pathlib import Path

LARGEST = 1_000_000  # bytes; data belongs into the bucket of its dataset
SECRETS = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key of AWS": re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "a secret key of AWS": re.compile(
        rb"(?i)secret_?access_?key[\"']?\s*[:=]\s*[\"']?[a-z0-9/+]{40}(?![a-z0-9/+=])"
    ),
    "a token of GitHub": re.compile(rb"gh[pousr]_[A-Za-z0-9]{36}"),
    "a token of GitLab": re.compile(rb"glpat-[A-Za-z0-9_-]{20}"),
}
MERGE = re.compile(rb"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)


def problems(path: Path) -> list[str]:
    """Return what is wrong with a file."""
    content = path.read_bytes()
    found = [
        f"holds {what}; revoke it, then take it out"
        for what, form in SECRETS.items()
        if form.search(content)
    ]
    if len(content) > LARGEST and path.parts[:1] != (".groundplan",):
        found.append(f"has {len(content):,} bytes; data belongs into the bucket of its dataset")
    if MERGE.search(content):
        found.append("holds marks of a merge; decide, and take them out")
    return found


def main() -> int:
    """Look at the files that are named."""
    found = [f"{name}: {text}" for name in sys.argv[1:] for text in problems(Path(name))]
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
