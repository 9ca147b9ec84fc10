"""An account as its service APIs show it, and what only it knows."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from groundplan.blueprints.plan import mlflow
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.stacks.rehearsal.checks.deployed_stack import CloudFormationStack, DeployedStack

GONE = re.compile(
    r"NotFound|NoSuch|NonExistent|DoesNotExist|Could not find|Cannot find|does not exist"
)
"""How services say, in the code or the message of an error, that something is not there."""


class Account:
    """Reads one account in one region through the service APIs, and resolves refs by what they show.

    Args:
        client: Service -> boto3 client in the account and region.
        place: The account and region.
        tags: Tags that the stack puts on all that it makes.
        keys: Id of a key's unit -> its alias.
        stack: The stack, as its engine sees it. Default: one of CloudFormation that does not exist.
        released: Names of the endpoints that serve a model.
        values: Values of refs. Default: those that the APIs show.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        *,
        place: Place,
        tags: Mapping[str, str],
        keys: Mapping[str, str],
        stack: DeployedStack | None = None,
        released: Iterable[str] = (),
        values: Mapping[Ref, str] | None = None,
    ) -> None:
        self._client = client
        self.place = place
        self.tags = dict(tags)
        self.stack: DeployedStack = CloudFormationStack("none") if stack is None else stack
        self.released = frozenset(released)
        self._keys = dict(keys)
        self._values: dict[Ref, str | None] = dict(values or {})

    def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call a read operation; what does not exist is an empty answer, so that it is compared.

        Raises:
            ClientError: The service refuses for any other reason.
        """
        try:
            found: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
        except ClientError as exc:
            if _says_gone(exc):
                return {}
            raise
        return found

    def read_all(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """Call a list operation to its last page and return what is under ``key``.

        Raises:
            ClientError: The service refuses for another reason than that there is nothing.
        """
        client = self._client(service)
        if not client.can_paginate(operation):
            return list(self.read(service, operation, **parameters).get(key, []))
        pages = client.get_paginator(operation).paginate(**parameters)
        try:
            return [item for page in pages for item in page.get(key, [])]
        except ClientError as exc:
            if _says_gone(exc):
                return []
            raise

    def key_arn(self, key: str | None) -> str | None:
        """Return the ARN of the key that an id, alias or ARN names; ``key`` itself if none does."""
        if key is None:
            return None
        metadata = self.read("kms", "describe_key", KeyId=key).get("KeyMetadata", {})
        return str(metadata.get("Arn", key))

    def resolve(self, value: Any) -> Any:
        """Return ``value`` with each ref replaced; one that nothing resolves becomes ``{unit.name}``.

        That text equals nothing that AWS assigns, so the comparison fails.
        """
        if isinstance(value, Ref):
            if value not in self._values:
                self._values[value] = self._find(value)
            return self._values[value] or str(value)
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolve(item) for item in value]
        return value

    def learn(self, ref: Ref, value: str) -> None:
        """Take what an API showed as the value of a ref that none was given for."""
        self._values.setdefault(ref, value)

    def _find(self, ref: Ref) -> str | None:
        if ref.attribute == "arn" and ref.unit in self._keys:
            alias = self._keys[ref.unit]
            arn = self.key_arn(alias)
            return None if arn == alias else arn
        if ref.attribute.startswith("subnet_id_"):
            return dict(enumerate(self._subnets())).get(int(ref.attribute.rpartition("_")[2]))
        if ref.attribute == "workload_security_group_id":
            return self._workload_group()
        if ref == Ref(mlflow.UNIT, "arn"):
            return self.mlflow_app()
        return None

    def mlflow_app(self) -> str | None:
        """Return the ARN of the scope's MLflow app, whose id AWS assigns."""
        scope = {"Key": "groundplan:scope", "Value": self.tags.get("groundplan:scope", "")}
        for app in self.read_all("sagemaker", "list_mlflow_apps", "Summaries"):
            if scope in self.read("sagemaker", "list_tags", ResourceArn=app["Arn"])["Tags"]:
                return str(app["Arn"])
        return None

    def _subnets(self) -> list[str]:
        found = self.read("ec2", "describe_subnets", Filters=self.scope_filter()).get("Subnets", [])
        in_order = sorted(found, key=lambda item: _address(item["CidrBlock"]))
        return [item["SubnetId"] for item in in_order]

    def _workload_group(self) -> str | None:
        """Return the scope's one security group that no VPC endpoint carries."""
        ours = self.scope_filter()
        groups = self.read("ec2", "describe_security_groups", Filters=ours)["SecurityGroups"]
        endpoints = self.read("ec2", "describe_vpc_endpoints", Filters=ours)["VpcEndpoints"]
        carried = {group["GroupId"] for item in endpoints for group in item.get("Groups", [])}
        left = [item["GroupId"] for item in groups if item["GroupName"] != "default"]
        free = [group for group in left if group not in carried]
        return free[0] if len(free) == 1 else None

    def scope_filter(self) -> list[dict[str, Any]]:
        """Return the EC2 filter of what carries the stack's scope tag."""
        scope = self.tags.get("groundplan:scope", "")
        return [{"Name": "tag:groundplan:scope", "Values": [scope]}]


def first(items: Iterable[Any]) -> dict[str, Any]:
    """Return the first of ``items``, or nothing."""
    found: dict[str, Any] = next(iter(items), {})
    return found


def _says_gone(exc: ClientError) -> bool:
    error = exc.response["Error"]
    return GONE.search(f"{error['Code']} {error['Message']}") is not None


def _address(cidr: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split(r"[./]", cidr))
