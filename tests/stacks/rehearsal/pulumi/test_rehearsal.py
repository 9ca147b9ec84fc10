"""A project lives its life by Pulumi programs; what a component leaves out is found by the checks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
from tests_support import ROOT, run_command

from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec
from groundplan.constructs.pulumi import data_bucket
from groundplan.stacks.pulumi.recording import Registration
from groundplan.stacks.rehearsal import RehearsalOptions, day_zero, rehearse
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.pulumi.deployer import PulumiDeployer
from groundplan.stacks.rehearsal.pulumi.engine import _Deployment
from groundplan.stacks.rehearsal.teardown import tear_down
from groundplan.stacks.rehearsal.world import World

PHASES = [
    "pulumi preview",
    "stage 0",
    "pulumi up",
    "check through the service APIs",
    "up again",
    "images",
    "data uploaded",
    "training",
    "training, nothing changed",
    "release",
    "check through the service APIs",
    "monitoring",
    "deploy after release",
    "training",
    "second release",
    "failed releases",
    "two releases at once",
    "an emergency",
    "drift",
    "no spot capacity",
    "bad data",
    "changed spec, missed gate",
    "teardown",
]
SANDBOX = ROOT / "examples" / "sandbox" / "groundplan.yaml"


@contextmanager
def world(workdir: Path) -> Iterator[World]:
    spec = load_spec(SANDBOX)
    with Emulator(images={}, workdir=workdir) as emulator:
        yield World(
            spec=spec,
            spec_path=SANDBOX,
            plan=plan(spec, engine="pulumi"),
            emulator=emulator,
            deployer=PulumiDeployer(emulator),
            workdir=workdir,
            say=lambda text: None,
        )


def test_day_0_of_sandbox_is_as_planned_stays_and_goes(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        deployer = here.deployer
        made = deployer.prepare(here)
        phases = [
            made,
            day_zero.make_stage_0(here),
            deployer.deploy_all(here),
            day_zero.check_all(here),
            deployer.deploy_again(here),
            tear_down(here),
        ]
    assert [problem for phase in phases for problem in phase.problems] == []
    resources = int(made.detail.split()[0])
    same = int(phases[4].detail.split()[0])
    assert resources - same == 4, "all but the providers, one a stage and one of the endpoint"
    assert int(phases[3].detail.split()[0]) > 800


def _without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda inputs: {key: value for key, value in inputs.items() if key not in names}


PLANTED: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "keys do not rotate": (
        "aws:kms/key:Key",
        lambda inputs: {**inputs, "enableKeyRotation": False},
        "sandbox-dev-state/Key: rotation: ",
    ),
    "buckets may become public": (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda inputs: {**inputs, "restrictPublicBuckets": False},
        "sandbox-dev-state/Work: public_access_block: ",
    ),
    "roles are not bounded": (
        "aws:iam/role:Role",
        _without("permissionsBoundary"),
        "sandbox-dev-training/CultivarPipeline: role.permissions_boundary: ",
    ),
    "topics are not encrypted": (
        "aws:sns/topic:Topic",
        _without("kmsMasterKeyId"),
        "sandbox-dev-state/Alerts: encryption_key_alias: ",
    ),
    "logs are kept for ever": (
        "aws:cloudwatch/logGroup:LogGroup",
        _without("retentionInDays"),
        "sandbox-dev-state/PipelineReleaseLogs: retention_days: ",
    ),
    "tables are not recoverable": (
        "aws:dynamodb/table:Table",
        _without("pointInTimeRecovery"),
        "sandbox-dev-state/Locks: recovery: ",
    ),
    "events that are not delivered are lost": (
        "aws:cloudwatch/eventTarget:EventTarget",
        _without("deadLetterConfig"),
        "sandbox-dev-release/CultivarReleaseRule: dead_letter_queue_arn: ",
    ),
}


def test_what_a_component_leaves_out_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = _Deployment.create

    def planted(self: _Deployment, registration: Registration) -> Any:
        for type, change, _ in PLANTED.values():
            if registration.type == type:
                registration = replace(registration, inputs=change(dict(registration.inputs)))
        return create(self, registration)

    def unencrypted(key_arn: object) -> Any:
        del key_arn
        by_default: Any = {"sse_algorithm": "AES256"}
        return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default
        )

    monkeypatch.setattr(_Deployment, "create", planted)
    monkeypatch.setattr(data_bucket, "_encryption", unencrypted)
    with world(tmp_path) as here:
        day_zero.make_stage_0(here)
        here.deployer.deploy_all(here)
        problems = day_zero.check_all(here).problems
    missed = [
        name
        for name, (_, _, sign) in PLANTED.items()
        if not any(sign in problem for problem in problems)
    ]
    assert missed == []
    for bucket in ("dev-state/Work", "data-state/WinesBucket", "tooling-registry/Artifacts"):
        planted_in = (
            f'sandbox-{bucket}: encryption_key.algorithm: planned "aws:kms", found "AES256"'
        )
        assert planted_in in problems


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["sandbox", "churn"])
def test_example_lives_as_planned(name: str) -> None:
    faults = name == "churn"
    report = rehearse(
        ROOT / "examples" / name / "groundplan.yaml",
        RehearsalOptions(engine="pulumi", faults=faults),
    )
    assert report.problems == ()
    plain = [
        item for item in PHASES[: PHASES.index("two releases at once")] if item != "monitoring"
    ]
    assert [phase.name for phase in report.phases] == (PHASES if faults else [*plain, "teardown"])
    seen = {phase.name: phase.detail for phase in report.phases}
    assert "RolledBack" in seen["failed releases"]
    assert any(item.startswith("Pulumi's own engine") for item in report.uncovered)
    if faults:
        assert "prod (approved by model-approver)" in seen["release"]
        assert "prod: ApprovalExpired" in seen["second release"]
        assert "GateNotMet" in seen["changed spec, missed gate"]


def test_the_command_knows_both_engines() -> None:
    done = run_command("rehearse", SANDBOX, "--engine", "terraform")
    assert done.returncode == 2
    assert "'terraform' is not one of 'cdk', 'pulumi'" in done.stderr
