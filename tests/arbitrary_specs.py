"""Arbitrary specs that validate: a strategy of hypothesis over what a spec can ask for.

What the rules of a spec forbid is not drawn in the first place, so that hardly a spec is refused.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st

Tree = dict[str, Any]
Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Drawn]], Drawn]

ACCOUNTS = ("tooling", "data", "archive", "one", "two", "three", "four")
REGIONS = ("eu-west-1", "us-east-1")
TRAINING = ("ml.m5.xlarge", "ml.g5.2xlarge", "ml.c5.xlarge")
HOSTING = ("ml.m5.large", "ml.g5.xlarge", "ml.c5.large")


@st.composite
def arbitrary_specs(draw: Any) -> Tree:
    """Draw the tree of a spec."""
    region = draw(st.sampled_from(REGIONS))
    project = draw(st.sampled_from(("atlas", "plate-vision", "credit-risk-of-companies")))
    names = _environment_names(draw)
    accounts = _accounts(draw, len(names))
    environments = [
        _environment(draw, index, name, region, accounts) for index, name in enumerate(names)
    ]
    trains = draw(st.sampled_from(environments))
    trains["trains"] = True
    datasets = _datasets(draw, names, trains["name"])
    models = _models(draw, environments, trains, datasets)
    served = any(model.get("serving", {}).get("kind") == "realtime" for model in models)
    spec: Tree = {
        "version": 1,
        "project": project,
        "organization": "acme",
        "accounts": accounts,
        "environments": environments,
        "datasets": datasets,
        "models": models,
        "network": draw(_networks(needed=_batch_by_cost(models))),
        "pipelines": _pipelines(draw, environments, datasets, models, served),
        "governance": draw(_governance()),
    }
    for key, strategy in (
        ("owner", st.just("owner@acme.example")),
        ("organization_id", st.just("o-a1b2c3d4e5")),
        ("delivery", _delivery()),
    ):
        value = draw(st.none() | strategy)
        if value is not None:
            spec[key] = value
    return spec


def _environment_names(draw: Draw[Any]) -> list[str]:
    pool = ["dev", "test", "staging", "prod", "prod-two", "pre"]
    return draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4, unique=True))  # type: ignore[no-any-return]


def _accounts(draw: Draw[Any], environments: int) -> dict[str, str]:
    ids = [str(number) * 12 for number in range(1, 8)]
    shared = draw(st.integers(0, 3))
    found = {}
    for key in ("one", "two", "three", "four")[:environments]:
        found[key] = ids[0] if shared == 0 else draw(st.sampled_from(ids[: 1 + shared * 2]))
    for key in ("tooling", "data", "archive"):
        if draw(st.booleans()):
            found[key] = draw(st.sampled_from(ids))
    return found


def _environment(
    draw: Draw[Any], index: int, name: str, region: str, accounts: dict[str, str]
) -> Tree:
    key = ("one", "two", "three", "four")[index]
    stage = draw(st.sampled_from(("development", "staging", "production")))
    found: Tree = {"name": name, "account": key, "region": region, "stage": stage}
    if draw(st.integers(0, 4)) == 0:
        found["overrides"] = {"network": draw(_networks(needed=True))}
    return found


@st.composite
def _networks(draw: Any, *, needed: bool) -> Tree:
    modes = ["isolated", "existing"] if needed else ["isolated", "existing", "none"]
    match draw(st.sampled_from(modes)):
        case "isolated":
            return {"mode": "isolated", "zones": draw(st.integers(1, 3))}
        case "existing":
            return {
                "mode": "existing",
                "vpc_id": "vpc-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "security_group_ids": ["sg-0123456789abcdef0"],
            }
        case _:
            return {"mode": "none"}


def _datasets(draw: Draw[Any], names: list[str], trains: str) -> list[Tree]:
    found = []
    for index in range(draw(st.integers(1, 4))):
        dataset: Tree = {"name": f"data-{'abcd'[index]}"}
        if draw(st.booleans()):
            others = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
            dataset["readers"] = sorted({*others, trains})
        writers = draw(st.integers(0, 2))
        if writers:
            dataset["writers"] = [
                f"arn:aws:iam::{account}:role/writer-{index}"
                for account in ("888888888888", "111111111111")[:writers]
            ]
        found.append(dataset)
    return found


def _models(
    draw: Draw[Any], environments: list[Tree], trains: Tree, datasets: list[Tree]
) -> list[Tree]:
    trained = datasets[: max(1, draw(st.integers(1, len(datasets))))]
    scored = [item for item in datasets if item not in trained]
    return [
        _model(draw, index, environments, trained, scored)
        for index in range(draw(st.integers(1, 4)))
    ]


def _model(
    draw: Draw[Any],
    index: int,
    environments: list[Tree],
    trained: list[Tree],
    scored: list[Tree],
) -> Tree:
    training: Tree = {
        "dataset": draw(st.sampled_from(trained))["name"],
        "image": draw(st.sampled_from(("trainer", "other"))),
        "instance": draw(st.sampled_from(TRAINING)),
    }
    if draw(st.booleans()):
        training["spot"] = None
    elif draw(st.integers(0, 3)) == 0:
        training["tuning"] = {
            "objective": {"metric": "loss", "goal": "minimize"},
            "ranges": {"rate": {"min": 0.1, "max": 0.9}},
        }
    model: Tree = {"name": f"model-{'abcd'[index]}", "training": training}
    kinds = ["none", "realtime", "realtime", *(["batch"] if scored else [])]
    match draw(st.sampled_from(kinds)):
        case "realtime":
            model["serving"] = _realtime(draw)
            if "capture" in model["serving"] and draw(st.booleans()):
                model["monitoring"] = _monitoring(draw, environments, trained)
        case "batch":
            model["serving"] = _batch(draw, scored)
    return model


def _realtime(draw: Draw[Any]) -> Tree:
    serving: Tree = {"kind": "realtime", "instance": draw(st.sampled_from(HOSTING))}
    if draw(st.booleans()):
        serving["image"] = "server"
    if draw(st.booleans()):
        serving["capture"] = {"percent": draw(st.integers(1, 100))}
    if draw(st.booleans()):
        serving["instances"] = {"min": 2, "max": 5, "target_invocations_per_minute": 500}
    serving["rollout"] = draw(
        st.sampled_from(
            (
                {"strategy": "all_at_once"},
                {"strategy": "canary", "percent": 50},
                {"strategy": "linear", "percent": 50},
                {"strategy": "all_at_once", "shadow_first": True},
            )
        )
    )
    if draw(st.integers(0, 5)) == 0:
        serving.pop("capture", None)
        serving["rollout"] = {"strategy": "all_at_once"}
        serving["instances"] = {"min": 2, "max": 5, "target_invocations_per_minute": 500}
        serving["sizing"] = {"allow_errors_while_waking": True}
    return serving


def _monitoring(draw: Draw[Any], environments: list[Tree], trained: list[Tree]) -> Tree:
    if draw(st.integers(0, 3)) == 0:
        return {"provider": "model_monitor", "checks": ["data_drift"], "schedule": "daily"}
    found: Tree = {"schedule": draw(st.sampled_from(("hourly", "daily", "weekly")))}
    training = [item["name"] for item in environments if item.get("trains")]
    if draw(st.booleans()):
        dataset = draw(st.sampled_from(trained))
        found["environments"] = sorted(dataset.get("readers", training))
        found["checks"] = ["data_drift", "quality"]
        found["labels"] = {"dataset": dataset["name"], "column": "label"}
    return found


def _batch(draw: Draw[Any], scored: list[Tree]) -> Tree:
    serving: Tree = {"kind": "batch", "dataset": draw(st.sampled_from(scored))["name"]}
    serving["prefer"] = draw(st.sampled_from(("speed", "cost")))
    if draw(st.booleans()):
        serving["schedule"] = None
    return serving


def _batch_by_cost(models: list[Tree]) -> bool:
    return any(model.get("serving", {}).get("prefer") == "cost" for model in models)


def _pipelines(
    draw: Draw[Any],
    environments: list[Tree],
    datasets: list[Tree],
    models: list[Tree],
    served: bool,
) -> Tree:
    triggers: list[Tree] = []
    if draw(st.booleans()):
        triggers.append({"kind": "schedule", "cron": "0 3 * * MON"})
    used = sorted({model["training"]["dataset"] for model in models})
    if draw(st.booleans()):
        triggers.append({"kind": "data", "dataset": draw(st.sampled_from(used))})
    if draw(st.booleans()) and any("monitoring" in model for model in models):
        triggers.append({"kind": "drift"})
        for model in models:
            if "monitoring" in model:
                model["monitoring"]["on_drift"] = "retrain"
    approvals: Tree = {}
    stages = {item["stage"] for item in environments}
    for stage in sorted(stages & {"staging", "production"}):
        approvals[stage] = draw(
            st.sampled_from(
                (
                    "automatic",
                    {"approver_roles": [f"arn:aws:iam::777777777777:role/{stage}-approver"]},
                    {"approver_roles": [f"arn:aws:iam::111111111111:role/{stage}-lead"]},
                )
            )
        )
    found: Tree = {"triggers": triggers, "approvals": approvals}
    if draw(st.integers(0, 3)) == 0:
        found["steps"] = [{"name": "profile", "command": ["python", "profile.py"]}]
    return found


@st.composite
def _governance(draw: Any) -> Tree:
    found: Tree = {"log_retention_days": draw(st.sampled_from((30, 365)))}
    if draw(st.integers(0, 4)) == 0:
        found["permissions_boundary"] = "arn:aws:iam::*:policy/organisation-boundary"
    if draw(st.integers(0, 3)) == 0:
        found["once_per_account"] = {"log_groups": "existing", "oidc_provider": "existing"}
    found["audit_trail"] = draw(st.sampled_from(("production", "all", "none")))
    rails = draw(st.sampled_from((None, True, False)))
    if rails is not None:
        found["service_control_policies"] = rails
    if draw(st.booleans()):
        found["tags"] = {"cost-center": "1234"}
    return found


@st.composite
def _delivery(draw: Any) -> Tree:
    if draw(st.booleans()):
        found: Tree = {"ci": "github", "repository": "acme/atlas"}
        if draw(st.booleans()):
            found |= {"repository_id": 123, "owner_id": 456}
        return found
    return {"ci": "gitlab", "repository": "acme/team/atlas"}
