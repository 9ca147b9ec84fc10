"""The diagrams of a page. Without Graphviz there are none, and the tables say the same."""

from dataclasses import dataclass

from markupsafe import Markup

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.report import accounts, flow
from groundplan.blueprints.report.content import Content
from groundplan.pipelines import Pipeline
from groundplan.pipelines.drawing import drawn, graphviz, inline_svg, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A pipeline, for a reader."""

    name: str
    """Name of its state machine."""

    stage: str
    """Environment that runs it."""

    picture: Markup | None
    """Its graph."""

    steps: tuple[tuple[str, str, str], ...]
    """Step, what it is, and the steps that it comes after."""

    after_failure: tuple[tuple[str, str], ...]
    """Steps that run when one has failed, in their order."""


def of_accounts(found: tuple[accounts.Account, ...]) -> tuple[Markup, ...]:
    """Return a picture of each account and its stacks, so that a narrow page can put them in a column."""
    if graphviz() is None:
        return ()
    return tuple(
        Markup(
            drawn(
                accounts.dot(account),
                name=f"account-{account.id}",
                title=f"{', '.join(account.stages)}: account {account.id}",
                described=accounts.described(account),
            )
        )
        for account in found
    )


def of_flows(content: Content, found: tuple[flow.Flow, ...]) -> Markup | None:
    """Return the picture of what goes where."""
    if graphviz() is None:
        return None
    by_stage = {stage.id: stage.place.account for stage in content.plan.stages}
    return Markup(
        drawn(
            flow.dot(found, by_stage),
            name="flow",
            title="How data and models travel between accounts",
            described="; ".join(f"{item.start} to {item.end}: {item.what}" for item in found),
        )
    )


def of_pipelines(content: Content) -> tuple[Drawn, ...]:
    """Return every pipeline, in the order of the plan."""
    stages = {
        machine.name: stage.id
        for stage in content.plan.stages
        for machine in every(stage, PipelinePlan)
    }
    return tuple(_pipeline(item, stages.get(item.name, "")) for item in content.pipelines)


def _pipeline(pipeline: Pipeline, stage: str) -> Drawn:
    before: dict[str, list[str]] = {}
    for start, end in pipeline.edges():
        before.setdefault(end, []).append(start)
    return Drawn(
        name=pipeline.name,
        stage=stage,
        picture=Markup(inline_svg(pipeline)) if graphviz() is not None else None,
        steps=tuple(
            (*label(step), ", ".join(item.replace("_", " ") for item in before.get(step.id, ())))
            for step in pipeline.order()
        ),
        after_failure=tuple(label(step) for step in pipeline.on_failure),
    )
