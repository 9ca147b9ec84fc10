"""What all components have in common: names, options, and the values that stand for refs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.ref import Ref, refs, resolve
from groundplan.constructs.errors import ConstructError

Values = Mapping[Ref, pulumi.Input[str]]
"""What AWS assigns, by the refs of the plan that stand for it."""


class Component(pulumi.ComponentResource):
    """A component that defines what its plan decided.

    Its type is ``groundplan:constructs:CLASS`` and its children are called ``NAME-ID``; both are part of
    the public contract. Children have the component as their parent, so that providers, transforms
    and ``protect`` reach them from the options of the component.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the component.

        Args:
            name: Name, unique among components of its type in the stack.
            opts: Options of the component. Default: Pulumi's.
        """
        super().__init__(f"groundplan:constructs:{type(self).__name__}", name, {}, opts)
        self._name = name
        # Python's SDK does not hand this down to children.
        self._after = pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None)

    def child_name(self, id: str) -> str:
        """Return the name of a child."""
        return f"{self._name}-{id}"

    def child(
        self,
        *,
        retain: bool = False,
        keep_replaced: bool = False,
        depends_on: Sequence[pulumi.Resource] = (),
        ignore_changes: Sequence[str] = (),
        former_ids: Sequence[str] = (),
    ) -> pulumi.ResourceOptions:
        """Return the options of a child.

        Args:
            retain: Whether the child is protected, and stays when it leaves the program.
            keep_replaced: Whether it stays when it is replaced, without being protected.
            depends_on: What must exist before, where no value says so.
            ignore_changes: Properties that something else than the program changes.
            former_ids: Ids that the child had in earlier versions.
        """
        options = pulumi.ResourceOptions(
            parent=self,
            protect=True if retain else None,
            retain_on_delete=True if retain or keep_replaced else None,
            depends_on=list(depends_on),
            ignore_changes=list(ignore_changes) or None,
            aliases=[pulumi.Alias(name=self.child_name(id)) for id in former_ids] or None,
        )
        return pulumi.ResourceOptions.merge(self._after, options)


def check_plan(component: str, plan: object, kind: type) -> None:
    """Refuse arguments that hold another plan than the component's.

    Raises:
        ConstructError: If ``plan`` is no ``kind``; names the component.
    """
    if not isinstance(plan, kind):
        raise ConstructError(
            f"{component}.plan",
            f"must be a {kind.__name__}",
            got=plan,
            fix=f"pass what plan_{_snake(kind.__name__.removesuffix('Plan'))}() returns",
        )


def filled(component: str, value: object, values: Values) -> Any:
    """Return a part of a plan with its refs replaced.

    Raises:
        ConstructError: If a ref has no value; names the component and the ref.
    """
    if not isinstance(values, Mapping):
        raise ConstructError(
            component,
            "must be what stands for refs",
            got=type(values).__name__,
            fix="pass the values of the component, such as network.values",
        )
    missing = [str(ref) for ref in refs(value) if ref not in values]
    if missing:
        raise ConstructError(
            component,
            f"the plan refers to {', '.join(missing)}",
            got=sorted(map(str, values)) or None,
            fix="pass the component that the plan was made with",
        )
    return resolve(value, values)


def key_values(
    component: str, wanted: Ref | str | None, key_arn: pulumi.Input[str] | None
) -> Values:
    """Return what stands for the key that a plan wants.

    Args:
        component: Name of the component, for errors.
        wanted: The plan's key: a ref that ``key_arn`` fills, an ARN, or none.
        key_arn: ARN of the key that the component was given.

    Raises:
        ConstructError: If the plan wants a key that was not given, or the other way round.
    """
    check_input(f"{component}.encryption_key", key_arn, "arn")
    if isinstance(wanted, Ref):
        if key_arn is None:
            raise ConstructError(
                f"{component}.encryption_key",
                f"the plan refers to the key {wanted}",
                got=None,
                fix="pass the ARN of the EncryptionKey, or plan with the key's ARN",
            )
        return {wanted: key_arn}
    if key_arn is not None:
        raise ConstructError(
            f"{component}.encryption_key",
            "the plan takes no key from outside",
            got=wanted,
            fix="leave the argument out, or plan with the ref to the key",
        )
    return {}


def check_input(argument: str, value: object, output: str) -> None:
    """Refuse a component where a value of it is meant.

    Raises:
        ConstructError: If ``value`` is a resource; names the argument and the output to pass.
    """
    if isinstance(value, pulumi.Resource):
        raise ConstructError(
            argument,
            "must be a value, not a resource",
            got=type(value).__name__,
            fix=f"pass its output {output}",
        )


def document(
    component: str, policy: PolicyDocument, values: Values | None = None
) -> pulumi.Input[str]:
    """Return ``policy`` as JSON text.

    Raises:
        ConstructError: If a ref in it has no value.
    """
    return text(component, policy.to_json(), values)


def text(component: str, value: Any, values: Values | None = None) -> pulumi.Input[str]:
    """Return JSON text of ``value``, an output where it holds refs.

    Raises:
        ConstructError: If a ref in it has no value.
    """
    content = filled(component, value, values or {})
    if refs(value):
        return pulumi.Output.json_dumps(content)
    return json.dumps(content)


def _snake(camel: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in camel).removeprefix("_")
