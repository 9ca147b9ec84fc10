"""Reviews a change of the spec as CI does, and writes what it finds as one page of Markdown.

    python ci/review.py --base origin/main --out build/review.md

Everything runs offline, without credentials of AWS. Exit 0 when nothing stands against the change, else
1. What a change may do beyond the usual is said in the messages of its commits, where reviewers see it:

    Allow-Replace: data/data-state/CustomersBucket
    Allow-Increase: 250

The first accepts that a resource, and the data in it, is lost or left behind; the second that the project
costs up to so many USD a month more than --max-increase allows.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SPEC = "groundplan.yaml"
LONGEST = 60_000  # GitHub and GitLab refuse comments that are much longer
MARK = "<!-- groundplan review -->"  # by which CI finds its comment again
UNCHANGED = "nothing changes"


@dataclass(frozen=True)
class Answer:
    """What one check says."""

    title: str
    """What was checked."""

    fine: bool
    """Whether nothing stands against the change."""

    sentence: str
    """What was found, in one line."""

    text: str = ""
    """All of it, as the command writes it."""


def groundplan(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of groundplan that is installed beside this Python."""
    command = [sys.executable, "-m", "groundplan.blueprints.cli", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


def git(*arguments: str) -> str:
    """Return what git prints, or nothing where it fails."""
    command = ["git", *arguments]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def engine() -> str:
    """Return what deploys this repository."""
    lock = json.loads((ROOT / ".groundplan" / "lock.json").read_text("utf-8"))
    return str(lock["engine"])


def check_spec() -> Answer:
    """Check the spec itself."""
    done = groundplan("validate", SPEC)
    if done.returncode == 0:
        return Answer("Spec", True, "no mistake")
    return Answer("Spec", False, "has mistakes", done.stdout + done.stderr)


def check_claims() -> Answer:
    """Check what the project claims about its security."""
    done = groundplan("prove", SPEC, "--engine", engine(), "--format", "json")
    found = parsed(done)
    if found is None:
        return Answer("Proof", False, "could not be made", done.stderr)
    claims = found["claims"]
    failed = [claim for claim in claims if not claim["holds"]]
    lines = [
        f"{'holds' if claim['holds'] else 'FAILS':5}  {claim['id']:24} {claim['sentence']}"
        for claim in claims
    ]
    if failed:
        lines += ["", *done.stderr.splitlines()]
        names = ", ".join(claim["id"] for claim in failed)
        return Answer(
            "Proof", False, f"{len(failed)} of {len(claims)} claims fail: {names}", joined(lines)
        )
    facts = sum(claim["checked"] for claim in claims)
    return Answer("Proof", True, f"{len(claims)} claims hold, {facts:,} facts", joined(lines))


def check_cost() -> Answer:
    """Check the cost against the spec's budgets."""
    done = groundplan("cost", SPEC, "--format", "json")
    found = parsed(done)
    if found is None:
        return Answer("Cost", False, "could not be found", done.stderr)
    (project,) = found["projects"]
    lines = [
        f"{item['environment']:16} {item['account']}  {amount(item):>24} USD a month"
        for item in project["environments"]
    ]
    lines += ["", f"{'all':16} {'':12}  {amount(project):>24} USD a month"]
    if project["missing_prices"]:
        lines.append(
            "+ a lower bound: no price is known for " + ", ".join(project["missing_prices"])
        )
    budget = f"; the budget is {project['budget']}" if project["budget"] else ""
    sentence = f"{amount(project)} USD a month on demand{budget}"
    if done.returncode == 0:
        return Answer("Cost", True, sentence, joined(lines))
    lines += ["", *done.stderr.splitlines()]
    return Answer("Cost", False, f"{sentence}; a budget is exceeded", joined(lines))


def check_changes(base: str, max_increase: float | None) -> Answer:
    """Check what changes since ``base``: lost data, wider permissions, cost."""
    title = "Changes"
    if not base.strip("0"):  # GitHub and GitLab write zeros where there was no commit
        return Answer(title, True, "there is nothing to compare with: this is the first version")
    since = git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    if not since:
        return Answer(
            title, False, f"cannot be known: {base} is not here; fetch it: git fetch origin {base}"
        )
    if not git("ls-tree", since, "--", SPEC):
        return Answer(title, True, f"there was no {SPEC} before")
    replaced, increase = allowed(since)
    options = [item for name in replaced for item in ("--allow-replace", name)]
    if max_increase is not None:
        options += ["--max-increase", f"{max_increase + increase:g}"]
    with tempfile.TemporaryDirectory() as before:
        archive = Path(before, "before.tar")
        subprocess.run(["git", "archive", "--output", archive, since], cwd=ROOT, check=True)
        with tarfile.open(archive) as packed:
            packed.extractall(before, filter="data")
        old = str(Path(before, SPEC))
        done = groundplan("diff", old, SPEC, "--engine", engine(), *options)
        if done.returncode > 1:
            reason = joined(done.stderr.replace(f"{before}/", f"{since[:12]}:").splitlines())
            return Answer(title, False, "could not be compared", reason)
    text = joined([*done.stdout.splitlines(), "", *done.stderr.splitlines()])
    since = since[:12]
    if done.returncode == 1:
        text += "\n\nWhat is meant so is said in a commit's message: see ci/review.py."
        return Answer(title, False, f"refused; see what changes since {since}", text)
    if done.stdout.startswith(UNCHANGED):
        return Answer(title, True, f"{UNCHANGED} in what is deployed since {since}")
    summary = next((line for line in text.splitlines() if line.strip()), "").strip()
    return Answer(title, True, f"{summary} since {since}", text)


def allowed(since: str) -> tuple[list[str], float]:
    """Return what the commits since then allow: resources to be lost, and USD a month more."""
    names: list[str] = []
    increase = 0.0
    for key, take in (("Allow-Replace", names.append), ("Allow-Increase", None)):
        found = git("log", f"--format=%(trailers:key={key},valueonly)", f"{since}..HEAD")
        for value in filter(None, map(str.strip, found.splitlines())):
            if take is not None:
                take(value)
                continue
            try:
                increase += float(value)
            except ValueError:
                sys.exit(f"{key}: must be a number of USD a month, got {value!r}; mend the commit")
    return names, increase


def check_update() -> Answer:
    """Check that the repository is as groundplan renders it from the spec."""
    done = groundplan("update", ".", "--check")
    if done.returncode == 0:
        return Answer("Rendered files", True, "follow the spec")
    return Answer(
        "Rendered files",
        False,
        "do not follow the spec; run `make update` and commit what it changes",
        done.stdout + done.stderr,
    )


def parsed(done: subprocess.CompletedProcess[str]) -> dict[str, Any] | None:
    """Return the JSON that a command printed, or nothing where it could not answer."""
    if done.returncode > 1:
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def amount(item: dict[str, Any]) -> str:
    """Return an amount, with its upper bound where it has one and a sign where a price is missing."""
    low, high = item["usd_per_month"], item["usd_per_month_at_most"]
    return f"{low}{'' if low == high else f' to {high}'}{' +' if item['missing_prices'] else ''}"


def joined(lines: list[str]) -> str:
    """Return lines without the blanks that tables end with."""
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def page(answers: list[Answer]) -> str:
    """Return the answers as Markdown, short enough for a comment."""
    fine = all(answer.fine for answer in answers)
    verdict = "nothing stands against this change" if fine else "this change is refused"
    head = [MARK, f"### groundplan: {verdict}", "", "| | |", "|---|---|"]
    head += [
        f"| {'✅' if item.fine else '❌'} {item.title} | {item.sentence} |" for item in answers
    ]
    text = "\n".join(head) + "\n"
    for answer in answers:
        if not answer.text:
            continue
        fence = "`" * 3
        # a fence inside must not end this one
        inside = answer.text.strip("\n").replace(fence, "'''")
        opened = "" if answer.fine else " open"
        part = f"\n<details{opened}><summary>{answer.title}</summary>\n\n{fence}\n{inside}\n{fence}\n</details>\n"
        if len(text) + len(part) > LONGEST:
            part = f"\n{answer.title}: too long for a comment; see the job's log.\n"
        text += part
    return text


def main() -> int:
    """Review, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--base", default="", help="revision to compare with; none: no comparison")
    parser.add_argument("--max-increase", help="most USD a month that a change may add")
    parser.add_argument("--out", type=Path, help="file to write the page to")
    parser.add_argument(
        "--only-changes", action="store_true", help="compare, and check nothing else"
    )
    given = parser.parse_args()
    limit = float(given.max_increase) if given.max_increase else None
    checks: list[Callable[[], Answer]] = [lambda: check_changes(given.base, limit)]
    if not given.only_changes:
        checks = [check_spec, *checks, check_claims, check_cost, check_update]
    answers: list[Answer] = []
    for check in checks:
        answers.append(check())
        if check is check_spec and not answers[-1].fine:
            break  # nothing else can be said
    text = page(answers)
    print(text)
    if given.out is not None:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, encoding="utf-8")
    return 0 if all(answer.fine for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
