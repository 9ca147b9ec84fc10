"""Duties of the steps that release: locks, approvals, the serving stack, proof, tidying up."""

from groundplan.blueprints.plan.deployment_policies.serving import ENDPOINT_TAG
from groundplan.blueprints.plan.exceptions import (
    BY_CONDITION,
    JOBS,
    NO_NARROWER,
    OBJECTS,
    STACK_RESOURCES,
)
from groundplan.blueprints.plan.pipeline_duties.data import read_registered
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.pipeline_duties.locations import known_part
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import (
    AcquireLock,
    Approval,
    Bake,
    CollectGarbage,
    DeployVersion,
    ReadEndpoint,
    ReleaseLock,
    RepairStack,
    SkewTest,
)
from groundplan.pipelines.values import Text

CASES = "evaluations/"
"""Where the artefact bucket keeps evaluations, stored cases among them."""


def approval(step: Approval, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to look whether a version is approved, and by whom."""
    group = known_part(step.model_package_group_arn)
    return (read_registered((group,) if group else facts.registries),)


def acquire_lock(step: AcquireLock, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to take a lock."""
    return _lock(step.table_name, "TakeLocks", "dynamodb:PutItem", facts)


def release_lock(step: ReleaseLock, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to give a lock back."""
    return _lock(step.table_name, "GiveLocksBack", "dynamodb:DeleteItem", facts)


def _lock(table: str, duty_id: str, action: str, facts: PipelineFacts) -> tuple[Duty, ...]:
    arn = facts.place.arn("dynamodb", f"table/{table}")
    return (
        Duty(
            id=duty_id,
            actions=(action,),
            resources=(arn,),
            reason="executions that must not run together exclude each other by a lock",
        ),
        *facts.encrypt(arn, "dynamodb"),
    )


def repair_stack(step: RepairStack, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to look at a stack and to continue its rollback."""
    return (
        _see_stack(step.stack_name, facts),
        Duty(
            id="RepairStacks",
            actions=("cloudformation:ContinueUpdateRollback",),
            resources=(_stack(step.stack_name, facts),),
            reason="a stack that is stuck in a failed rollback is freed before a release",
            wildcard=STACK_RESOURCES,
        ),
    )


def deploy_version(step: DeployVersion, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to update a serving stack, and to see what is served then.

    CloudFormation deploys with the stack's own role, which the caller need not pass.
    """
    return (
        _see_stack(step.stack_name, facts),
        Duty(
            id="UpdateStacks",
            actions=("cloudformation:UpdateStack",),
            resources=(_stack(step.stack_name, facts),),
            reason="a release is an update of the serving stack's parameters",
            wildcard=STACK_RESOURCES,
        ),
        *see_endpoint(step.endpoint_name, step.inference_component, facts),
    )


def read_endpoint(step: ReadEndpoint, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to see what an endpoint serves."""
    return see_endpoint(step.endpoint_name, step.inference_component, facts)


def skew_test(step: SkewTest, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to read stored cases and to send them to an endpoint."""
    return (
        Duty(
            id="ReadCases",
            actions=("s3:GetObject",),
            resources=tuple(
                facts.place.bucket_arn(step.cases_bucket, f"{CASES}{model}/*")
                for model in facts.models
            ),
            reason="stored cases say how the trained model answered",
            wildcard=OBJECTS,
        ),
        *facts.decrypt(facts.bucket(step.cases_bucket), "s3"),
        Duty(
            id="InvokeEndpoints",
            actions=("sagemaker:InvokeEndpoint",),
            resources=(
                facts.sagemaker("endpoint", known_part(step.endpoint_name)),
                *_components(step.inference_component, facts),
            ),
            reason="the endpoint must answer the stored cases as the trained model did",
        ),
    )


def bake(step: Bake, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to look at alarms; none where there are no alarms."""
    names = [item for item in known_part(step.alarm_names).split(",") if item]
    if not names:
        return ()
    return (
        Duty(
            id="WatchAlarms",
            actions=("cloudwatch:DescribeAlarms",),
            resources=tuple(facts.place.arn("cloudwatch", f"alarm:{item}") for item in names),
            reason="an alarm in the time after a release takes it back",
        ),
    )


def collect_garbage(step: CollectGarbage, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to find the models and configs of an endpoint and to delete old ones."""
    made = (facts.sagemaker("endpoint-config", "*"), facts.sagemaker("model", "*"))
    return (
        Duty(
            id="ListServed",
            actions=("sagemaker:ListEndpointConfigs", "sagemaker:ListModels"),
            resources=("*",),
            reason="what releases have left is found by listing",
            wildcard=NO_NARROWER,
        ),
        Duty(
            id="ReadTags",
            actions=("sagemaker:ListTags",),
            resources=made,
            reason="the endpoint's tag tells whose a model or config is",
            wildcard=JOBS,
        ),
        *see_endpoint(step.endpoint_name, step.inference_component, facts),
        Duty(
            id="CollectGarbage",
            actions=("sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel"),
            resources=made,
            reason="models and configs that are no longer served are removed",
            condition=owned(step.endpoint_name),
            wildcard=BY_CONDITION,
        ),
    )


def _stack(name: Text, facts: PipelineFacts) -> str:
    """Return the pattern of a stack's ARN: its id ends with what AWS makes up."""
    return facts.place.arn("cloudformation", f"stack/{known_part(name)}/*")


def _see_stack(name: Text, facts: PipelineFacts) -> Duty:
    return Duty(
        id="SeeStacks",
        actions=("cloudformation:DescribeStacks",),
        resources=(_stack(name, facts),),
        reason="a stack's status says whether it can be updated, and how an update ended",
        wildcard=STACK_RESOURCES,
    )


def _components(name: Text, facts: PipelineFacts) -> tuple[str, ...]:
    """Return the ARN of an endpoint's inference component, where it has one."""
    known = known_part(name)
    return (facts.sagemaker("inference-component", known),) if known else ()


def see_endpoint(name: Text, component: Text, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to see what an endpoint serves, by its name and its component's."""
    hosted = _components(component, facts)
    return (
        *(
            (
                Duty(
                    id="SeeComponents",
                    actions=("sagemaker:DescribeInferenceComponent",),
                    resources=hosted,
                    reason="the component of an endpoint that scales to zero tells what it serves",
                ),
            )
            if hosted
            else ()
        ),
        Duty(
            id="SeeEndpoints",
            actions=("sagemaker:DescribeEndpoint",),
            resources=(facts.sagemaker("endpoint", known_part(name)),),
            reason="only the endpoint tells what it really serves",
        ),
        Duty(
            id="SeeServed",
            actions=("sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"),
            resources=(facts.sagemaker("endpoint-config", "*"), facts.sagemaker("model", "*")),
            reason="an endpoint's config and model say which version it serves",
            condition=owned(name),
            wildcard=BY_CONDITION,
        ),
    )


def owned(name: Text) -> Condition:
    """Return the condition that a model or config is tagged as an endpoint's."""
    return {"StringEquals": {f"aws:ResourceTag/{ENDPOINT_TAG}": known_part(name)}}
