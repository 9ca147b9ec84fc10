"""Makes policies of Pulumi's SDK of rules; making a pack of them starts its server."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi_policy as sdk
from pulumi_policy.proxy import UnknownValueError

from groundplan.stacks.pulumi.policies.rule import UNKNOWN, Checked, ResourceRule, StackRule

SPEC_VARIABLE = "GROUNDPLAN_SPEC"
SPEC_SCHEMA = sdk.PolicyConfigSchema(
    properties={"spec": {"type": "string", "description": "Whole path of the spec"}}
)


def policies(
    resource_rules: Sequence[ResourceRule], stack_rules: Sequence[StackRule]
) -> list[sdk.Policy]:
    """Return a policy for each rule."""
    return [
        *(_of_resources(rule) for rule in resource_rules),
        *(_of_stack(rule) for rule in stack_rules),
    ]


def _of_resources(rule: ResourceRule) -> sdk.ResourceValidationPolicy:
    def validate(args: sdk.ResourceValidationArgs, report: sdk.ReportViolation) -> None:
        if args.resource_type in rule.types:
            for problem in rule.check(checked(args)):
                report(problem, None)

    return sdk.ResourceValidationPolicy(rule.id, rule.description, validate)


def _of_stack(rule: StackRule) -> sdk.StackValidationPolicy:
    def validate(args: sdk.StackValidationArgs, report: sdk.ReportViolation) -> None:
        found = [checked(item) for item in args.resources]
        for problem in rule.check(found, spec_of(args.get_config())):
            report(problem, None)

    return sdk.StackValidationPolicy(rule.id, rule.description, validate, config_schema=SPEC_SCHEMA)


def checked(args: sdk.ResourceValidationArgs | sdk.PolicyResource) -> Checked:
    """Return a resource as rules see it."""
    return Checked(
        type=args.resource_type,
        name=args.name,
        props={key: known(args.props, key) for key in args.props},
        protect=bool(args.opts.protect),
    )


def known(holder: Any, key: Any) -> Any:
    """Return a value as plain data, with a stand-in for what is unknown during preview."""
    try:
        value = holder[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {item: known(value, item) for item in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [known(value, index) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def spec_of(config: Mapping[str, Any]) -> str | None:
    """Return the file of the spec: what the policy's configuration, the environment or the stack says.

    A pack runs in its own directory, so a relative path of the stack's configuration leads nowhere.
    """
    stack = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    named = config.get("spec") or os.environ.get(SPEC_VARIABLE) or stack.get("groundplan:spec")
    return named if named and Path(named).is_absolute() else None
