"""How data and models travel between accounts, read from the plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from groundplan.blueprints.plan.context import Context, training_image
from groundplan.blueprints.plan.release_events import release_chain, told_by_registry
from groundplan.blueprints.plan.stacks import (
    MonitoringStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StagePlan,
    TrainingStackPlan,
    TriggersStackPlan,
)
from groundplan.blueprints.report.content import Content
from groundplan.blueprints.spec import ApprovalSpec, BatchServing, EnvironmentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Something that holds data, or works on it."""

    what: str
    """What it is, such as ``training``."""

    name: str
    """Name of the dataset, image or model; empty where one serves all."""

    stage: str
    """Tooling, data or environment; empty outside the project."""

    family: str
    """What the picture colours it as."""

    def __str__(self) -> str:
        """What a reader calls it."""
        of = f" {self.name}" if self.name else ""
        return f"{self.what}{of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What goes from one node to another."""

    start: Node
    end: Node
    what: str
    """What goes, for the table."""

    short: str
    """What the picture says of it."""

    back: bool = False
    """Whether it leads back to where a model begins, so that the picture keeps its direction."""


def flows(content: Content) -> tuple[Flow, ...]:
    """Return what goes where, in the order in which a model lives."""
    return tuple(_Flows(content).all())


class _Flows:
    """Reads the flows from a plan."""

    def __init__(self, content: Content) -> None:
        self.spec, self.plan = content.spec, content.plan
        self.context = Context(content.spec, engine=content.plan.engine)
        self.models = {model.name: model for model in content.spec.models}

    def all(self) -> Iterator[Flow]:
        for dataset in self.spec.datasets:
            for writer in dataset.writers:
                name = writer.rpartition("/")[2]
                yield Flow(
                    start=_node("writer", name, "", "outside"),
                    end=self._dataset(dataset.name),
                    what="files of data",
                    short="writes",
                )
        for stage in self.plan.stages:
            yield from self._training(stage)
        yield from self._releases()
        for stage in self.plan.stages:
            yield from self._serving(stage)
        for stage in self.plan.stages:
            yield from self._scoring(stage)

    def _dataset(self, name: str) -> Node:
        dataset = next(item for item in self.spec.datasets if item.name == name)
        return _node("dataset", name, self.context.data_scope(dataset), "store")

    def _training(self, stage: StagePlan) -> Iterator[Flow]:
        arrivals = {
            arrival.model
            for stack in stage.stacks
            if isinstance(stack, TriggersStackPlan)
            for arrival in stack.arrivals
        }
        for stack in stage.stacks:
            if not isinstance(stack, TrainingStackPlan):
                continue
            for item in stack.models:
                model = self.models[item.model]
                training = _node("training", model.name, stage.id, "work")
                starts = item.model in arrivals
                yield Flow(
                    start=self._dataset(model.training.dataset),
                    end=training,
                    what="training data" + ("; new data starts a run" if starts else ""),
                    short="starts it" if starts else "is read",
                )
                image = _node("image", training_image(model), "tooling", "store")
                yield Flow(start=image, end=training, what="the newest image", short="runs in")
                yield Flow(
                    start=training,
                    end=_registry(model.name),
                    what="versions that passed every gate",
                    short="registers",
                )

    def _releases(self) -> Iterator[Flow]:
        told = {item.name for item in told_by_registry(self.context)}
        chain = release_chain(self.context)
        for environment in self.spec.environments:
            if environment.name in told:
                for model in self.context.served():
                    yield Flow(
                        start=_registry(model.name),
                        end=_release(environment.name),
                        what=f"news of an approved version{self._approved(environment)}",
                        short="approved",
                    )
        for before, after in pairwise(chain):
            yield Flow(
                start=_release(before.name),
                end=_release(after.name),
                what=f"news of a release that is proved to serve{self._approved(after)}",
                short="released",
            )

    def _approved(self, environment: EnvironmentSpec) -> str:
        approvals = self.spec.pipelines.approvals
        approval = {"staging": approvals.staging, "production": approvals.production}.get(
            environment.stage
        )
        if not isinstance(approval, ApprovalSpec) or not approval.approver_roles:
            return ""
        names = ", ".join(arn.rpartition("/")[2] for arn in approval.approver_roles)
        return f"; waits for {names} to approve"

    def _serving(self, stage: StagePlan) -> Iterator[Flow]:
        watched = {
            item.model: item
            for stack in stage.stacks
            if isinstance(stack, MonitoringStackPlan)
            for item in stack.models
        }
        for stack in stage.stacks:
            if not isinstance(stack, ServingStackPlan):
                continue
            name, percent = stack.endpoint.model, stack.endpoint.capture_percent
            endpoint = _node("endpoint", name, stage.id, "serve")
            yield Flow(
                start=_release(stage.id), end=endpoint, what="the version to serve", short="deploys"
            )
            if not percent:
                continue
            captured = _node("captured requests", name, stage.id, "store")
            yield Flow(
                start=endpoint,
                end=captured,
                what=f"{percent} % of requests and answers",
                short=f"{percent} %",
            )
            if name not in watched:
                continue
            monitoring = _node("monitoring", name, stage.id, "watch")
            yield Flow(
                start=captured,
                end=monitoring,
                what="requests since the run before",
                short="is read",
            )
            spec = self.models[name].monitoring
            if spec is not None and spec.labels is not None:
                yield Flow(
                    start=self._dataset(spec.labels.dataset),
                    end=monitoring,
                    what="labels, once they are known",
                    short="labels",
                )
            alarms = _node("alarms", "", stage.id, "watch")
            yield Flow(
                start=monitoring, end=alarms, what="drift and quality as metrics", short="drift"
            )
            if watched[name].reaction is not None:
                trains = self.spec.training_environment.name
                yield Flow(
                    start=alarms,
                    end=_node("training", name, trains, "work"),
                    what="a new training after drift",
                    short="retrains",
                    back=True,
                )

    def _scoring(self, stage: StagePlan) -> Iterator[Flow]:
        for stack in stage.stacks:
            if not isinstance(stack, ScoringStackPlan):
                continue
            for item in stack.models:
                scoring = _node("batch scoring", item.model, stage.id, "work")
                serving = self.models[item.model].serving
                if isinstance(serving, BatchServing):
                    yield Flow(
                        start=self._dataset(serving.dataset),
                        end=scoring,
                        what="the files to score",
                        short="is read",
                    )
                yield Flow(
                    start=_registry(item.model),
                    end=scoring,
                    what="the newest approved version",
                    short="approved",
                )
                yield Flow(
                    start=scoring,
                    end=_node("predictions", item.model, stage.id, "store"),
                    what="predictions, with the versions of model and data",
                    short="writes",
                )


