"""What there is to start from, and how answers become a spec."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

Ci = Literal["github", "gitlab", "codepipeline"]
BLANK = "blank"
"""The starting point for data of one's own, where nobody says which."""
SPEC_TEMPLATE = "groundplan.yaml.jinja"
SAMPLES = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingPoint:
    """A spec with its sample data."""

    name: str
    """Name, and folder beside this module."""

    title: str
    """What it is, in one line."""

    accounts: tuple[str, ...]
    """Keys of the accounts that it has."""


_POINTS = (
    StartingPoint(
        name="tabular",
        title="a table to a probability: CPUs, staging and production, gates, fairness, canary",
        accounts=("tooling", "staging", "prod"),
    ),
    StartingPoint(
        name="vision",
        title="pictures to classes: PyTorch on GPU spot capacity, an endpoint with a GPU",
        accounts=("dev", "prod"),
    ),
    StartingPoint(
        name="llm-endpoint",
        title="a small language model, fine-tuned, and its endpoint with a GPU",
        accounts=("dev", "prod"),
    ),
    StartingPoint(
        name="batch-only",
        title="predictions for whole files every night, no endpoint",
        accounts=("prod",),
    ),
    StartingPoint(
        name="minimal",
        title="the shortest spec: one account, no network, one model",
        accounts=("dev",),
    ),
    StartingPoint(
        name=BLANK,
        title="every common field, for data of your own",
        accounts=("dev",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a starting point asks for. Its defaults plan and rehearse, and deploy nowhere."""

    template: str = BLANK
    """Name of the starting point."""

    project: str = "my-project"
    """Name of the project."""

    organization: str = "my-company"
    """Name of the organisation."""

    owner: str | None = None
    """Address that is told of alarms. Default: nobody is."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    """Account ids by key. Default of each: a made-up one."""

    region: str = "eu-west-1"
    """Region of everything."""

    ci: Ci = "github"
    """CI system, where there is a repository."""

    repository: str | None = None
    """Repository that deploys, as ``owner/name``. Default: people do."""

    budget: int | None = None
    """USD a month. Default: no budget."""


def starting_points() -> Mapping[str, StartingPoint]:
    """Return what there is to start from, by name."""
    return MappingProxyType({point.name: point for point in _POINTS})


def made_up_accounts(point: StartingPoint) -> dict[str, str]:
    """Return an account id for each key, which no account has."""
    return {key: str(number) * 12 for number, key in enumerate(point.accounts, 1)}


def spec_text(answers: Answers) -> str:
    """Return the commented spec of a starting point, with ``answers`` in it."""
    from jinja2 import Environment, StrictUndefined

    point = starting_points()[answers.template]
    values = asdict(answers) | {"accounts": made_up_accounts(point) | dict(answers.accounts)}
    for name in ("project", "organization", "owner", "region", "repository"):
        values[name] = None if values[name] is None else _scalar(values[name])
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # what is rendered is YAML
    )
    template = _folder(point.name).joinpath(SPEC_TEMPLATE).read_text("utf-8")
    return environment.from_string(template).render(values)


def sample_files(name: str) -> dict[str, bytes]:
    """Return the sample data of a starting point, by its path beside the spec; sorted."""
    found: dict[str, bytes] = {}

    def walk(folder: Traversable, path: str) -> None:
        for item in folder.iterdir():
            inside = f"{path}/{item.name}"
            if item.is_dir():
                walk(item, inside)
            else:
                found[inside] = item.read_bytes()

    samples = _folder(name).joinpath(SAMPLES)
    if samples.is_dir():
        walk(samples, SAMPLES)
    return dict(sorted(found.items()))


def _folder(name: str) -> Traversable:
    return files(__package__).joinpath(name)


def _scalar(text: str) -> str:
    """Text as YAML: in quotes where it would be read as something else."""
    import yaml

    try:
        plain = yaml.safe_load(text) == text
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text)
