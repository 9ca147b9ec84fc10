"""The table of docs/faults.md."""

from collections.abc import Sequence
from itertools import groupby

from tests.faults.cases import FAULTS, Outcome

TITLES = {
    "training": "Training",
    "tuning": "Training with tuning",
    "released": "Training on released data",
    "release": "Release",
    "scoring": "Batch scoring with batch transform",
    "batch": "Batch scoring on AWS Batch",
    "monitoring": "Monitoring",
    "drift": "Reaction to drift",
    "arrival": "Arrival of data",
}
HEAD = """# What happens when a call fails

Each task state of each standard pipeline, and what comes of a fault of its call. The table is made
from executions on the emulator: `python -m tests.faults` writes it, and a test compares it.

| column | fault |
|---|---|
| throttled | the service refuses the call once for want of rate |
| refused | the service refuses the call for good, with a validation error |
| no answer | the call is never made, and the state's time is over, each time |
| answer lost | the call is made, and its answer comes too late, once |
| no capacity | the service has no capacity for the job, for good |

"retried": the state repeats the call and goes on. "caught": the state goes on by another way, such
as the next instance type, or a look at what has become of the call. "passed over": the step is done
without, since its failure must not undo or hide what others did. Anything else is the error that the
execution ends with, and what was done about it before: "rolled back" the endpoint serves what it
served before, "unlocked" the next release may begin, "told" people and the event bus know.

A state of the same name and call in another machine behaves in the same way and has no row of its
own.
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    parts = [HEAD]
    for purpose, group in groupby(outcomes, key=lambda item: item.purpose):
        rows = [f"\n## {TITLES[purpose]}\n\n", f"| state | call | {' | '.join(FAULTS)} |\n"]
        rows.append(f"|---|---|{'---|' * len(FAULTS)}\n")
        for task, cells in groupby(group, key=lambda item: item.task):
            found = {item.fault: item.text for item in cells}
            texts = [found.get(fault, "") for fault in FAULTS]
            call = task.call.removeprefix("aws-sdk:")
            rows.append(f"| {task.state} | `{call}` | {' | '.join(texts)} |\n")
        parts.append("".join(rows))
    return "".join(parts)
