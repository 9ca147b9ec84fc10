"""What the spec says of experiment tracking, and what is refused."""

import pytest

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.spec import parse_spec

SPEC = """
project: wines
organization: acme
accounts: {dev: "111111111111"}
environments: [{name: dev, account: dev, region: REGION}]
network: {mode: MODE}
datasets: [{name: wines}]
models: [{name: cultivar, training: {dataset: wines, image: cultivar}}]
tracking: {TRACKING}
"""
PRIVATE = (
    "tracking.mlflow: no private way from an isolated network to an MLflow app is documented, got "
    "'app'; use 'server', or set allow_internet: true, by which the job that records runs, and sees "
    "only their numbers, runs outside the network"
)


def text(tracking: str, mode: str = "none", region: str = "eu-west-1") -> str:
    return SPEC.replace("TRACKING", tracking).replace("MODE", mode).replace("REGION", region)


@pytest.mark.parametrize(
    ("tracking", "mode", "region"),
    [
        ("mlflow: app", "none", "eu-west-1"),
        ("mlflow: app, allow_internet: true", "isolated", "us-east-1"),
        ("mlflow: server", "isolated", "eu-south-2"),
        ("mlflow: server, size: Large, version: 3.0.0", "isolated", "eu-west-1"),
    ],
)
def test_a_project_says_where_runs_are_recorded(tracking: str, mode: str, region: str) -> None:
    spec = parse_spec(text(tracking, mode, region), "wines.yaml")
    assert spec.tracking.mlflow == ("app" if "app" in tracking else "server")


@pytest.mark.parametrize(
    ("tracking", "mode", "region", "message"),
    [
        ("mlflow: app", "isolated", "eu-west-1", PRIVATE),
        (
            "mlflow: app",
            "none",
            "eu-south-2",
            (
                "tracking.mlflow: CloudFormation does not have it in region eu-south-2, got 'app'; use "
                "'server'"
            ),
        ),
        (
            "mlflow: app, size: Small",
            "none",
            "eu-west-1",
            (
                "tracking.size: is an option of mlflow: server, got 'Small'; remove it, or use mlflow: "
                "server"
            ),
        ),
        (
            "mlflow: server, allow_internet: true",
            "isolated",
            "eu-west-1",
            (
                "tracking.allow_internet: is an option of mlflow: app, got true; remove it, or use "
                "mlflow: app"
            ),
        ),
        (
            "mlflow: app, allow_internet: true",
            "none",
            "eu-west-1",
            (
                "tracking.allow_internet: is about an isolated network, and training has none, got "
                "true; remove it"
            ),
        ),
    ],
)
def test_fails_on_what_could_not_be_made_or_reached(
    tracking: str, mode: str, region: str, message: str
) -> None:
    with pytest.raises(SpecErrors) as caught:
        parse_spec(text(tracking, mode, region), "wines.yaml")
    [line] = str(caught.value).splitlines()
    assert line.partition(": ")[2] == message
