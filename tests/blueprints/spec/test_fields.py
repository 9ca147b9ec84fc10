"""What single fields refuse, and how each refusal reads."""

from collections.abc import Callable

import pytest

from groundplan.blueprints.spec import spec_schema
from groundplan.blueprints.spec.messages import PATTERNS

Edited = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "version: not one of the values allowed, got 2; use 1"),
        ("project: plate-vision", "project: Plate",
         ("project: must be lower-case letters, digits and single hyphens, and start with a letter, "
         "got 'Plate'; rename it")),
        ("project: plate-vision", "project: a--b",
         ("project: must be lower-case letters, digits and single hyphens, and start with a letter, "
         "got 'a--b'; rename it")),
        ("project: plate-vision", "project: ab",
         "project: must have at least 3 characters, got 'ab'; write more"),
        ("project: plate-vision", f"project: {'a' * 25}",
         f"project: must have at most 24 characters, got '{'a' * 25}'; shorten it"),
        ("project: plate-vision", "project: 12",
         "project: must be text, got 12; put it in quotes"),
        ("project: plate-vision", "projet: plate-vision",
         "projet: unknown field, got 'projet'; did you mean 'project'?"),
        ("organization: acme\n", "", "organization: missing, got nothing; add 'organization'"),
        ("o-a1b2c3d4e5", "acme",
         ("organization_id: must be the id of an AWS organisation, got 'acme'; "
         "use one like 'o-a1b2c3d4e5'")),
        ('dev: "333333333333"', "dev: 33333333333",
         ("accounts.dev: an account id has 12 digits, got 33333333333; "
         "put all 12 digits in quotes, since a number loses its leading zeros")),
        ('dev: "333333333333"', "dev: true", ("accounts.dev: must be text, got true; "
         "put it in quotes")),
        ("name: dev, account: dev, region: eu-west-1", "name: dev, account: dev, region: eu-west-9",
         "environments[0].region: unknown region, got 'eu-west-9'; did you mean 'eu-west-3'?"),
        ("trains: true", "trains: yes",
         "environments[2].trains: must be true or false, got 'yes'; write it without quotes"),
        ("stage: staging", "stage: stagin",
         ("environments[1].stage: not one of the values allowed, got 'stagin'; "
         "did you mean 'staging'?")),
        ("10.40.0.0/20", "10.40.0.1/20",
         ("environments[2].overrides.network.vpc_cidr: must be a block of IPv4 addresses in CIDR "
         "notation, got '10.40.0.1/20'; did you mean '10.40.0.0/20'?")),
        ("10.40.0.0/20", "10.40.0.0/28",
         ("environments[2].overrides.network.vpc_cidr: must be between a /16 and a /24, so that "
         "every zone has room for jobs and endpoints, got '10.40.0.0/28'; "
         "use one like '10.0.0.0/20'")),
        ("10.40.0.0/20", "8.8.0.0/20",
         ("environments[2].overrides.network.vpc_cidr: must be a block of private addresses, "
         "got '8.8.0.0/20'; use one like '10.0.0.0/20'")),
        ("zones: 3", "zones: 7",
         "environments[2].overrides.network.zones: must be at most 6, got 7; change it"),
        ("{mode: isolated}", "{mode: isolate}",
         "network.mode: unknown mode, got 'isolate'; did you mean 'isolated'?"),
        ("{mode: isolated}", "isolated",
         "network: must be a mapping, got 'isolated'; write fields as 'name: value'"),
        ("vpc-0123456789abcdef0", "0123",
         ("environments[1].overrides.network.vpc_id: must be the id of a VPC, got '0123'; "
         "use one like 'vpc-0123456789abcdef0'")),
        ("[prod, dev]", "prod",
         "datasets[0].readers: must be a list, got 'prod'; write it in brackets or with hyphens"),
        ("archive_after_days: 365", "archive_after_days: 0",
         "datasets[0].retention.archive_after_days: must be at least 1, got 0; change it"),
        ("archive_after_days: 365", "archive_after_days: 1.5",
         ("datasets[0].retention.archive_after_days: must be a whole number, got 1.5; "
         "write it without quotes or fraction")),
        ('"^[A-Z0-9-]{4,10}$"', '"["',
         ("datasets[0].quality[0].pattern: must be a regular expression of Python, got '['; "
         "correct or escape it")),
        ("max_missing: 0.001", "max_missing: 1%",
         "datasets[0].quality[0].max_missing: must be a number, got '1%'; write it without quotes"),
        ("max_age_hours: 26", "max_age_hours: 0",
         "datasets[0].quality[1].max_age_hours: must be greater than 0, got 0; change it"),
        ("[AT, CH, DE, 'NO']", "[]",
         "datasets[0].quality[3].allowed: must have at least 1 entry, got an empty list; add one"),
        ("context: ml/serve", "context: ../serve",
         ("images[0].context: must be a path below the folder of the spec, with '/' between its "
         "parts, got '../serve'; use one like 'ml' or 'ml/serve'")),
        ("instance: [ml.m5.xlarge]", "instance: m5.xlarge",
         ("models[1].training.instance: unknown instance type, got 'm5.xlarge'; "
         "did you mean 'ml.m5.xlarge'?")),
        ("instance: [ml.m5.xlarge]", "instance: ml.c5.large",
         ("models[1].training.instance: cannot train, got 'ml.c5.large'; "
         "did you mean 'ml.c5.xlarge'?")),
        ("instance: [ml.m5.xlarge]", "instance: [ml.m5.xlarge, 5]",
         "models[1].training.instance[1]: must be text, got 5; put it in quotes"),
        ("instance: ml.g5.xlarge", "instance: ml.t3.large",
         ("models[0].serving.instance: cannot host, got 'ml.t3.large'; "
         "did you mean 'ml.t2.large'?")),
        ("instance: ml.g5.xlarge", "instance: [ml.g5.xlarge]",
         "models[0].serving.instance: must be text, got a list; write text"),
        ("      instance: ml.m5.xlarge", "      instance: ml.inf2.xlarge",
         ("models[0].evaluation.instance: cannot run processing jobs, got 'ml.inf2.xlarge'; "
         "did you mean 'ml.r7i.xlarge'?")),
        ("epochs: 40", "epochs: [40]",
         ("models[0].training.hyperparameters.epochs: must be text, a number, true or false, "
         "got a list; write one value")),
        ("learning_rate: 0.0003", "learning_rate: 1e999",
         ("models[0].training.hyperparameters.learning_rate: must be a finite number, "
         "got a very large number; write one that fits")),
        ("kind: realtime", "kind: realtme",
         "models[0].serving.kind: unknown kind, got 'realtme'; did you mean 'realtime'?"),
        ("kind: schedule, ", "",
         ("pipelines.triggers[0].kind: missing, got nothing; "
         "use 'push', 'schedule', 'data' or 'drift'")),
        ('"0 3 * * MON"', '"0 3 * * 1"',
         ("pipelines.triggers[0].cron: '1' is no day of the week by name, got '0 3 * * 1'; "
         "write five fields like '0 3 * * MON'")),
        ('"0 3 * * MON"', '"0 24 * * MON"',
         ("pipelines.triggers[0].cron: '24' is no hour, got '0 24 * * MON'; "
         "write five fields like '0 3 * * MON'")),
        ('"0 3 * * MON"', '"0 3 1 * MON"',
         ("pipelines.triggers[0].cron: must not set both a day of the month and a day of the week, "
         "got '0 3 1 * MON'; set one of them to '*'")),
        ("Europe/Berlin", "Europe/Berln",
         ("pipelines.triggers[0].time_zone: unknown time zone, got 'Europe/Berln'; "
         "did you mean 'Europe/Berlin'?")),
        ("repository: acme/plate-reader", "repository: plate-reader",
         ("delivery.repository: must be a repository as owner/name, got 'plate-reader'; "
         "use one like 'acme/churn'")),
        ('"arn:aws:iam::*:policy/team-boundary"', "team",
         ("governance.permissions_boundary: must be 'managed' or the ARN of an IAM policy, "
         "got 'team'; use one like 'arn:aws:iam::*:policy/name'")),
        ("log_retention_days: 365", "log_retention_days: 100",
         ("governance.log_retention_days: not one of the values allowed, got 100; use 1, 3, 5, 7, "
         "14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 "
         "or 3653")),
    ],
)  # fmt: skip
def test_fails_on_a_wrong_value(old: str, new: str, message: str, edited: Edited) -> None:
    assert edited((old, new)) == [message]


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0 3 1,15 JAN-JUN *", "0 0-6/2 * * MON-FRI"])
def test_a_schedule_may_have_ranges_lists_and_steps(cron: str, edited: Edited) -> None:
    assert edited(("0 3 * * MON", cron)) == []


@pytest.mark.parametrize("cron", ["5-1 * * * *", "*/0 * * * *", "0  3 * * *", "0 3 * FOO *"])
def test_fails_on_a_schedule_that_means_nothing(cron: str, edited: Edited) -> None:
    [message] = edited(("0 3 * * MON", cron))
    assert message.startswith("pipelines.triggers[0].cron: ")


def test_each_pattern_of_the_schema_has_a_text() -> None:
    def patterns(schema: object) -> set[str]:
        if isinstance(schema, dict):
            own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
            return own.union(*map(patterns, schema.values()))
        if isinstance(schema, list):
            return set().union(*map(patterns, schema))
        return set()

    assert patterns(spec_schema()) == set(PATTERNS)
