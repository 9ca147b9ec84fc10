"""A CDK bootstrap that reaches one project only, made from the CLI's own template.

What the CLI's template grants to the whole account is replaced: who assumes its roles, what they
may do, and what CloudFormation may do. Everything else stays as the CLI has it.
"""

import json
from collections.abc import Mapping
from typing import Any

from groundplan.blueprints.plan.bootstrap_roles import BootstrapPlan, BootstrapRolePlan
from groundplan.blueprints.plan.exceptions import CheckException, template_metadata
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.stacks.bootstrap_source import (
    Template,
    changed,
    check_references,
    check_resources,
    decide,
    load,
    properties_of,
    section_of,
    set_property,
)

DROPPED_PARAMETERS = (
    "DenyExternalId",
    "FileAssetsBucketKmsKeyId",
    "InputPermissionsBoundary",
    "TrustedAccounts",
    "TrustedAccountsForLookup",
    "UseExamplePermissionsBoundary",
)
"""Options of ``cdk bootstrap`` that would widen the template; CloudFormation refuses them now."""
RULES = {
    "PublicAccessStaysBlocked": {
        "Assertions": [
            {
                "Assert": {"Fn::Equals": [{"Ref": "PublicAccessBlockConfiguration"}, "true"]},
                "AssertDescription": "The files of deployments are never public",
            }
        ]
    }
}
"""What the CLI always passes is refused if it says otherwise; the bucket does not depend on it."""
INLINE_POLICIES = {
    "FilePublishingRole": "FilePublishingRoleDefaultPolicy",
    "ImagePublishingRole": "ImagePublishingRoleDefaultPolicy",
}
"""Roles whose policy is a resource of its own in the CLI's template."""


def toolkit_stack_name(project: str) -> str:
    """Return the name of the stack of a project's bootstrap."""
    return f"groundplan-bootstrap-{project}"


def bootstrap_template(cli_template: str, *, stage_0: Stage0Plan) -> str:
    """Return a bootstrap template for one account, as JSON.

    Args:
        cli_template: What ``cdk bootstrap --show-template`` prints.
        stage_0: Stage 0 of the account, which must be deployed before.

    Raises:
        EnvironmentFault: If the CLI's template has changed its shape; names the place in it.
        ValueError: If the plan is for an engine without a bootstrap.
    """
    template = load(cli_template)
    check_resources(template)
    _set_parameters(template, stage_0)
    template = decide(template)
    bootstrap = stage_0.bootstrap
    if bootstrap is None:
        raise ValueError(f"{stage_0.engine} has no CDK bootstrap; plan with engine='cdk'")
    for role in bootstrap.roles:
        _set_role(template, bootstrap, role)
    _storage(template, bootstrap)
    template["Rules"] = RULES
    check_references(template)
    return json.dumps(template, indent=1) + "\n"


def _set_parameters(template: Template, stage_0: Stage0Plan) -> None:
    parameters = section_of(template, "Parameters")
    for item in DROPPED_PARAMETERS:
        parameters.pop(item, None)
    policies = ",".join(stage_0.execution_policy_arns)
    wanted: dict[str, dict[str, object]] = {
        "BootstrapVariant": {"Default": f"groundplan: {stage_0.project}"},
        "CloudFormationExecutionPolicies": {
            "Type": "String",
            "Default": policies,
            "AllowedValues": [policies],
            "ConstraintDescription": "be the policies of stage 0, in their order",
        },
        "Qualifier": {"Default": stage_0.qualifier, "AllowedValues": [stage_0.qualifier]},
    }
    for parameter, changes in wanted.items():
        if parameter not in parameters:
            raise changed(f"Parameters.{parameter}", "to be there", None)
        parameters[parameter].update(changes)


def _set_role(template: Template, bootstrap: BootstrapPlan, role: BootstrapRolePlan) -> None:
    properties = properties_of(template, role.id)
    properties["AssumeRolePolicyDocument"] = role.trust.to_json()
    properties["PermissionsBoundary"] = role.permissions_boundary
    properties.pop("ManagedPolicyArns", None)
    if role.inline is None:
        properties["ManagedPolicyArns"] = {
            "Fn::Split": [",", {"Ref": "CloudFormationExecutionPolicies"}]
        }
        return
    (policy,) = role.policies
    document = _with_key(policy.document.to_json(), bootstrap)
    if role.id in INLINE_POLICIES:
        set_property(template, INLINE_POLICIES[role.id], "PolicyDocument", document)
        _accept(template, INLINE_POLICIES[role.id], role.exceptions)
    else:
        _accept(template, role.id, role.exceptions)
        inline = [{"PolicyName": policy.name, "PolicyDocument": document}]
        set_property(template, role.id, "Policies", inline)


def _with_key(value: Any, bootstrap: BootstrapPlan) -> Any:
    """Return a policy with the key's ARN in the place of what stands for it."""
    if isinstance(value, Mapping):
        return {key: _with_key(item, bootstrap) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_key(item, bootstrap) for item in value]
    return {"Fn::GetAtt": [bootstrap.key.id, "Arn"]} if value == bootstrap.key_arn else value


def _storage(template: Template, bootstrap: BootstrapPlan) -> None:
    key = bootstrap.key
    set_property(template, key.id, "KeyPolicy", key.policy.to_json())
    properties_of(template, key.id)["EnableKeyRotation"] = True
    repository = properties_of(template, "ContainerAssetsRepository")
    repository.pop("RepositoryPolicyText", None)  # other services' pulls; nothing here uses them
    # under AWS's own key for registries: no image of the project is pushed there
    repository["EncryptionConfiguration"] = {"EncryptionType": "KMS"}
    properties_of(template, "StagingBucket").pop("AccessControl", None)  # ACLs are off by default
    _accept(template, "StagingBucket", bootstrap.exceptions)
    properties_of(template, "CdkBootstrapVersion")["Description"] = {"Ref": "BootstrapVariant"}
    repository["ImageScanningConfiguration"] = {"ScanOnPush": True}


def _accept(template: Template, resource: str, exceptions: tuple[CheckException, ...]) -> None:
    accepted = template_metadata(exceptions)
    if accepted:
        template["Resources"][resource].setdefault("Metadata", {}).update(accepted)
