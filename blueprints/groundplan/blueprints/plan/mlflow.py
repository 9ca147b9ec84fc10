"""Decides an MLflow app, or a tracking server."""

from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.duties import (
    list_bucket,
    read_objects,
    write_key,
    write_objects,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan, plan_role, service_trust

UNIT = "Mlflow"
STORE = "mlflow/"
"""Folder of the work bucket that holds what MLflow keeps of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowPlan:
    """Where training runs are recorded. Models are not registered from there."""

    id: str
    """Id of the unit within its stack."""

    kind: Literal["app", "server"]
    """``app`` is serverless; ``server`` runs and is billed all the time."""

    name: str
    """Physical name."""

    arn: Ref | str
    """ARN; AWS assigns that of an app."""

    artifact_uri: str
    """Where MLflow keeps what runs leave."""

    role: RolePlan
    """Role by which it reads and writes there."""

    size: Literal["Small", "Medium", "Large"] | None
    """Size of a server; ``None`` for an app."""

    version: str | None
    """Version of a server's MLflow; ``None``: SageMaker's newest."""


def plan_mlflow(
    *,
    name: str,
    place: Place,
    artifact_bucket: str,
    key_alias_arn: str,
    role_name: str,
    path: str,
    kind: Literal["app", "server"] = "app",
    id: str = UNIT,
    size: Literal["Small", "Medium", "Large"] | None = None,
    version: str | None = None,
    permissions_boundary: str | None = None,
    spec_path: str = "tracking",
) -> MlflowPlan:
    """Decide an MLflow app, or a tracking server.

    Args:
        name: Name of the app or server.
        place: Account and region.
        artifact_bucket: Bucket that holds what runs leave, below ``mlflow/``.
        key_alias_arn: ARN of the alias of the bucket's key.
        role_name: Name of the role by which it reads and writes there.
        path: IAM path of the role.
        kind: ``app`` is serverless, ``server`` runs and is billed all the time.
        id: Id of the unit within its stack.
        size: Size of a server. Default: ``Small``.
        version: Version of MLflow of a server. Default: SageMaker's newest.
        permissions_boundary: Boundary of the role. Default: none.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If AWS would refuse the role's policy for its size.
    """
    reason = "MLflow keeps what runs leave in the bucket"
    server = kind == "server"
    return MlflowPlan(
        id=id,
        kind=kind,
        name=name,
        arn=place.arn("sagemaker", f"mlflow-tracking-server/{name}") if server else Ref(id, "arn"),
        artifact_uri=f"s3://{artifact_bucket}/{STORE.rstrip('/')}",
        role=plan_role(
            id="Role",
            role_name=role_name,
            place=place,
            path=path,
            description=f"Keeps what runs of {name} leave",
            trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
            duties=(
                read_objects("ReadArtifacts", place, artifact_bucket, STORE, reason=reason),
                write_objects("WriteArtifacts", place, artifact_bucket, STORE, reason=reason),
                list_bucket("ListArtifacts", place, artifact_bucket, STORE, reason=reason),
                write_key(
                    "EncryptArtifacts",
                    key_alias_arn,
                    place.region,
                    reason="the bucket is encrypted",
                ),
            ),
            permissions_boundary=permissions_boundary,
            spec_path=spec_path,
        ),
        size=(size or "Small") if server else None,
        version=version,
    )
