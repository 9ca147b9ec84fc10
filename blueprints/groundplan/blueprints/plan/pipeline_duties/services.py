"""Duties of the steps that register, tell and publish."""

from groundplan.blueprints.plan.exceptions import JOBS, NO_NARROWER
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts, versions
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import EmitEvent, Notify, PublishMetrics, RegisterModel


def register(step: RegisterModel, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to create a version in a group, in no other state than the step's.

    Who registers would else approve: a version may be created as approved, or as in production.
    """
    return (
        Duty(
            id="RegisterModel",
            actions=("sagemaker:CreateModelPackage",),
            resources=versions(step.model_package_group_arn),
            reason="a model that passes its gates is registered",
            condition={
                "StringEquals": {
                    "sagemaker:ModelApprovalStatus": "Approved"
                    if step.approved
                    else "PendingManualApproval"
                },
                "Null": {"sagemaker:ModelLifeCycle:Stage": "true"},
            },
            wildcard=JOBS,
        ),
    )


def notify(step: Notify, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to publish to a topic."""
    return (
        Duty(
            id="Notify",
            actions=("sns:Publish",),
            resources=(step.topic_arn,),
            reason="people are told how a run ended",
        ),
        *facts.encrypt(step.topic_arn, "sns"),
    )


def emit_event(step: EmitEvent, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to put an event on a bus, of groundplan's own source only."""
    return (
        Duty(
            id="EmitEvents",
            actions=("events:PutEvents",),
            resources=(step.bus_arn,),
            reason="other pipelines start by what happened in this one",
            condition={"StringEquals": {"events:source": step.source}},
        ),
    )


def publish_metrics(step: PublishMetrics, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to publish metrics of one namespace."""
    return (
        Duty(
            id="PublishMetrics",
            actions=("cloudwatch:PutMetricData",),
            resources=("*",),
            reason="what a run measured becomes metrics",
            condition={"StringEquals": {"cloudwatch:namespace": step.namespace}},
            wildcard=NO_NARROWER,
        ),
    )
