"""Runs the static checkers, each as few times as it can be."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.static_checks.findings import Finding, accepted_by_plan
from tests_support import EXAMPLES, ROOT, lint

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.prove.exceptions import AcknowledgedException

Templates = dict[str, dict[str, Any]]
SCAN = Path(__file__).parent / "cloudsplaining_scan.py"


@dataclass(frozen=True)
class Checked:
    """What all checkers found in all examples."""

    templates: Mapping[str, int]
    """Number of templates by example."""
    findings: list[Finding]
    unused: list[tuple[str, AcknowledgedException]]
    """Exceptions that accept nothing, with their example."""


def check_everything(directory: Path) -> Checked:
    """Synthesise all examples below ``directory`` and run every checker over them."""
    templates: dict[str, Templates] = {}
    findings: list[Finding] = []
    unused = []
    for example in EXAMPLES:
        found, unaccepted, templates[example] = _nag(example, directory / example)
        findings += found
        unused += [(example, item) for item in unaccepted]
    findings += _checkov(directory, templates)
    findings += cloudsplaining(templates)
    for example, own in templates.items():
        for name, body in own.items():
            for match in lint(json.dumps(body), "eu-west-1"):
                findings.append(Finding(example, f"cfn-lint-{match}", name, None))
    return Checked({name: len(own) for name, own in templates.items()}, sorted(findings), unused)


def _nag(
    example: str, directory: Path
) -> tuple[list[Finding], list[AcknowledgedException], Templates]:
    """Synthesise under the packs of cdk-nag, with nothing acknowledged, so that all is found."""
    import aws_cdk as cdk
    import cdk_nag

    from groundplan.stacks.cdk import add_project, new_app

    app = new_app(
        outdir=str(directory), context={"@aws-cdk/core:failSynthOnValidationErrors": False}
    )
    packs = (
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.PCIDSS321Checks,
    )
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in packs))
    with patch("groundplan.constructs.cdk.checks.Validations"):
        decided = add_project(app, ROOT / "examples" / example / "groundplan.yaml")
    app.synth()
    report = json.loads((directory / "validation-report.json").read_text())
    found = (
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )
    findings, unused = accepted_by_plan(example, found, decided)
    return findings, unused, _templates(directory, decided)


def _templates(directory: Path, plan: Plan) -> Templates:
    from groundplan.stacks.bootstrap import bootstrap_files, read_cli_template

    stacks = {
        path.name: json.loads(path.read_text())
        for path in sorted(directory.glob("assembly-*/*.template.json"))
    }
    once = {
        path.replace("/", "-"): json.loads(text)
        for path, text in bootstrap_files(plan, read_cli_template()).items()
        if path.endswith(".template.json")
    }
    return stacks | once


def _checkov(directory: Path, templates: Mapping[str, Templates]) -> Iterator[Finding]:
    root = directory / "checkov"
    for example, own in templates.items():
        (root / example).mkdir(parents=True)
        for name, body in own.items():
            (root / example / name).write_text(json.dumps(body))
    command = [
        ROOT / ".venv-checkov" / "bin" / "checkov", "--directory", root, "--framework",
        "cloudformation", "--skip-download", "--compact", "--output", "json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    results = json.loads(done.stdout)["results"]
    assert results["parsing_errors"] == 0 or results["parsing_errors"] == []
    assert results["passed_checks"]
    for item in (*results["failed_checks"], *results["skipped_checks"]):
        _, example, name = item["file_path"].split("/")
        place = f"{name} {item['resource']}"
        reason = item["check_result"].get("suppress_comment")
        yield Finding(example, item["check_id"], place, reason)


def cloudsplaining(templates: Mapping[str, Templates]) -> Iterator[Finding]:
    """Scan every policy of a role; a policy's metadata names what is accepted."""
    policies, accepted = [], []
    for example, own in templates.items():
        for name, body in own.items():
            for id, resource in body["Resources"].items():
                for document in _documents(resource):
                    policies.append(_flat(document))
                    accepted.append((example, f"{name} {id}", _skipped(resource)))
    done = subprocess.run(
        [ROOT / ".venv-cloudsplaining" / "bin" / "python", SCAN],
        input=json.dumps(policies),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (example, place, skipped), risks in zip(accepted, json.loads(done.stdout), strict=True):
        for risk, subjects in risks.items():
            rule = f"cloudsplaining-{risk}"
            if rule in skipped:  # as a whole
                yield Finding(example, rule, place, skipped[rule])
                continue
            for subject in subjects:
                one = f"{rule}[{subject}]"
                yield Finding(example, one, place, skipped.get(one))


def _documents(resource: dict[str, Any]) -> list[Any]:
    properties = resource.get("Properties", {})
    if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        return [properties["PolicyDocument"]]
    if resource["Type"] == "AWS::IAM::Role":
        return [item["PolicyDocument"] for item in properties.get("Policies", [])]
    return []


def _skipped(resource: dict[str, Any]) -> dict[str, str]:
    entries = resource.get("Metadata", {}).get("cloudsplaining", {}).get("skip", [])
    return {entry["id"]: entry["comment"] for entry in entries}


def _flat(value: Any) -> Any:
    """Return a policy without intrinsic functions, a stand-in in the place of each."""
    if isinstance(value, list):
        return [_flat(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join"):
        return "arn:aws:service:eu-west-1:111111111111:stand-in"
    assert not any(key.startswith("Fn::") for key in value), value
    return {key: _flat(item) for key, item in value.items()}
