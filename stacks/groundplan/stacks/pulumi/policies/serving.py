"""Rules of what runs: models, endpoints, state machines."""

from collections.abc import Iterator

from groundplan.blueprints.catalogue import instance_types
from groundplan.stacks.pulumi.policies.rule import Checked, ResourceRule, listed, must_be


def _endpoint_config(config: Checked) -> Iterator[str]:
    if config.props.get("kmsKeyArn"):
        return
    known = instance_types()
    for variant in listed(config.props.get("productionVariants")):
        name = variant.get("instanceType")
        # Local NVMe storage, encrypted by its hardware, takes no volume key.
        if name not in known or not known[name].local_nvme:
            yield f"kmsKeyArn must be given for {name}; name a customer-managed key"


def _machine(machine: Checked) -> Iterator[str]:
    yield from must_be("loggingConfiguration", "level", value="ALL")(machine)
    yield from must_be("loggingConfiguration", "includeExecutionData", value=False)(machine)
    yield from must_be("tracingConfiguration", "enabled")(machine)


SERVING_RULES = (
    ResourceRule(
        id="model-isolation",
        description="Models reach no network",
        types=("aws:sagemaker/model:Model",),
        check=must_be("enableNetworkIsolation"),
    ),
    ResourceRule(
        id="endpoint-encryption",
        description="Volumes of endpoints are encrypted with a key of the account",
        types=("aws:sagemaker/endpointConfiguration:EndpointConfiguration",),
        check=_endpoint_config,
    ),
    ResourceRule(
        id="machine-logs",
        description="State machines log every state, and no data",
        types=("aws:sfn/stateMachine:StateMachine",),
        check=_machine,
    ),
)
