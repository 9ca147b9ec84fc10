"""Asks endpoints what their answers were made by: the version that serves and the data it was trained on."""

from botocore.exceptions import ClientError

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.stacks.rehearsal.world import World

NOTHING = b'{"instances": []}'
"""A request without rows, which the standard serving program answers."""


def tagged(world: World, stack: ServingStackPlan, version: str, problems: list[str]) -> bool:
    """Return whether an answer names its version and data; what it names wrongly is a problem.

    A serving program of the project's own may name nothing.
    """
    name, component = stack.endpoint.name, stack.endpoint.component
    try:
        answer = world.client("sagemaker-runtime", stack.stack.place).invoke_endpoint(
            EndpointName=name,
            ContentType="application/json",
            Body=NOTHING,
            **({"InferenceComponentName": component.name} if component is not None else {}),
        )
    except ClientError:
        return False
    said = dict(
        pair.partition("=")[::2] for pair in answer.get("CustomAttributes", "").split(";") if pair
    )
    package = world.client("sagemaker", Context(world.spec).tooling).describe_model_package(
        ModelPackageName=version
    )
    facts = package.get("CustomerMetadataProperties", {})
    wanted = {
        "model_version": version,
        "data_version": facts.get("groundplan.dataset_version"),
        "fingerprint": facts.get("groundplan.fingerprint"),
    }
    problems += [
        f"{name}: answers must name {key} {wanted.get(key)}, got {value}"
        for key, value in said.items()
        if value != wanted.get(key)
    ]
    return said.keys() >= wanted.keys()
