"""Checks an MLflow app or tracking server, and the role by which it keeps artifacts."""

from collections.abc import Iterator, Mapping

from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.model_registry import sagemaker_tags
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED: Mapping[str, str] = {
    "runs": "no emulator answers as MLflow does; a test sends runs to a real server",
}


def check_mlflow(plan: MlflowPlan, account: Account) -> Iterator[Property]:
    """Compare name, store, role, size, version, tags, and that no model is registered from there."""
    yield from check_role(plan.role, account)
    if isinstance(plan.arn, Ref):
        arn = account.mlflow_app()
        found = account.read("sagemaker", "describe_mlflow_app", Arn=arn) if arn else {}
        yield "name", plan.name, found.get("Name")
        yield "registers", "AutoModelRegistrationDisabled", found.get("ModelRegistrationMode")
    else:
        arn = plan.arn
        found = account.read(
            "sagemaker", "describe_mlflow_tracking_server", TrackingServerName=plan.name
        )
        yield "name", plan.name, found.get("TrackingServerName")
        yield "arn", plan.arn, found.get("TrackingServerArn")
        yield "registers", False, found.get("AutomaticModelRegistration")
        yield "size", plan.size, found.get("TrackingServerSize")
        yield "version", plan.version, found.get("MlflowVersion")
    yield "artifact_uri", plan.artifact_uri, found.get("ArtifactStoreUri")
    yield "role_arn", plan.role.arn, found.get("RoleArn")
    yield tags(account.tags, sagemaker_tags(arn, account))
