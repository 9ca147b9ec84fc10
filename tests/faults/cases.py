"""Each task state of each machine, each way in which its call can fail, and what comes of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.recorder import Entry, Run
from tests.faults.whole_runs import Whole, whole_runs
from tests.faults.world import Ended, World

from groundplan.stacks.rehearsal.asl.graph import inner_machines
from groundplan.stacks.rehearsal.emulator import Faults
from groundplan.stacks.rehearsal.emulator.faults import CallFault

FOR_EVER = 400
FAULTS: dict[str, list[CallFault]] = {
    "throttled": ["throttled"],
    "refused": ["refused"] * FOR_EVER,
    "no answer": ["never_answers"] * FOR_EVER,
    "answer lost": ["answer_lost"],
    "no capacity": ["no_capacity"] * FOR_EVER,
}
"""Column of the table -> how the state's next calls fail."""
NEW = ("create", "put", "register", "start", "submit")
"""Calls that make something of a name of its own: a case of them is an execution of its own."""
ABOUT = ("delete", "deregister", "describe", "get", "list")
"""Calls about what an earlier state of their step has made."""
CHANGES = ("continueUpdateRollback", "create", "submit", "updateStack")
CAPACITY = (
    "createTrainingJob",
    "createProcessingJob",
    "createTransformJob",
    "createHyper",
    "submitJob",
)
TELLING = ("sns:publish", "events:putEvents")


@dataclass(frozen=True, order=True)
class Task:
    """A task state; ``outer`` is the Map state that it is within, if it is."""

    machine: str
    state: str
    call: str
    outer: str = ""


@dataclass(frozen=True)
class Outcome:
    """What comes of a fault."""

    task: Task
    fault: str
    text: str
    problem: str = ""
    """What must not be: a failure that nobody is told of, a lock that stays, a job that runs on."""

    @property
    def purpose(self) -> str:
        """What the state's machine is for."""
        return PURPOSES[self.task.machine]


@dataclass(frozen=True)
class Place:
    """Where a case begins, and where it is back on its run's way.

    Attributes:
        entry: The state with which it begins: the case's own, or that which makes what it is about.
        later: States that the run entered after the case's.
        rank: Whether the run's own call succeeded, and whether it held a lock; the best is kept.
        faults: What else has to fail so that the case's state is entered at all.
    """

    entry: Entry
    later: frozenset[str]
    rank: tuple[bool, bool]
    faults: Mapping[str, Sequence[CallFault]]


