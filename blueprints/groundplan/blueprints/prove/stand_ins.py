"""Fixed stand-ins for what AWS assigns: ids of keys, subnets, security groups and the rest."""

from collections.abc import Iterable

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref

_NETWORK = {
    "subnet_id_": "subnet",
    "workload_security_group_id": "sg",
    "endpoint_security_group_id": "sg-endpoints",
    "vpc_id": "vpc",
}


class StandIns(dict[Ref, str]):
    """Stand-ins of one stage, in which the ids of units are unique."""

    def __init__(self, place: Place, scope: str, units: Iterable[object]) -> None:
        """Collect what ``units`` of a stage refer to.

        Args:
            place: Account and region of the stage.
            scope: Stage.
            units: Every unit of the stage.
        """
        super().__init__()
        self._scope = scope
        for unit in units:
            if isinstance(unit, EncryptionKeyPlan):
                self[unit.arn] = key_arn(place, unit.alias)
            if isinstance(unit, MlflowPlan) and isinstance(unit.arn, Ref):
                self[unit.arn] = mlflow_arn(unit, place, scope)

    def __missing__(self, ref: Ref) -> str:
        for prefix, kind in _NETWORK.items():
            if ref.attribute.startswith(prefix):
                number = ref.attribute.removeprefix(prefix)
                return "-".join(part for part in (kind, self._scope, number) if part)
        return f"{ref.unit}-{ref.attribute.replace('_', '-')}-{self._scope}".lower()


def mlflow_arn(unit: MlflowPlan, place: Place, scope: str) -> str:
    """Return the ARN of a tracking server, or the one that stands for an app's."""
    return (
        unit.arn if isinstance(unit.arn, str) else place.arn("sagemaker", f"mlflow-app/app-{scope}")
    )


def key_arn(place: Place, alias: str) -> str:
    """Return the ARN that stands for a key, with its alias's name in place of its id."""
    return place.arn("kms", f"key/{alias.removeprefix('alias/')}")
