import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator import Emulator

NUMBERS = itertools.count(1)
REGION = "eu-west-1"


@dataclass
class Stacks:
    """Deploys templates to one account, and shows what its services hold."""

    emulator: Emulator
    account: str

    def client(self, service: str) -> Any:
        return self.emulator.client(service, self.account, REGION)

    @property
    def cloudformation(self) -> Any:
        return self.client("cloudformation")

    def create(
        self, resources: dict[str, Any], *, name: str = "stack", **options: Any
    ) -> dict[str, Any]:
        self.cloudformation.create_stack(**self._request(name, resources, options))
        return self.describe(name)

    def update(
        self, resources: dict[str, Any] | None, *, name: str = "stack", **options: Any
    ) -> dict[str, Any]:
        if resources is None:
            options["UsePreviousTemplate"] = True
        self.cloudformation.update_stack(**self._request(name, resources, options))
        return self.describe(name)

    def delete(self, name: str = "stack") -> str:
        id = self.describe(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        return str(self.describe(id)["StackStatus"])

    def describe(self, name: str = "stack") -> dict[str, Any]:
        [stack] = self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        return dict(stack)

    def status(self, name: str = "stack") -> str:
        return str(self.describe(name)["StackStatus"])

    def physical_id(self, logical_id: str, name: str = "stack") -> str:
        found = self.cloudformation.describe_stack_resource(
            StackName=name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def logical_ids(self, name: str = "stack") -> list[str]:
        found = self.cloudformation.list_stack_resources(StackName=name)
        return [item["LogicalResourceId"] for item in found["StackResourceSummaries"]]

    def failures(self, name: str = "stack") -> list[tuple[str, str]]:
        events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [
            (event["LogicalResourceId"], event["ResourceStatusReason"])
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        ]

    def clear(self) -> None:
        """Free the names of buckets, which are unique over all accounts."""
        s3 = self.client("s3")
        for bucket in [item["Name"] for item in s3.list_buckets()["Buckets"]]:
            for item in s3.list_object_versions(Bucket=bucket).get("Versions", []):
                s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
            s3.delete_bucket(Bucket=bucket)

    @staticmethod
    def _request(
        name: str, resources: dict[str, Any] | None, options: dict[str, Any]
    ) -> dict[str, Any]:
        sections = {key: options.pop(key) for key in SECTIONS if key in options}
        request: dict[str, Any] = {"StackName": name, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        if resources is not None:
            request["TemplateBody"] = json.dumps({**sections, "Resources": resources})
        if "parameters" in options:
            request["Parameters"] = [
                {"ParameterKey": key, "UsePreviousValue": True}
                if value is None
                else {"ParameterKey": key, "ParameterValue": value}
                for key, value in options.pop("parameters").items()
            ]
        return {**request, **options}


SECTIONS = ("Parameters", "Conditions", "Outputs", "Mappings", "Rules", "Description", "Transform")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    """Stacks of an account that no other test uses."""
    deployer = Stacks(emulator, f"1111111{next(NUMBERS):05}")
    yield deployer
    deployer.clear()
