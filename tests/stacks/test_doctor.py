"""The checks of accounts, against the emulator; quotas against recorded answers."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from tests_support import example_spec, model_monitored

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan import plan as decide
from groundplan.blueprints.plan.delivery_pipeline import PipelineTarget
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0, template
from groundplan.blueprints.plan.trail_template import trail_template
from groundplan.blueprints.spec import DeliverySpec, parse_spec
from groundplan.stacks.doctor import Check, SessionFor, doctor, sessions
from groundplan.stacks.quotas import QuotaNeed, quota_needs
from groundplan.stacks.rehearsal.emulator import Emulator

QUOTAS = {"ml.m5.large for processing job usage": 4.0}
ANALYZERS = {
    "100000000002": ["groundplan-stage-0-churn"],
    "100000000005": ["ConsoleAnalyzer"],
    "100000000009": ["groundplan-stage-0-churn"],
}
"""Analysers of external access by account."""
GITHUB = "https://token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def open_session(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> SessionFor:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)

    def session_for(place: Place) -> boto3.Session:
        return session(emulator, place, QUOTAS, ANALYZERS.get(place.account, ()))

    return session_for


def _analyzer(name: str) -> dict[str, Any]:
    return {
        "arn": f"arn:aws:access-analyzer:eu-west-1:100000000001:analyzer/{name}",
        "createdAt": "2026-11-21T00:00:00Z",
        "name": name,
        "status": "ACTIVE",
        "type": "ACCOUNT",
    }


def session(
    emulator: Emulator, place: Place, quotas: dict[str, float], analyzers: Sequence[str] = ()
) -> boto3.Session:
    keys = emulator.environment(place.account, place.region)
    opened = boto3.Session(
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
        region_name=place.region,
    )
    client: Callable[..., Any] = opened.client

    def answered(service: str, **options: Any) -> Any:
        made = client(service, **options)
        if service == "service-quotas":  # the emulator has no such service
            stubber = Stubber(made)
            listed = [{"QuotaName": name, "Value": value} for name, value in quotas.items()]
            stubber.add_response("list_service_quotas", {"Quotas": listed})
            stubber.activate()
        if service == "accessanalyzer":  # nor this one
            stubber = Stubber(made)
            stubber.add_response("list_analyzers", {"analyzers": [_analyzer(n) for n in analyzers]})
            stubber.activate()
        return made

    opened.client = answered  # type: ignore[assignment, method-assign]
    return opened


def only(plan: Plan, scope: str, account: str, **changes: Any) -> Plan:
    """Return the plan with the stage 0 of one account, moved to ``account`` and changed."""
    found = next(item for item in plan.stage_0 if scope in item.scopes)
    place = replace(found.place, account=account)
    options: dict[str, Any] = {"project": plan.project, "place": place, "scopes": found.scopes}
    return replace(plan, stage_0=(plan_stage_0(**(options | changes)),))


def deploy(emulator: Emulator, stage_0: Stage0Plan) -> None:
    place = stage_0.place
    stacks = {stage_0.stack_name: template(stage_0)}
    if stage_0.trail is not None:
        stacks[stage_0.trail.stack_name] = trail_template(stage_0.trail)
    if stage_0.pipeline is not None:
        stacks[stage_0.pipeline.stack_name] = delivery_pipeline_template(stage_0.pipeline)
    for stack_name, body in stacks.items():
        emulator.client("cloudformation", place.account, place.region).create_stack(
            StackName=stack_name,
            TemplateBody=json.dumps(body),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )


def put_version(emulator: Emulator, stage_0: Stage0Plan, version: str) -> None:
    place = stage_0.place
    emulator.client("ssm", place.account, place.region).put_parameter(
        Name=f"/cdk-bootstrap/{stage_0.qualifier}/version", Value=version, Type="String"
    )


def seen(checks: tuple[Check, ...], what: str) -> tuple[str, str, str | None]:
    (found,) = [check for check in checks if check.what == what]
    return found.status, found.detail, found.fix


def test_an_empty_account_needs_stage_0(churn: Plan, open_session: SessionFor) -> None:
    plan = only(churn, "prod", "100000000001")

    checks = doctor(plan, open_session)

    assert [(check.what, check.status) for check in checks] == [
        ("credentials", "ok"),
        ("stage 0", "fail"),
        ("bootstrap", "fail"),
        ("job logs", "ok"),
        ("access analyser", "ok"),
        ("stacks", "ok"),
    ]
    repeat = "groundplan bootstrap SPEC --out DIR, and follow its README"
    assert seen(checks, "stage 0") == ("fail", "no stack groundplan-stage-0-churn", repeat)


def test_a_prepared_account_is_ready(
    churn: Plan, emulator: Emulator, open_session: SessionFor
) -> None:
    plan = only(churn, "prod", "100000000002")
    deploy(emulator, plan.stage_0[0])
    put_version(emulator, plan.stage_0[0], "32")

    checks = doctor(plan, open_session)

    assert [check for check in checks if check.status != "ok"] == []
    assert seen(checks, "bootstrap") == ("ok", "version 32", None)


def test_pulumi_needs_no_bootstrap(emulator: Emulator, open_session: SessionFor) -> None:
    pulumi = decide(example_spec("churn"), engine="pulumi")
    plan = only(pulumi, "prod", "100000000010", engine="pulumi")

    status, _, fix = seen(doctor(plan, open_session), "stage 0")
    assert (status, fix) == (
        "fail",
        "groundplan bootstrap SPEC --engine pulumi --out DIR, and follow its README",
    )

    deploy(emulator, plan.stage_0[0])
    checks = doctor(plan, open_session)

    assert seen(checks, "stage 0")[0] == "ok"
    assert {"bootstrap", "stacks"} & {check.what for check in checks} == set()


def test_a_new_endpoint_needs_stage_0_again(
    churn: Plan, emulator: Emulator, open_session: SessionFor
) -> None:
    before = only(churn, "prod", "100000000003", endpoints=(("prod", "churn"),))
    deploy(emulator, before.stage_0[0])
    after = only(churn, "prod", "100000000003", endpoints=(("prod", "churn"), ("prod", "fraud")))

    status, detail, fix = seen(doctor(after, open_session), "stage 0")

    assert status == "fail"
    assert detail == "missing: DeployProdFraud, DeployProdFraudPolicy1"
    assert fix is not None


def test_an_old_bootstrap_is_refused(
    churn: Plan, emulator: Emulator, open_session: SessionFor
) -> None:
    plan = only(churn, "prod", "100000000004")
    put_version(emulator, plan.stage_0[0], "21")

    status, detail, _ = seen(doctor(plan, open_session), "bootstrap")

    assert (status, detail) == ("fail", "version 21, below 28")


def test_what_an_account_has_already_is_not_made_again(
    churn: Plan, emulator: Emulator, open_session: SessionFor
) -> None:
    from groundplan.blueprints.spec import DeliverySpec

    account, delivery = "100000000005", DeliverySpec(repository="acme/churn")
    plan = only(churn, "prod", account, delivery=delivery)
    region = plan.stage_0[0].place.region
    emulator.client("iam", account, region).create_open_id_connect_provider(Url=GITHUB)
    logs = emulator.client("logs", account, region)
    logs.create_log_group(logGroupName="/aws/sagemaker/TrainingJobs")

    checks = doctor(plan, open_session)
    existing = only(
        churn, "prod", account, delivery=delivery, oidc_provider="existing", log_groups="existing",
        analyzer="existing",
    )  # fmt: skip
    checks_of_existing = doctor(existing, open_session)

    assert seen(checks, "identity provider") == (
        "fail",
        "exists before stage 0: token.actions.githubusercontent.com",
        "set governance.once_per_account.oidc_provider to existing",
    )
    assert seen(checks, "job logs")[1] == "exists before stage 0: /aws/sagemaker/TrainingJobs"
    assert seen(checks, "access analyser") == (
        "fail",
        "exists before stage 0: ConsoleAnalyzer",
        "set governance.once_per_account.analyzer to existing",
    )
    assert seen(checks_of_existing, "access analyser")[0] == "ok"
    assert seen(checks_of_existing, "identity provider")[0] == "ok"
    assert seen(checks_of_existing, "job logs") == (
        "fail",
        "missing: /aws/sagemaker/ProcessingJobs, /aws/sagemaker/TransformJobs",
        "make it, or set governance.once_per_account.log_groups to create",
    )


def test_a_trail_that_somebody_stopped_is_named(
    churn: Plan, emulator: Emulator, open_session: SessionFor
) -> None:
    plan = only(churn, "prod", "100000000009", audited_buckets=("churn-data-x",))
    stage_0 = plan.stage_0[0]
    assert seen(doctor(plan, open_session), "audit trail")[1] == (
        "no stack groundplan-stage-0-trail-churn"
    )
    deploy(emulator, stage_0)
    assert seen(doctor(plan, open_session), "audit trail")[0] == "ok"
    place = stage_0.place
    trails = emulator.client("cloudtrail", place.account, place.region)
    trails.stop_logging(Name="groundplan-stage-0-churn")
    assert seen(doctor(plan, open_session), "audit trail") == (
        "fail", "groundplan-stage-0-churn is stopped", "start it again, and ask who did",
    )  # fmt: skip


@pytest.mark.parametrize("status", ["PENDING", "AVAILABLE"])
def test_a_connection_that_nobody_completed_is_named(
    status: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = "100000000020" if status == "PENDING" else "100000000021"
    plan = only(
        decide(example_spec("nightly")), "tooling", account,
        delivery=DeliverySpec(ci="codepipeline", repository="acme/nightly"),
        pipeline_targets=(
            PipelineTarget(
                name="tooling", part="tooling", stages=("tooling",), approval=False,
                places=(Place(account=account, region="eu-west-1"),),
            ),
        ),
    )  # fmt: skip
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)

    def open_session(place: Place) -> boto3.Session:
        opened = session(emulator, place, QUOTAS)
        client: Callable[..., Any] = opened.client

        def answered(service: str, **options: Any) -> Any:
            made = client(service, **options)
            if service == "codeconnections":  # the emulator has no such service
                stubber = Stubber(made)
                told = {"ConnectionName": "nightly", "ConnectionStatus": status}
                stubber.add_response("get_connection", {"Connection": told})
                stubber.activate()
            return made

        opened.client = answered  # type: ignore[assignment, method-assign]
        return opened

    assert seen(doctor(plan, open_session), "connection")[:2] == ("fail", "none yet")
    deploy(emulator, plan.stage_0[0])
    checks = doctor(plan, open_session)
    assert seen(checks, "pipeline")[0] == "ok"
    assert seen(checks, "connection") == (
        ("ok", "nightly is AVAILABLE", None)
        if status == "AVAILABLE"
        else (
            "fail",
            "nightly is PENDING",
            (
                "complete it once in the console: Developer Tools, Settings, Connections, "
                "Update pending connection"
            ),
        )
    )


def test_a_failed_stack_is_named(
    churn: Plan, emulator: Emulator, open_session: SessionFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(churn, stage_0=tuple(s for s in churn.stage_0 if "prod" in s.scopes))
    place = plan.stage_0[0].place
    stack_name = next(s.stack.name for s in churn.stacks() if s.stack.place == place)
    cloudformation = emulator.client("cloudformation", place.account, place.region)
    broken = {"Resources": {"B": {"Type": "AWS::Logs::LogGroup", "Properties": {}}}}
    cloudformation.create_change_set(
        StackName=stack_name,
        ChangeSetName="x",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(broken),
    )

    checks = doctor(plan, open_session)

    assert seen(checks, f"stack {stack_name}") == (
        "fail",
        "REVIEW_IN_PROGRESS",
        "see its events, then roll back or deploy",
    )


def test_credentials_of_another_account_are_refused(churn: Plan, emulator: Emulator) -> None:
    plan = only(churn, "prod", "100000000006")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)
        other = replace(plan.stage_0[0].place, account="100000000007")
        checks = doctor(plan, lambda place: session(emulator, other, QUOTAS))

    (check,) = checks
    assert (check.status, check.detail, check.fix) == (
        "fail",
        "they are of account 100000000007",
        "use credentials of 100000000006",
    )


def test_a_missing_profile_is_a_finding(
    churn: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    plan = only(churn, "prod", "100000000008")

    (check,) = doctor(plan, sessions("acme-"))

    assert (check.what, check.status) == ("credentials", "fail")
    assert check.detail == "The config profile (acme-100000000008) could not be found"


def test_needs_of_the_training_account(churn: Plan) -> None:
    account = next(s.place.account for s in churn.stage_0 if "prod" in s.scopes)
    needs = {need.quota: need for need in quota_needs(churn, account)}
    hosting = [need for quota, need in needs.items() if quota.endswith("for endpoint usage")]
    assert hosting
    assert all(need.comfortable == 2 * need.instances for need in hosting)
    assert any(quota.endswith("training job usage") for quota in needs)
    assert any(quota.endswith("processing job usage") for quota in needs)


@pytest.mark.parametrize(("value", "status"), [(None, "fail"), (0, "fail"), (1, "warn"), (2, "ok")])
def test_a_quota_is_compared_with_the_need(
    churn: Plan,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    value: float | None,
    status: str,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)
    need = QuotaNeed(quota="ml.m5.large for endpoint usage", instances=1, comfortable=2)
    monkeypatch.setattr("groundplan.stacks.doctor.quota_needs", lambda plan, account: (need,))
    plan = only(churn, "prod", "100000000009")
    quotas = {} if value is None else {need.quota: value}

    checks = doctor(plan, lambda place: session(emulator, place, quotas))

    assert seen(checks, f"quota {need.quota}")[0] == status


def test_what_model_monitor_watches_is_said(open_session: SessionFor) -> None:
    whole = decide(parse_spec(model_monitored(), "spec"))
    own = tuple(item for item in whole.stage_0 if item.place.account == "333333333333")

    status, detail, fix = seen(doctor(replace(whole, stage_0=own), open_session), "Model Monitor")

    assert (status, detail, fix) == (
        "warn",
        (
            "closed to accounts that did not use it before 2026-07-30; the plan uses it for "
            "churn-prod-churn"
        ),
        "make sure that this account has it, or set monitoring.provider to evidently",
    )
