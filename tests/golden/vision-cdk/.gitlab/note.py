"""Writes the review as one note of a merge request, or changes the note that is there.

GitLab's own job token may not write notes, so this needs a project access token with the scope `api` and
the role Reporter in the variable GROUNDPLAN_NOTE_TOKEN, masked. Without it the job does not run, and the
review is an artifact that the merge request links to.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

MARK = "<!-- groundplan review -->"
PAGE_SIZE = 100


def call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    """Call GitLab's API and return what it answers."""
    request = urllib.request.Request(
        f"{os.environ['CI_API_V4_URL']}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "PRIVATE-TOKEN": os.environ["GROUNDPLAN_NOTE_TOKEN"],
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def written(notes: str) -> int | None:
    """Return the number of the note that is there."""
    page = 1
    while found := call("GET", f"{notes}?per_page={PAGE_SIZE}&page={page}"):
        for note in found:
            if note["body"].startswith(MARK):
                return int(note["id"])
        page += 1
    return None


def main() -> None:
    """Write the note."""
    project, request = os.environ["CI_PROJECT_ID"], os.environ["CI_MERGE_REQUEST_IID"]
    notes = f"projects/{project}/merge_requests/{request}/notes"
    body = {"body": Path(sys.argv[1]).read_text("utf-8")}
    try:
        number = written(notes)
        if number is None:
            call("POST", notes, body)
        else:
            call("PUT", f"{notes}/{number}", body)
    except urllib.error.HTTPError as exc:
        sys.exit(f"the note cannot be written, got {exc.code} {exc.reason}; is the token valid?")


if __name__ == "__main__":
    main()
