"""What docs/pulumi.md tells a user to write works."""

import re
import runpy
from pathlib import Path

import pulumi
import pytest

from groundplan.stacks.pulumi.policies import RULES
from groundplan.stacks.pulumi.recording import record

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "pulumi.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def block(containing: str) -> str:
    [found] = [text for text in BLOCKS if containing in text]
    return str(found)


def run(text: str, folder: Path) -> dict[str, object]:
    """Run a block as a file of its own, and return what it defines."""
    program = folder / "block.py"
    program.write_text(text)
    return runpy.run_path(str(program))


def test_one_component_in_a_program_of_your_own(tmp_path: Path) -> None:
    recording = record(lambda: run(block("DataBucketArgs(plan"), tmp_path))
    assert {item.name for item in recording.of_type("aws:s3/bucket:Bucket")} == {"reports-Resource"}
    made = [item for item in recording.registrations if item.type.startswith("aws:")]
    assert all("::analytics::" in item.provider for item in made)
    assert recording.outputs == {"reports": "reports-111111111111"}


def test_files_of_a_first_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = (ROOT / "examples" / "sandbox" / "groundplan.yaml").read_text()
    (tmp_path / "groundplan.yaml").write_text(spec)
    monkeypatch.chdir(tmp_path)
    run(block("project_files(decided)"), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"Pulumi.yaml", "Pulumi.tooling.yaml", "Pulumi.dev.yaml", "__main__.py"} < names


def test_adopting_a_bucket_is_a_transform(tmp_path: Path) -> None:
    adopt = run(f"import pulumi\n{block('def adopt')}", tmp_path)["adopt"]
    assert callable(adopt)

    def offered(name: str) -> pulumi.ResourceTransformResult | None:
        args = pulumi.ResourceTransformArgs(
            custom=True, type_="aws:s3/bucket:Bucket", name=name, props={}, opts=pulumi.ResourceOptions()
        )  # fmt: skip
        result = adopt(args)
        assert result is None or isinstance(result, pulumi.ResourceTransformResult)
        return result

    assert offered("reports-Policy") is None
    changed = offered("reports-Resource")
    assert changed is not None and changed.opts.import_ == "reports-111111111111"


def test_every_export_and_key_is_documented() -> None:
    from groundplan.stacks.pulumi.outputs import _EXPORTED

    assert all(f"`{kind}`" in PAGE for kind, _, _ in _EXPORTED)
    program = (ROOT / "stacks/groundplan/stacks/pulumi/program.py").read_text()
    keys = set(re.findall(r'onfig\.(?:get|require)\(f?"(\w+)', program))
    assert keys == {
        "spec",
        "part",
        "deploymentRole",
        "endpointUrl",
        "modelVersion",
        "profilePrefix",
    }
    assert all(f"`groundplan:{key}" in PAGE for key in keys)


def test_every_rule_of_the_policy_pack_is_documented() -> None:
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.description} |" in PAGE


def test_pages_that_are_linked_are_there() -> None:
    for name in re.findall(r"\]\((\w[\w-]*\.md)\)", PAGE):
        assert (ROOT / "docs" / name).is_file(), name