def dot(found: tuple[Flow, ...], accounts: dict[str, str]) -> str:
    """Return the flows in Graphviz's language, a box an account.

    Args:
        found: The flows.
        accounts: Account by stage.
    """
    nodes = list(dict.fromkeys(node for flow in found for node in (flow.start, flow.end)))
    names = {node: f"n{number}" for number, node in enumerate(nodes)}
    lines = [
        "digraph flow {",
        '  rankdir=LR; bgcolor="transparent"; ranksep=0.45; nodesep=0.22;',
        '  fontname="Helvetica"; fontsize=13;',
        '  node [shape=box style=rounded fontname="Helvetica" fontsize=12 margin="0.14,0.07"];',
        '  edge [fontname="Helvetica" fontsize=10];',
    ]
    by_account: dict[str, list[Node]] = {}
    for node in nodes:
        by_account.setdefault(accounts.get(node.stage, ""), []).append(node)
    for number, (account, members) in enumerate(by_account.items()):
        drawn = [
            f'[class="{node.family}" shape={_SHAPES.get(node.family, "box")} label="{_label(node)}"]'
            for node in members
        ]
        inside = [f"{names[node]} {text};" for node, text in zip(members, drawn, strict=True)]
        if not account:
            lines += [f"  {line}" for line in inside]
            continue
        stages = ", ".join(dict.fromkeys(node.stage for node in members))
        lines.append(f'  subgraph cluster_{number} {{ labeljust=l; label="{stages}: {account}";')
        lines += [f"    {line}" for line in inside]
        lines.append("  }")
    for flow in found:
        free = " constraint=false" if flow.back else ""
        lines.append(f'  {names[flow.start]} -> {names[flow.end]} [label=" {flow.short} "{free}];')
    return "\n".join([*lines, "}"]) + "\n"


_SHAPES = {"store": "cylinder", "outside": "plaintext"}


def _label(node: Node) -> str:
    return f"{node.what}\\n{node.name}" if node.name else node.what


def _node(what: str, name: str, stage: str, family: str) -> Node:
    return Node(what=what, name=name, stage=stage, family=family)


def _registry(model: str) -> Node:
    return _node("model registry", model, "tooling", "store")


def _release(environment: str) -> Node:
    return _node("release", "", environment, "work")
