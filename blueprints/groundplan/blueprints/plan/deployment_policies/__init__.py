"""What CloudFormation may do in an account, per resource type, and what bounds it."""

from groundplan.blueprints.plan.deployment_policies.boundaries import (
    deployment_boundary,
    project_boundary,
)
from groundplan.blueprints.plan.deployment_policies.deployer import (
    assume_deployment_roles,
    deployer_trust,
)
from groundplan.blueprints.plan.deployment_policies.direct import direct_duties
from groundplan.blueprints.plan.deployment_policies.identity_provider import (
    IdentityProviderPlan,
    identity_provider,
)
from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    environments,
)
from groundplan.blueprints.plan.deployment_policies.serving import ENDPOINT_TAG, serving_duties
from groundplan.blueprints.plan.deployment_policies.table import deployment_duties

__all__ = [
    "ENDPOINT_TAG",
    "DeploymentScope",
    "HandlerDuty",
    "IdentityProviderPlan",
    "assume_deployment_roles",
    "deployer_trust",
    "deployment_boundary",
    "deployment_duties",
    "direct_duties",
    "environments",
    "identity_provider",
    "project_boundary",
    "serving_duties",
]
