"""Both engines on every example: equal, but for what the table of differences holds."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from tests.parity.engines import MONITORED, ROOT, example
from tests.parity.page import page
from tests_support import EXAMPLES

from groundplan.stacks.parity import DIFFERENCES, explain
from groundplan.stacks.parity.tagged import TAGGED

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("parity")]


@pytest.mark.parametrize("name", [*EXAMPLES, MONITORED])
def test_both_engines_deploy_the_same(name: str) -> None:
    both = example(name)
    _, left = explain(both.changes)
    assert list(map(str, left)) == []
    assert both.cdk.resources > 60 and both.pulumi.resources > 60


def test_each_difference_is_needed() -> None:
    needed = {
        id for name in EXAMPLES for id, found in explain(example(name).changes)[0].items() if found
    }
    assert {item.id for item in DIFFERENCES} == needed


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / "parity.md").read_text("utf-8") == page()


@pytest.mark.parametrize("name", EXAMPLES)
def test_pulumi_protects_what_it_retains(name: str) -> None:
    """What takes the place of termination protection and stack policies."""
    both = example(name)
    for item in both.pulumi.items.values():
        kept = item.facts["kept"]
        if item.kind not in ("endpoint", "endpoint config", "model", "object"):
            assert kept["protected"] is kept["when deleted"], item.key
    policies = {
        stack.identity.partition("-serving-")[2]: stack.facts["policy"] is not None
        for stack in both.cdk.of_kind("stack")
        if "prod-serving-" in stack.identity
    }
    for model, has_policy in policies.items():
        [endpoint] = [
            item
            for item in both.pulumi.of_kind("endpoint")
            if item.identity.endswith(f"prod-{model}")
        ]
        assert endpoint.facts["kept"]["protected"] is has_policy


def test_no_state_of_a_release_is_explained_that_is_equal_by_design() -> None:
    """Approval, lock, tests, bake and record of a release are the same states with both engines."""
    changes = explain(example("vision").changes)[0]["release-machine"]
    different = {change.path.split("/")[2] for change in changes if "States" in change.path}
    machine = next(
        item
        for item in example("vision").cdk.of_kind("state machine")
        if item.identity.endswith("prod-release")
    )
    equal = set(machine.facts["definition"]["States"]) - different
    for word in ("Approved", "Bake", "Skew", "Record", "Publish", "Unlock", "Renew"):
        assert any(state.startswith(word) for state in equal), word


def test_what_has_tags_is_what_the_sdks_say() -> None:
    types = _types()
    taggable = {type for type in types if _has_tags(type)}
    assert {type for type in TAGGED if type in types} == taggable


def _types() -> set[str]:
    source = Path(inspect.getfile(explain)).parent
    text = "".join(path.read_text("utf-8") for path in sorted(source.glob("*.py")))
    return set(re.findall(r'"(AWS::\w+::\w+|aws:[\w/]+:\w+)":? ?', text)) - {
        "AWS::S3::Bucket::",
        "aws:index/getAvailabilityZones:getAvailabilityZones",
    }


def _has_tags(type: str) -> bool:
    if type.startswith("AWS::"):
        _, service, name = type.split("::")
        made = getattr(import_module(f"aws_cdk.aws_{service.lower()}"), f"Cfn{name}")
        return hasattr(made, "tags") or hasattr(made, "cdk_tag_manager")
    _, module, name = type.split(":")
    made = getattr(import_module(f"pulumi_aws.{module.split('/')[0]}"), name)
    return "tags" in inspect.signature(made._internal_init).parameters
