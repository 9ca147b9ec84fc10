"""Decides where training runs are recorded: an MLflow app or tracking server, and who writes to it."""

from groundplan.blueprints.plan.attachment import network_duties
from groundplan.blueprints.plan.context import SCOPE_TAG, Context, training_image
from groundplan.blueprints.plan.deployment_policies.mlflow import RECORD_IN_SERVER
from groundplan.blueprints.plan.duties import (
    encrypt_volumes,
    list_bucket,
    pull_images,
    put_metrics,
    read_key,
    read_objects,
    write_key,
    write_logs,
    write_objects,
)
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.exceptions import BY_CONDITION
from groundplan.blueprints.plan.mlflow import UNIT, plan_mlflow
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.plan.stacks import MlflowStackPlan
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec
from groundplan.pipelines import TrackingSettings

PLACEHOLDER = "MlflowArn"
STACK = "tracking"


def mlflow_stack(
    context: Context, environment: EnvironmentSpec, place: Place
) -> MlflowStackPlan | None:
    """Decide the stack that records the runs of the environment that trains; ``None`` without one.

    It is in the account that trains, since an app is shared with another one only by an invitation.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    kind = context.spec.tracking.mlflow
    if kind == "none" or environment is not context.training:
        return None
    return MlflowStackPlan(
        stack=environment_stack(
            context,
            environment,
            place,
            STACK,
            "Training runs",
            protected=context.protected,
            depends_on=("state",),
        ),
        mlflow=plan_mlflow(
            kind=kind,
            name=server_name(context, environment),
            place=place,
            artifact_bucket=context.work_bucket(environment),
            key_alias_arn=context.environment_key_alias_arn(environment),
            role_name=context.role_name(environment.name, "mlflow"),
            path=iam_path(context.project),
            size=context.spec.tracking.size,
            version=context.spec.tracking.version,
            permissions_boundary=context.boundary(place),
        ),
    )


def recorded(context: Context) -> tuple[str, str] | None:
    """Return the kind of what records training runs, and its environment; ``None`` where none are."""
    kind = context.spec.tracking.mlflow
    return None if kind == "none" else (kind, context.training.name)


def server_name(context: Context, environment: EnvironmentSpec) -> str:
    """Return the name of an environment's app or server."""
    return name("mlflow", context.project, environment.name)


def tracking_settings(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec
) -> TrackingSettings | None:
    """Return what the job that records a model's runs has to know; ``None`` where none are recorded."""
    kind = context.spec.tracking.mlflow
    if kind == "none":
        return None
    return TrackingSettings(
        role_arn=context.role_arn(place, environment.name, model.name, "tracking"),
        server=f"${{{PLACEHOLDER}}}"
        if kind == "app"
        else place.arn("sagemaker", f"mlflow-tracking-server/{server_name(context, environment)}"),
        experiment=f"{context.project}/{environment.name}/{model.name}",
        attached=not context.spec.tracking.allow_internet,
    )


def tracking_substitutions(context: Context) -> dict[str, Ref]:
    """Return what the placeholder of an app's ARN stands for."""
    return {PLACEHOLDER: Ref(UNIT, "arn")} if context.spec.tracking.mlflow == "app" else {}


def tracking_role(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec
) -> RolePlan | None:
    """Decide the role of the job that records a model's runs; it reads no data, model or checkpoint.

    Raises:
        PlanError: If AWS would refuse its policy for its size.
    """
    kind = context.spec.tracking.mlflow
    if kind == "none":
        return None
    work, key = context.work_bucket(environment), context.environment_key_alias_arn(environment)
    runs, evaluated = f"{model.name}/checkpoints/", f"evaluations/{model.name}/"
    listing = "SageMaker lists an input before it copies it"
    duties = (
        read_objects(
            "ReadRuns", place, work, f"{runs}*/tracking/", reason="what training recorded is sent"
        ),
        list_bucket("ListRuns", place, work, runs, reason=listing),
        read_objects(
            "ReadEvaluations",
            context.tooling,
            context.artifacts,
            f"{evaluated}*/evaluation.json",
            reason="a run is recorded with the numbers of its evaluation",
        ),
        list_bucket(
            "ListEvaluations", context.tooling, context.artifacts, evaluated, reason=listing
        ),
        read_key(
            "DecryptEvaluations",
            context.tooling_key_alias_arn,
            context.region,
            reason="evaluations are encrypted under the tooling account's key",
        ),
        write_objects(
            "WriteRecorded",
            place,
            work,
            f"{model.name}/tracking/",
            reason="the job leaves the ids of the runs",
        ),
        write_key(
            "UseWorkKey",
            key,
            place.region,
            reason="what training recorded is encrypted under the environment's key",
        ),
        _record(context, environment, place),
        *encrypt_volumes(key, (model.evaluation.instance,)),
        *pull_images(context.tooling, [context.repository(training_image(model))]),
        write_logs(place, ["/aws/sagemaker/ProcessingJobs"]),
        put_metrics(["/aws/sagemaker/ProcessingJobs"]),
        *(() if context.spec.tracking.allow_internet else network_duties(context, environment)),
    )
    return plan_role(
        id="TrackingRole",
        role_name=context.role_name(environment.name, model.name, "tracking"),
        place=place,
        path=iam_path(context.project),
        description=f"Records runs of {model.name} in {environment.name}",
        trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path="tracking",
    )


def _record(context: Context, environment: EnvironmentSpec, place: Place) -> Duty:
    reason = "runs are recorded in MLflow"
    if context.spec.tracking.mlflow == "server":
        server = place.arn(
            "sagemaker", f"mlflow-tracking-server/{server_name(context, environment)}"
        )
        return Duty(id="RecordRuns", actions=RECORD_IN_SERVER, resources=(server,), reason=reason)
    own = f"{context.project}-{environment.name}"
    return Duty(
        id="RecordRuns",
        actions=("sagemaker:CallMlflowAppApi",),
        resources=(place.arn("sagemaker", "mlflow-app/*"),),
        reason=reason,
        condition={"StringEquals": {f"aws:ResourceTag/{SCOPE_TAG}": own}},
        wildcard=BY_CONDITION,
    )
