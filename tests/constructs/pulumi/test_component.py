"""What all components have in common: names, options, aliases."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pytest

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.log_group import plan_log_group
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import plan_network
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    EncryptionKey,
    EncryptionKeyArgs,
    LogGroup,
    LogGroupArgs,
    Network,
    NetworkArgs,
)
from groundplan.constructs.pulumi.component import Component, check_input, filled
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]


def test_children_belong_to_their_component_and_carry_its_name(run: Run, place: Place) -> None:
    plan = plan_encryption_key(alias="reports", place=place)
    recording = run(lambda: EncryptionKey("reports", EncryptionKeyArgs(plan=plan)))
    [own, *children] = sorted(recording.registrations, key=lambda item: item.custom)
    assert own.type == "groundplan:constructs:EncryptionKey"
    assert {item.name: item.parent for item in children} == {
        "reports-Alias": own.urn,
        "reports-Resource": own.urn,
    }


def test_options_of_the_component_reach_its_children(run: Run, place: Place) -> None:
    def program() -> None:
        provider = aws.Provider("elsewhere", region="eu-central-1")
        first = EncryptionKey("first", EncryptionKeyArgs(plan=a))
        options = pulumi.ResourceOptions(protect=True, depends_on=[first], providers=[provider])
        Network("second", NetworkArgs(plan=b), options)

    a, b = plan_encryption_key(alias="a", place=place), plan_network(name="b", place=place)
    found = [item for item in run(program).registrations if item.name.startswith("second-")]
    assert len(found) > 10
    assert all(item.protect for item in found)
    assert all("pulumi:providers:aws::elsewhere" in item.provider for item in found)
    assert all(any("::first-Resource" in urn for urn in item.depends_on) for item in found)


def test_a_name_is_used_once(run: Run, place: Place) -> None:
    plan = plan_encryption_key(alias="reports", place=place)

    def program() -> None:
        EncryptionKey("key", EncryptionKeyArgs(plan=plan))
        EncryptionKey("key", EncryptionKeyArgs(plan=plan))

    with pytest.raises(ValueError, match="registered twice"):
        run(program)


class Renamed(Component):
    """A component whose child had another id once, as a custom component may have."""

    def __init__(self) -> None:
        super().__init__("reports")
        options = self.child(former_ids=["Old", "Older"], keep_replaced=True)
        aws.sns.Topic(self.child_name("New"), name="reports", opts=options)
        self.register_outputs({})


def test_a_child_with_a_new_name_keeps_its_resource(run: Run) -> None:
    [topic] = run(Renamed).of_type("aws:sns/topic:Topic")
    assert (topic.name, topic.aliases) == ("reports-New", ("reports-Old", "reports-Older"))
    assert (topic.protect, topic.retain_on_delete) == (False, True)


def test_fails_on_a_component_where_a_value_of_it_is_meant(run: Run, place: Place) -> None:
    key_plan = plan_encryption_key(alias="reports", place=place)
    plan = plan_log_group(name="/reports", place=place, encryption_key=key_plan.arn)

    def program() -> None:
        key = EncryptionKey("key", EncryptionKeyArgs(plan=key_plan))
        LogGroup("logs", LogGroupArgs(plan=plan, encryption_key=key))  # type: ignore[arg-type]

    with pytest.raises(ConstructError) as error:
        run(program)
    assert str(error.value) == (
        "logs.encryption_key: must be a value, not a resource, got 'EncryptionKey'; pass its output arn"
    )


def test_fails_on_values_that_are_none(place: Place) -> None:
    network = plan_network(name="b", place=place)
    with pytest.raises(ConstructError) as error:
        filled("job.network", network.subnet_ids, "subnet-1")  # type: ignore[arg-type]
    assert str(error.value) == (
        "job.network: must be what stands for refs, got 'str'; pass the values of the component, "
        "such as network.values"
    )


def test_a_value_of_a_component_is_no_component() -> None:
    check_input("logs.encryption_key", "arn:aws:kms:eu-west-1:111111111111:key/a", "arn")
