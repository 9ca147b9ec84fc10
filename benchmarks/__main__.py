"""One command, one table: what the command line and the CDK app cost, as ratios within one run."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import engines, proving
from benchmarks.measure import Cost, cost, python

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "examples" / "vision" / "groundplan.yaml"

EMPTY_APP = """
import aws_cdk as cdk
app = cdk.App(
    outdir={out!r}, analytics_reporting=False, builtin_cloud_formation_validation=False
)
for index in range({stacks}):
    cdk.Stack(app, f"Stack{{index}}")
app.synth()
"""
DEFAULT_APP = EMPTY_APP.replace(", builtin_cloud_formation_validation=False", "")
PLAIN_LOOP = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_kms as kms, aws_s3 as s3
app = cdk.App(
    outdir={out!r}, analytics_reporting=False, builtin_cloud_formation_validation=False
)
stacks = [cdk.Stack(app, f"Stack{{index}}") for index in range({stacks})]
for index in range({units}):
    stack = stacks[index % {stacks}]
    key = kms.Key(stack, f"Key{{index}}", enable_key_rotation=True)
    s3.Bucket(stack, f"Bucket{{index}}", encryption_key=key)
    iam.Role(stack, f"Role{{index}}", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
app.synth()
"""
SCALE = """
import resource, time
from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec
spec = load_spec({spec!r})
plan(spec)
for count in (100, 1000):
    start = time.process_time()
    for _ in range(count):
        plan(spec).canonical_json()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(count, time.process_time() - start, peak)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each command")
    runs = parser.parse_args().runs
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every import is slow
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.environ["PATH"] = path
    rows = [*_commands(runs), *_app(runs), *engines.rows(runs), *_scale(), *proving.rows()]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _commands(runs: int) -> list[tuple[str, str, str, str]]:
    floor = cost(python("pass"), runs=runs)
    rows = [("what", "measured", "against", "target")]
    for name, most in (("validate", 0.5), ("plan", 0.5), ("prove", 5)):
        command = [sys.executable, "-m", "groundplan.blueprints.cli", name, str(SPEC)]
        found = cost(command, runs=runs)
        ratio = f"{found.wall / floor.wall:.1f} x an empty Python"
        rows.append((f"groundplan {name}", f"{found.wall:.3f} s", ratio, f"below {most} s"))
    return [*rows, _report(runs, found)]


def _report(runs: int, prove: Cost) -> tuple[str, str, str, str]:
    """Return the row of the report, which holds a proof and shares its plan with everything else."""
    with tempfile.TemporaryDirectory() as made:
        out = Path(made) / "report.html"
        command = [sys.executable, "-m", "groundplan.blueprints.cli", "report", str(SPEC)]
        found = cost([*command, "--out", str(out)], runs=runs)
        kib = out.stat().st_size / 1024
    return (
        f"groundplan report, {kib:,.0f} KiB",
        f"{found.wall:.3f} s, {found.cpu:.2f} s CPU",
        f"{found.cpu / prove.cpu:.2f} x the CPU of `groundplan prove`",
        "below 2 s, below 2,000 KiB",
    )


def _app(runs: int) -> list[tuple[str, str, str, str]]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ours, stacks, resources = _synthesise(SPEC, folder / "ours", runs)
        default = cost(python(DEFAULT_APP.format(out=f"{made}/default", stacks=stacks)), runs=runs)
        empty = cost(python(EMPTY_APP.format(out=f"{made}/empty", stacks=stacks)), runs=runs)
        slope = _slope(folder, ours, empty, resources, runs)
        plain = _plain_slope(folder, stacks, resources // 3, runs)
    return [
        (
            f"CDK app of vision ({stacks} stacks, {resources} resources)",
            f"{ours.cpu:.2f} s CPU",
            f"{ours.cpu / default.cpu:.2f} x an empty app with its defaults ({default.cpu:.2f} s)",
            "at most 1.25 x",
        ),
        (
            "the same, CDK's template validation off on both sides",
            f"{ours.cpu:.2f} s CPU",
            f"{ours.cpu / empty.cpu:.2f} x an empty app ({empty.cpu:.2f} s)",
            "at most 1.25 x",
        ),
        (
            "CPU of one more resource, empty stacks taken off",
            f"{slope:.2f} ms",
            f"{plain:.2f} ms in a loop of L2 keys, buckets and roles",
            "at most 2 ms",
        ),
    ]


def _synthesise(spec: Path, out: Path, runs: int) -> tuple[Cost, int, int]:
    environment = {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps({"spec": str(spec)})}
    found = cost([sys.executable, "-m", "groundplan.stacks.cdk"], runs=runs, env=environment)
    return found, *_count(out)


def _slope(folder: Path, small: Cost, small_floor: Cost, resources: int, runs: int) -> float:
    """Return the CPU in ms of a resource: the same project with five models instead of one."""
    from groundplan.blueprints.spec import load_spec

    loaded = load_spec(SPEC)
    for name, text in loaded.files.items():
        (folder / name).write_text(text, "utf-8")
    spec = loaded.model_dump(mode="json", exclude_defaults=True)
    [model] = spec["models"]
    spec["models"] = [{**model, "name": f"{model['name']}-{index}"} for index in range(5)]
    for environment in spec["environments"]:
        environment.get("overrides", {}).pop("models", None)
    (folder / "ml").mkdir()
    path = folder / "groundplan.json"
    path.write_text(json.dumps(spec))
    big, stacks, more = _synthesise(path, folder / "big", runs)
    floor = cost(python(EMPTY_APP.format(out=f"{folder}/floor", stacks=stacks)), runs=runs)
    return 1000 * (big.cpu - small.cpu - (floor.cpu - small_floor.cpu)) / (more - resources)


def _plain_slope(folder: Path, stacks: int, units: int, runs: int) -> float:
    found = []
    for count in (units, 3 * units):
        out = folder / f"loop{count}"
        code = PLAIN_LOOP.format(out=str(out), stacks=stacks, units=count)
        found.append((cost(python(code), runs=runs).cpu, _count(out)[1]))
    (few, less), (many, more) = found
    return 1000 * (many - few) / (more - less)


def _count(assembly: Path) -> tuple[int, int]:
    templates = sorted(assembly.rglob("*.template.json"))
    resources = [len(json.loads(path.read_text())["Resources"]) for path in templates]
    return len(templates), sum(resources)


def _scale() -> list[tuple[str, str, str, str]]:
    import subprocess

    done = subprocess.run(
        python(SCALE.format(spec=str(SPEC))), capture_output=True, text=True, check=True
    )
    (_, few, low), (_, many, high) = (map(float, line.split()) for line in done.stdout.splitlines())
    return [
        (
            "plan 1,000 projects in one process",
            f"{many:.2f} s CPU",
            f"{many / few:.1f} x the time of 100, {high - low:.0f} MiB more memory",
            "10 x, flat",
        )
    ]


if __name__ == "__main__":
    main()
