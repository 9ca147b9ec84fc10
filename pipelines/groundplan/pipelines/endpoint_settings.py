"""What an endpoint is made of besides the version that it serves, for releases without a stack."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Request = Mapping[str, object]
"""Arguments of a call, as the API spells them."""
VERSION_VARIABLE = "MODEL_VERSION"
"""Variable of a model's container that says which registered version it is, for its answers."""
PREFIX_CHARACTERS = 30
"""Of an endpoint's name that begin the names of what releases make for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """What a release gives an endpoint with every version, in the arguments of the services' calls.

    Attributes:
        prefix: What begins the names of models and configs, at most `PREFIX_CHARACTERS`.
        role: ARN of the role of the model's containers.
        variant: Instances of a variant; neither its name nor its model.
        config: The config without its name, variants and tags.
        captured: Share of the requests that ``config`` captures.
        tags: Tags of models and configs.
        alarms: Alarms of the production variant, with all dimensions but ``EndpointConfigName``.
        shadow_alarms: The same of a shadow variant, which exist as long as there is one.
        update: What an update keeps of the endpoint.
        deployment: ``DeploymentConfig`` by rollout, ``planned`` and ``all_at_once``.
    """

    prefix: str
    role: str
    variant: Request
    config: Request
    captured: int
    tags: Sequence[Request]
    alarms: Sequence[Request] = ()
    shadow_alarms: Sequence[Request] = ()
    update: Request
    deployment: Mapping[str, Request]

    def text(self) -> str:
        """The settings as JSON, the same for the same settings."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values, sort_keys=True, separators=(",", ":"))
