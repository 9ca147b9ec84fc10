"""Decides the role of a state machine from the steps of its pipeline."""

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.exceptions import NO_NARROWER
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.pipeline_duties import PipelineFacts, pipeline_duties
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec
from groundplan.pipelines import Pipeline
from groundplan.pipelines.steps import FindChampion, RegisterModel

LOG_DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
"""What a state machine's logging needs (Step Functions developer guide, logging to CloudWatch)."""
TRACE_ACTIONS = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
MACHINE_DUTIES = (
    Duty(
        id="DeliverLogs",
        actions=LOG_DELIVERY_ACTIONS,
        resources=("*",),
        reason="Step Functions sets up the delivery of its log with the machine's role",
        wildcard=NO_NARROWER,
    ),
    Duty(
        id="Trace",
        actions=TRACE_ACTIONS,
        resources=("*",),
        reason="executions are traced",
        wildcard=NO_NARROWER,
    ),
)
"""What every state machine does besides its steps."""


def machine_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    pipeline: Pipeline,
    *,
    machine: str,
    role_parts: tuple[str, ...],
    spec_path: str,
    id: str = "Role",
) -> RolePlan:
    """Decide the role of a state machine.

    Args:
        context: The project.
        environment: Environment that the machine runs in.
        place: Account and region of the machine.
        pipeline: What it runs.
        machine: Name of the state machine.
        role_parts: Parts of the role's name behind the project's: environment, perhaps model, purpose.
        spec_path: Place in the spec that errors name.
        id: Id of the unit within its stack.

    Raises:
        PlanError: If a step has no duties, or AWS would refuse the role for its size.
    """
    of = tuple(item for item in context.spec.models if item.name in role_parts[1:-1])
    facts = pipeline_facts(context, place, pipeline, models=of, spec_path=spec_path)
    return plan_role(
        id=id,
        role_name=context.role_name(*role_parts),
        place=place,
        path=iam_path(context.project),
        description=f"Runs the state machine {machine} in {environment.name}",
        trust=service_trust(
            "states.amazonaws.com", place, place.arn("states", f"stateMachine:{machine}")
        ),
        duties=(*pipeline_duties(pipeline, facts), *MACHINE_DUTIES),
        permissions_boundary=context.boundary(place),
        spec_path=spec_path,
    )


def pipeline_facts(
    context: Context,
    place: Place,
    pipeline: Pipeline,
    *,
    models: tuple[ModelSpec, ...] = (),
    spec_path: str,
) -> PipelineFacts:
    """Return what the duties of a pipeline's steps follow from besides their own fields.

    A step that names a version only reads the groups that other steps name, or else those of
    ``models``, or else those of every model that has an endpoint.
    """
    named = {
        step.model_package_group_arn
        for step in pipeline.steps
        if isinstance(step, (FindChampion, RegisterModel))
    }
    about = models or context.served()
    every = {context.registry_arn(model.name) for model in about}
    return PipelineFacts(
        place=place,
        keys=_keys(context),
        registries=tuple(sorted(named or every)),
        models=tuple(model.name for model in about),
        spec_path=spec_path,
    )


def _keys(context: Context) -> dict[str, str]:
    """Return the ARN of the key's alias by the ARN of what it encrypts."""
    tooling = context.tooling
    keys = {tooling.bucket_arn(context.artifacts): context.tooling_key_alias_arn}
    for dataset in context.spec.datasets:
        bucket = context.place(dataset.account).bucket_arn(context.dataset_bucket(dataset))
        keys[bucket] = context.dataset_key_alias_arn(dataset)
    for environment in context.spec.environments:
        place = context.place(environment.account)
        alias = context.environment_key_alias_arn(environment)
        topic = name("topic", context.project, environment.name, "alerts")
        keys[place.bucket_arn(context.work_bucket(environment))] = alias
        keys[place.arn("sns", topic)] = alias
        keys[context.lock_table_arn(environment)] = alias
        for model in context.spec.models:
            queue = name(
                "state-machine", context.project, environment.name, model.name, "failed-starts"
            )
            keys[place.arn("sqs", queue)] = alias
    return keys