def tasks_of(machine: str, definition: Mapping[str, Any], outer: str = "") -> Iterator[Task]:
    """The task states of a machine, those within Map states too."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield Task(machine, name, state["Resource"].split(":states:::")[1], outer)
        for inner in inner_machines(state):
            yield from tasks_of(machine, inner, outer or name)


class Cases:
    """Tries every case, beginning on whole runs and on what other cases led to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.definitions = {
            name: json.loads(plan.definition) for name, plan in world.machines.items()
        }
        self.places: dict[tuple[str, str], Place] = {}
        self.outcomes: list[Outcome] = []

    def learn(
        self,
        whole: Whole,
        beyond: frozenset[str] = frozenset(),
        origin: Entry | None = None,
        faults: Mapping[str, Sequence[CallFault]] | None = None,
    ) -> None:
        """Note each state of a run as a place where cases can begin.

        Args:
            whole: A machine and its run.
            beyond: States that follow its last one on the way that it is back on.
            origin: Where cases of its states must begin. Default: at the state, or at what makes a
                job or a model for it.
            faults: With what they must begin. Default: none.
        """
        machine, run = whole
        states = self.definitions[machine]["States"]
        path = run.path
        for index, entry in enumerate(run.entries):
            inner = inner_machines(states[entry.state])
            names = {entry.state, *(name for item in inner for name in item["States"])}
            end = run.entries[index + 1].calls if index + 1 < len(run.entries) else None
            errors = [error for state, error in run.calls[entry.calls : end] if state in names]
            place = Place(
                origin or self._maker(machine, run.entries[: index + 1]),
                frozenset(path[index + 1 :]) - {entry.state} | beyond,
                ("" in errors or bool(inner), bool(entry.world and entry.world[1])),
                faults or {},
            )
            known = self.places.get((machine, entry.state))
            if known is None or place.rank > known.rank:
                self.places[machine, entry.state] = place

    def _maker(self, machine: str, entries: Sequence[Entry]) -> Entry:
        """The entry of the state that made, or listed, what the last one of the step is about."""
        *before, last = entries
        states = self.definitions[machine]["States"]
        call = _call(states[last.state])
        waits = call.endswith(".sync")
        if states[last.state]["Type"] == "Map":
            making: tuple[str, ...] = ("list",)
        elif waits or call.startswith(ABOUT):
            making = ("create", "register")
        else:
            return last
        for entry in reversed(before):
            made = _call(states[entry.state])
            if entry.state.split()[0] != last.state.split()[0]:
                break
            # a job that is waited for is over by then, which matters to those who read its report
            over = made.endswith(".sync") and not call.startswith("get")
            if made.startswith(making) and not over:
                return entry
        return last

    def try_all(self, machine: str, tasks: Sequence[Task]) -> list[Task]:
        """Try every fault on every state, until no further state is reached; the rest."""
        left = list(tasks)
        while True:
            ready = [task for task in left if (machine, task.outer or task.state) in self.places]
            if not ready:
                return left
            for task in ready:
                left.remove(task)
                for fault in FAULTS:
                    if fault != "no capacity" or task.call.split(":")[-1].startswith(CAPACITY):
                        self.outcomes.append(self._try(task, fault))

    def _try(self, task: Task, fault: str) -> Outcome:
        world = self.world
        own = task.outer or task.state
        place = self.places[task.machine, own]
        name = f"case-{next(world.numbers)}"
        begins = self.definitions[task.machine]["States"][place.entry.state]
        same = not _call(begins).startswith(NEW)
        holder = place.entry.execution if same else world.holder(task.machine, name)
        entry = place.entry
        if entry.world is not None:
            entry = _renamed(entry, world.restore(entry.world, holder))
        else:
            world.free()
        before = len(world.emulator.jobs())
        # what a change that was never made leads to shows only at the end
        changing = task.call.split(":")[-1].startswith(CHANGES) or bool(task.outer)
        for_good = fault not in ("throttled", "answer lost") or ".sync" in task.call
        # and a model that is made for a job must not be there when the next case makes it
        temporary = task.state.startswith("Score ")
        until = frozenset() if temporary or (changing and for_good) else place.later
        if task.outer:
            world.litter()
        faults = {**place.faults, task.state: FAULTS[fault]}
        calls = {state: list(items) for state, items in faults.items()}
        world.emulator.faults = Faults(calls=calls)
        run, ended = world.run(
            task.machine,
            {"model": "live"},
            begin=entry,
            until=until,
            after=own,
            same=same,
            name=name,
        )
        used = len(FAULTS[fault]) - len(calls[task.state])
        world.emulator.faults = Faults()
        self.learn((task.machine, run), until if run.joined else frozenset(), place.entry, faults)
        if used == 0:
            return Outcome(task, fault, "not called", "the state was not called")
        problem = "" if run.joined else self._problem(task, run, ended, before, holder)
        text = self._text(task, run, ended)
        if run.joined is None and ended.status == "FAILED" and self._running(before):
            text += ", the job runs on"
        return Outcome(task, fault, text, problem)

    def _running(self, before: int) -> list[str]:
        """Jobs that a case has left running."""
        jobs = self.world.emulator.jobs()[before:]
        return [job.name for job in jobs if job.status == "InProgress"]

    def _text(self, task: Task, run: Run, ended: Ended) -> str:
        errors = [error for state, error in run.calls if state == task.state]
        if run.joined is None and ended.status == "FAILED":
            return f"{ended.error}: {', '.join(self._handled(task, run))}"
        if run.joined is None and ended.status != "SUCCEEDED":
            return ended.status
        if not errors[-1] or (errors.count("") and ".sync" not in task.call):
            return "retried"
        state = self._state(task)
        over = state.get("Next") == state["Catch"][-1]["Next"]
        return "passed over" if over else "caught, goes on"

    def _state(self, task: Task) -> Any:
        machine = self.definitions[task.machine]
        if not task.outer:
            return machine["States"][task.state]
        [inner] = inner_machines(machine["States"][task.outer])
        return inner["States"][task.state]

    def _handled(self, task: Task, run: Run) -> list[str]:
        """What was done about a failure."""
        done = {state for state, error in run.calls if not error}
        states = self.definitions[task.machine]["States"]
        resources = {name: states[name].get("Resource", "") for name in done & states.keys()}
        said = []
        if any("cloudformation:updateStack" in item for item in resources.values()):
            said.append("rolled back")
        if any("dynamodb:deleteItem" in item for item in resources.values()):
            said.append("unlocked")
        if any(item.endswith(TELLING) for item in resources.values()):
            said.append("told")
        return said or ["nothing done"]

    def _problem(self, task: Task, run: Run, ended: Ended, before: int, holder: str) -> str:
        world = self.world
        if ended.status == "SUCCEEDED":
            return ""
        if ended.status != "FAILED":
            return f"it ended {ended.status}"
        handled = self._handled(task, run)
        telling = task.call.endswith(TELLING)
        if "told" not in handled and not telling:
            return "nobody is told"
        kept = [lock for lock, owner in world.locks().items() if owner == holder]
        if kept and not task.call.endswith("dynamodb:deleteItem") and task.machine != "live-drift":
            return f"it keeps the lock {kept[0]}"
        running = self._running(before)
        if running and not _call(self._state(task)).startswith(("describe", "list")):
            return f"{running[0]} runs on"
        return ""


