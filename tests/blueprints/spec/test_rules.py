"""Rules between fields."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.spec.rules import training

Edited = Callable[..., list[str]]
Edits = tuple[tuple[str, str], ...]
APPROVALS = (
    "orchestrator: step_functions\n  approvals:\n    production: "
    "{{approver_roles: ['arn:aws:iam::555555555555:role/{}']}}\n"
)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ((("name: dev, account: dev", "name: dev, account: devel"),),
         ("environments[0].account: not one of the spec's accounts, got 'devel'; "
         "did you mean 'dev'?")),
        ((("account: data", "account: lake"),),
         ("datasets[0].account: not one of the spec's accounts, got 'lake'; "
         "add it there, or use 'tooling' or 'data' or 'dev'")),
        ((("training: {dataset: frames", "training: {dataset: frame"),),
         ("models[1].training.dataset: not one of the spec's datasets, got 'frame'; "
         "did you mean 'frames'?")),
        ((("[prod, dev]", "[prod, develop]"),),
         ("datasets[0].readers[1]: not one of the spec's environments, got 'develop'; "
         "did you mean 'dev'?")),
        ((("        plate-reader:\n", "        plate-raeder:\n"),),
         ("environments[2].overrides.models.plate-raeder: not one of the spec's models, "
         "got 'plate-raeder'; did you mean 'plate-reader'?")),
        ((("      prod: {oidc", "      live: {oidc"),),
         ("governance.once_per_account.accounts.live: not one of the spec's accounts, "
         "got 'live'; add it there, or use 'tooling' or 'data' or 'dev'")),
        ((("name: plate-finder", "name: plate-reader"),),
         "models[1].name: is there twice, got 'plate-reader'; rename or remove one"),
        ((("{name: dev,", "{name: tooling,"), ("[prod, dev]", "[prod]")),
         ("environments[0].name: is the name of a shared part of the project, got 'tooling'; "
         "rename it")),
        ((("image: plate-reader-serve", "image: plate-reader-train"),),
         ("images[0].name: an image that no model uses, got 'plate-reader-serve'; "
         "did you mean 'plate-reader-train'?")),
        ((("stage: staging", "stage: staging\n    trains: true"),),
         ("environments[2].trains: a model is built once, in one environment, got true; "
         "remove it here or from 'staging'")),
        ((("    trains: true\n", ""),),
         ("environments: one of several environments must train, got 3 that do not; "
         "add 'trains: true' to one")),
        ((("[prod, dev]", "[dev]"),),
         ("datasets[0].readers: leaves out the environment that trains on it, got 'dev'; "
         "add 'prod'")),
        ((("{mode: isolated}", ("{mode: existing, vpc_id: vpc-01234567, "
           "subnet_ids: [subnet-01234567], security_group_ids: [sg-01234567]}")),
          ("{name: dev, account: dev, region: eu-west-1}",
           ("{name: dev, account: dev, region: eu-west-1}\n"
           "  - {name: test, account: dev, region: eu-west-2}")),
          ("allowed_regions: [eu-west-1]", "allowed_regions: [eu-west-1, eu-west-2]")),
         ("network.vpc_id: a VPC is in one region, and environments in several would use it, "
         "got 'vpc-01234567'; set the network of each environment under its overrides")),
        ((("subnet-0123456789abcdef1", "subnet-0123456789abcdef0"),),
         ("environments[1].overrides.network.subnet_ids[1]: is there twice, "
         "got 'subnet-0123456789abcdef0'; remove one")),
        ((("exposure, type: float, min: 0", "exposure, type: float, min: 2"),),
         "datasets[0].quality[2].min: must be at most max, which is 1, got 2; exchange the two"),
        ((("captured_at, type: timestamp", "captured_at, type: string"),),
         ("datasets[0].quality[1].max_age_hours: means nothing for a column of type string, "
         "got 26; remove it, or change the type to timestamp")),
        ((("max_wait_hours: 8", "max_wait_hours: 3"),),
         ("models[0].training.spot.max_wait_hours: must be at least max_runtime_hours, "
         "which is 4, got 3; raise it, or lower max_runtime_hours")),
        ((("dataset: frames, image: plate-reader-train, ", "dataset: frames, "),),
         ("models[1].training: needs exactly one of image, algorithm and jumpstart, got none; "
         "add 'image' with the name of an image to build")),
        ((("[ml.g5.4xlarge, ml.g5.2xlarge]", "[ml.g5.4xlarge, ml.g5.4xlarge]"),),
         ("environments[2].overrides.models.plate-reader.training_instance[1]: is there twice, "
         "got 'ml.g5.4xlarge'; remove one")),
        ((("{metric: cer, max: 0.02}", "{metric: cer}"),),
         ("models[0].evaluation.gates[0]: a gate needs a bound, got only a metric; "
         "add 'min' or 'max'")),
        ((("min: 0.9, max: 1,", "min: 1, max: 0.9,"),),
         ("models[0].evaluation.gates[1].min: must be at most max, which is 0.9, got 1; "
         "exchange the two")),
        ((("{min: 2, max: 4, target_invocations_per_minute: 600}", "{min: 2, max: 4}"),),
         ("models[0].serving.instances.max: scaling needs target_invocations_per_minute, got 4; "
         "add it, or remove max")),
        ((("{min: 2, max: 4, t", "{min: 2, t"),),
         ("models[0].serving.instances.target_invocations_per_minute: means nothing where max is "
         "not above min, got 600; remove it, or raise max")),
        ((("{min: 2, max: 4, t", "{min: 1, max: 4, t"),),
         ("models[0].serving.instances: strategy canary needs at least two instances, got min 1; "
         "raise min to 2, or use strategy 'all_at_once'")),
        ((("{min: 2, max: 8, t", "{min: 1, max: 8, t"),),
         ("environments[2].overrides.models.plate-reader.instances: strategy linear needs at least "
         "two instances, got min 1; raise min to 2, or use strategy 'all_at_once'")),
        ((("strategy: linear, percent: 25", "strategy: linear, percent: 5"),),
         ("environments[2].overrides.models.plate-reader.rollout.percent: must be at least 10 for "
         "strategy linear, got 5; raise it")),
        ((("bake_minutes: 20", "shadow_minutes: 30"),),
         ("models[0].serving.rollout.shadow_minutes: means nothing without shadow_first, got 30; "
         "remove it, or add 'shadow_first: true'")),
        ((("orchestrator: step_functions\n", APPROVALS.format("gate/keeper', 'arn:aws:iam::555555555555:role/gate/keeper")),),
         ("pipelines.approvals.production.approver_roles[1]: is there twice, "
         "got 'arn:aws:iam::555555555555:role/gate/keeper'; remove one")),
        ((("orchestrator: step_functions\n",
           APPROVALS.format("groundplan/plate-vision/plate-vision-prod-release")),),
         ("pipelines.approvals.production.approver_roles[0]: is a role of the project's own, which "
         "must not approve its own models, got "
         "'arn:aws:iam::555555555555:role/groundplan/plate-vision/plate-vision-prod-release'; "
         "name a role that people assume")),
        ((("stage: staging", "stage: development"),
          ("orchestrator: step_functions\n",
           "orchestrator: step_functions\n  approvals: {staging: automatic}\n"),),
         ("pipelines.approvals.staging: means nothing without an environment of stage staging, "
         "got 'automatic'; remove it, or add the environment")),
        ((("strategy: canary", "strategy: all_at_once"),),
         ("models[0].serving.rollout.percent: means nothing for strategy all_at_once, got 10; "
         "remove it, or set the strategy")),
        ((("        plate-reader:\n", ("        plate-finder: {capture: {percent: 1}}\n"
           "        plate-reader:\n")),),
         ("environments[2].overrides.models.plate-finder.capture: is set for a model without a "
         "realtime endpoint, got a mapping; remove it, or add 'serving' to the model")),
        ((("stage: staging\n    overrides:\n", ("stage: staging\n    overrides:\n      models: "
           "{plate-finder: {training_instance: ml.m5.large}}\n")),),
         ("environments[1].overrides.models.plate-finder.training_instance: is set where nothing "
         "is trained, got 'ml.m5.large'; move it to 'prod', or remove it")),
        ((("{name: dev, account: dev, region: eu-west-1}",
           "{name: dev, account: dev, region: us-east-1}"),),
         ("environments[0].region: not one of governance.allowed_regions (eu-west-1), "
         "got 'us-east-1'; use one of them, or add it there")),
        ((("cost-center:", "aws:cost:"),),
         ("governance.tags['aws:cost']: a tag of this prefix is not the user's to set, "
         "got 'aws:cost'; rename it")),
        ((('"4711"', '"4711 €"'),),
         ("governance.tags.cost-center: a tag has only letters, digits, spaces and any of "
         "'_.:/=+@-', got '4711 €'; remove the other characters")),
        ((("iam::*:policy", "iam::111111111111:policy"),),
         ("governance.permissions_boundary: a boundary must be in the account of its roles, and "
         "222222222222 is another, got 'arn:aws:iam::111111111111:policy/team-boundary'; "
         "write '*' for the account id, and make the policy in every account")),
        ((('prod: "555555555555"', 'prod: "333333333333"'),
          ("      prod: {oidc", "      dev: {oidc_provider: existing}\n      prod: {oidc")),
         ("governance.once_per_account.accounts.prod.oidc_provider: 'dev' is the same account and "
         "says 'existing', got 'create'; say the same for both")),
        ((("  owner_id: 7654321\n", ""),),
         ("delivery.repository_id: needs both repository_id and owner_id, got 1234567; "
         "add the other one")),
        ((("optimizer: adam", "api_key: hunter2"),),
         ("models[0].training.hyperparameters.api_key: a spec must not hold credentials, "
         "got a credential; remove it, revoke it, and let the script read it from "
         "AWS Secrets Manager")),
        ((("optimizer: adam", "optimizer: AKIAIOSFODNN7EXAMPLE"),),
         ("models[0].training.hyperparameters.optimizer: a spec must not hold credentials, "
         "got a credential; remove it, revoke it, and let the script read it from "
         "AWS Secrets Manager")),
        ((("optimizer: adam", "optimizer: '${OPTIMIZER}'"),),
         ("models[0].training.hyperparameters.optimizer: is a placeholder, got '${OPTIMIZER}'; "
         "write the real value")),
    ],
)  # fmt: skip
def test_fails_on_a_broken_rule(edits: Edits, message: str, edited: Edited) -> None:
    assert edited(*edits) == [message]


def test_gitlab_has_groups_within_groups_and_nothing_of_github(edited: Edited) -> None:
    to_gitlab = ("ci: github", "ci: gitlab")
    ids = ("  repository_id: 1234567\n  owner_id: 7654321\n", "")
    groups = ("  repository: acme/plate-reader\n", "  repository: acme/ml/plate-reader\n")
    assert edited(to_gitlab) == [
        (
            "delivery.repository_id: is for github only, got 1234567; "
            "remove it, or set delivery.ci to github"
        ),
        "delivery.owner_id: is for github only, got 7654321; remove it, or set delivery.ci to github",
    ]
    assert "delivery.repository: a repository of GitHub is owner/name" in edited(groups)[0]
    assert not [text for text in edited(to_gitlab, ids, groups) if text.startswith("delivery")]
    own = ("ci: github\n", "ci: github\n  url: https://git.acme.example\n")
    assert edited(own) == [
        (
            "delivery.url: is for gitlab only, got 'https://git.acme.example'; "
            "remove it, or set delivery.ci to gitlab"
        )
    ]
    port = ("ci: github\n", "ci: gitlab\n  url: https://git.acme.example:8443/x\n")
    assert "delivery.url: must be an address that begins with https://" in edited(port, ids)[0]


def test_fails_when_nobody_administers_an_account(edited: Edited) -> None:
    arn = "arn:aws:iam::111111111111:role/Administrator"
    edit = ("  log_retention_days: 365\n", f"  administrators: ['{arn}']\n")
    assert edited(edit)[0] == (
        "governance.administrators: name nobody in account 'data', and nobody else could change "
        "stage 0 there, got '222222222222'; add a role of it, or write '*' for the account id"
    )


@pytest.mark.parametrize("pattern", ["*", "groundplan-stage-0/*", "cdk-*", "*deployer"])
def test_fails_when_the_projects_own_roles_administer(pattern: str, edited: Edited) -> None:
    arn = f"arn:aws:iam::*:role/{pattern}"
    edit = ("  log_retention_days: 365\n", f"  administrators: ['{arn}']\n")
    assert edited(edit) == [
        (
            "governance.administrators[0]: also names the project's own roles, which stage 0 bounds, "
            f"got {arn!r}; name people's roles only"
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image: plate-reader-train\n", "algorithm: xgboost@1.7\n",
         ("models[0].training.algorithm: is not built yet, got 'xgboost@1.7'; "
         "remove it until it is")),
        ("image: plate-reader-train\n", "jumpstart: some-model\n",
         ("models[0].training.jumpstart: is not built yet, got 'some-model'; "
         "remove it until it is")),
        ("max_runtime_hours: 4\n", "max_runtime_hours: 4\n      sample: 0.05\n",
         "models[0].training.sample: is not built yet, got 0.05; remove it until it is"),
        ("spot: null}", "spot: null}\n    serving: {kind: serverless}",
         "models[1].serving.kind: is not built yet, got 'serverless'; use 'realtime', 'batch'"),
        ("orchestrator: step_functions", "orchestrator: sagemaker",
         ("pipelines.orchestrator: is not built yet, got 'sagemaker'; use 'step_functions', "
         "'airflow', 'kubeflow'")),
        ("  log_retention_days: 365\n", "  regulatory: [hipaa]\n",
         "governance.regulatory: is not built yet, got a list; remove it until it is"),
    ],
)  # fmt: skip
def test_fails_on_what_is_not_built_yet(old: str, new: str, message: str, edited: Edited) -> None:
    assert edited((old, new)) == [message]


IDS = "  repository_id: 1234567\n  owner_id: 7654321\n"
CONNECTION = "arn:aws:codeconnections:us-east-1:{}:connection/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.mark.parametrize(
    ("ci", "more", "message"),
    [
        ("codepipeline", IDS,
         ("delivery.repository_id: is for github only, got 1234567; "
          "remove it, or set delivery.ci to github")),
        ("github", f"{IDS}  connection: create\n",
         ("delivery.connection: is for codepipeline only, got 'create'; "
          "remove it, or set delivery.ci to codepipeline")),
        ("codepipeline", f"  connection: {CONNECTION.format('222222222222')}\n",
         ("delivery.connection: is of account 222222222222, and the pipeline is in the tooling account, "
          f"got '{CONNECTION.format('222222222222')[:77]}...'; use a connection of the tooling account, or "
          "'create'")),
        ("codepipeline",
         f"  provider: gitlab\n  connection: {CONNECTION.format('111111111111')}\n",
         ("delivery.provider: is for a connection that is made, and this one exists, got 'gitlab'; "
          "remove it")),
    ],
)  # fmt: skip
def test_fails_on_what_another_ci_system_has(
    ci: str, more: str, message: str, edited: Edited
) -> None:
    assert message in edited(("  ci: github\n", f"  ci: {ci}\n"), (IDS, more))


def test_a_connection_of_the_tooling_account_is_used(edited: Edited) -> None:
    connection = CONNECTION.format("111111111111")
    edits = (("  ci: github\n", "  ci: codepipeline\n"), (IDS, f"  connection: {connection}\n"))
    assert edited(*edits) == []


def test_what_is_not_built_may_be_set_to_its_default(edited: Edited) -> None:
    assert edited(("max_runtime_hours: 4\n", "max_runtime_hours: 4\n      sample: null\n")) == []


def test_a_data_trigger_names_a_dataset(edited: Edited) -> None:
    messages = edited(("  triggers:\n", "  triggers:\n    - {kind: data, dataset: frame}\n"))

    assert messages[0] == (
        "pipelines.triggers[0].dataset: not one of the spec's datasets, got 'frame'; "
        "did you mean 'frames'?"
    )


def test_fails_on_spot_training_of_a_type_without_it(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name: replace(shape, spot="no") for name, shape in instance_types().items()}
    monkeypatch.setattr(training, "instance_types", lambda: known)

    assert edited(("[ml.g5.2xlarge, ml.g6.2xlarge]", "[ml.g5.2xlarge]"))[-1] == (
        "models[0].training.instance.prefer[0]: cannot train on spare capacity, "
        "got 'ml.g5.2xlarge'; use another type, or set spot to null"
    )
