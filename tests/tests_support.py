"""Helpers that several tests share."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.training import pipeline_settings
from groundplan.blueprints.plan.training_roles import processing_role, training_role
from groundplan.blueprints.spec import ProjectSpec, load_spec
from groundplan.pipelines import TrainingPipelineSettings

ROOT = Path(__file__).parent.parent
EXAMPLES = ("churn", "nightly", "sandbox", "vision")


def run_command(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the ``groundplan`` command as a process."""
    return subprocess.run(
        [sys.executable, "-m", "groundplan.blueprints.cli", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def example_spec(name: str) -> ProjectSpec:
    return load_spec(ROOT / "examples" / name / "groundplan.yaml")


def settings_of(spec: ProjectSpec, model_name: str) -> TrainingPipelineSettings:
    """Return what the training pipeline of a model is made from, without a network."""
    context = Context(spec)
    environment = context.training
    place = context.place(environment.account)
    model = next(item for item in spec.models if item.name == model_name)
    nowhere = NetworkAttachment(subnet_ids=(), security_group_ids=())
    return pipeline_settings(
        context,
        environment,
        place,
        model,
        nowhere,
        training_role(context, environment, place, model, ()),
        processing_role(context, environment, place, model, ()),
    )


def found(value: object, kind: type) -> Iterator[Any]:
    """Yield every instance of ``kind`` within a plan."""
    if isinstance(value, kind):
        yield value
    if hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from found(getattr(value, name), kind)
    elif isinstance(value, dict):
        for item in value.values():
            yield from found(item, kind)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from found(item, kind)


def model_monitored(name: str = "churn", **monitoring: Any) -> str:
    """The text of an example whose first watched model is watched by Model Monitor."""
    data = example_spec(name).model_dump(mode="json", exclude_unset=True)
    own = next(model for model in data["models"] if "monitoring" in model)
    kept = ("environments", "on_drift", "cooldown_hours")
    own["monitoring"] = {
        **{field: value for field, value in own["monitoring"].items() if field in kept},
        "provider": "model_monitor",
        "checks": ["data_drift"],
        **monitoring,
    }
    return json.dumps(data)


def tracked(kind: str = "server", name: str = "churn") -> str:
    """The text of an example whose training runs are recorded in MLflow."""
    data = example_spec(name).model_dump(mode="json", exclude_unset=True)
    data["tracking"] = {"mlflow": kind} | ({"allow_internet": True} if kind == "app" else {})
    return json.dumps(data)


@cache
def _linter(regions: tuple[str, ...]) -> Any:
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.runner import Runner

    return Runner(ConfigMixIn(**ManualArgs(regions=list(regions))))


def lint(template: str, *regions: str) -> list[str]:
    """Say what cfn-lint finds in a template; its rules are loaded once a process."""
    from cfnlint.decode.decode import decode_str

    decoded, errors = decode_str(template)
    if errors:
        return [str(match) for match in errors]
    runner = _linter(regions)
    return [str(match) for match in runner.validate_template(decoded)]


def listing(*counts: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answers of ListObjectVersions with so many objects, two a page, the last number for ever."""
    state = {"round": 0}

    def service(request: dict[str, Any]) -> dict[str, Any]:
        count = counts[min(state["round"], len(counts) - 1)]
        start = int(request.get("KeyMarker", "0"))
        page = [
            {"Key": f"k{number}", "VersionId": "v", "ETag": "e", "IsLatest": True}
            for number in range(start, min(start + 2, count))
        ]
        if start + 2 < count:
            more = {"NextKeyMarker": str(start + 2), "NextVersionIdMarker": "v"}
            return {"Versions": page, "IsTruncated": True, **more}
        state["round"] += 1
        return {"Versions": page, "IsTruncated": False} if page else {"IsTruncated": False}

    return service