def _call(state: Mapping[str, Any]) -> str:
    """What a state calls, without its service."""
    return str(state.get("Resource", "")).split(":")[-1]


def _renamed(entry: Entry, names: Mapping[str, str]) -> Entry:
    """With the names of today of what has been made again since."""
    text = json.dumps([entry.variables, entry.input])
    for old, new in names.items():
        text = text.replace(old, new)
    variables, given = json.loads(text)
    return replace(entry, variables=variables, input=given)


PURPOSES = {
    "live-training": "training",
    "tuned-training": "tuning",
    "thrifty-training": "released",
    "release": "release",
    "tuned-scoring": "scoring",
    "thrifty-scoring": "batch",
    "live-monitoring": "monitoring",
    "live-drift": "drift",
    "live-arrival": "arrival",
}
"""Machines that are tried, in this order -> what they are for; the others repeat their states."""


def try_everything(world: World) -> tuple[list[Outcome], list[Task]]:
    """Every outcome, and the states that no execution has got to."""
    cases = Cases(world)
    for whole in whole_runs(world):
        cases.learn(whole)
    untried: list[Task] = []
    seen: set[tuple[str, str]] = set()
    for machine in PURPOSES:
        tasks = list(tasks_of(machine, cases.definitions[machine]))
        new = [task for task in tasks if (task.state, task.call) not in seen]
        seen |= {(task.state, task.call) for task in new}
        untried += cases.try_all(machine, new)
    order = {
        (task.machine, task.state, task.outer): index
        for machine in PURPOSES
        for index, task in enumerate(tasks_of(machine, cases.definitions[machine]))
    }
    purposes = list(PURPOSES)
    cases.outcomes.sort(
        key=lambda item: (
            purposes.index(item.task.machine),
            order[item.task.machine, item.task.state, item.task.outer],
        )
    )
    return cases.outcomes, untried
