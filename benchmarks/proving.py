"""What proving costs: as a process, by the size of a project, and for many projects."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from groundplan.blueprints.spec import ProjectSpec, load_spec

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "examples" / "vision" / "groundplan.yaml"
Row = tuple[str, str, str, str]

MODELS = (1, 10)
"""Models of the projects that are compared: about as many as AWS's limits leave room for."""
PROJECTS = (1, 10, 50)


def rows() -> list[Row]:
    """Measure in a process of its own, whose memory is only what proving takes."""
    command = [sys.executable, "-m", "benchmarks.proving"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [tuple(row) for row in json.loads(done.stdout)]


def with_models(count: int, folder: Path, project: str | None = None) -> ProjectSpec:
    """Return the example with its model ``count`` times, under another name if one is given."""
    loaded = load_spec(SPEC)
    for name, text in loaded.files.items():
        (folder / name).write_text(text, "utf-8")
    data = loaded.model_dump(mode="json", exclude_defaults=True)
    [model] = data["models"]
    data["models"] = [{**model, "name": f"{model['name']}-{index}"} for index in range(count)]
    data["project"] = project or data["project"]
    for environment in data["environments"]:
        environment.get("overrides", {}).pop("models", None)
    path = folder / f"{data['project']}-{count}.json"
    path.write_text(json.dumps(data), "utf-8")
    return load_spec(path)


def proved(spec: ProjectSpec) -> tuple[float, int]:
    """Return the CPU seconds that proving a spec takes, and its roles times its resources.

    Raises:
        RuntimeError: If a claim does not hold.
    """
    from groundplan.blueprints.prove.case import case
    from groundplan.blueprints.prove.report import prove

    began = time.process_time()
    proof = prove(case(spec))
    spent = time.process_time() - began
    if not proof.holds:
        raise RuntimeError(f"{spec.project}: a claim does not hold")
    return spent, proof.figures.roles * proof.figures.resources


def measured() -> list[Row]:
    """Return the rows of this process."""
    with TemporaryDirectory() as made:
        return [_models(Path(made)), _projects(Path(made))]


def _models(folder: Path) -> Row:
    """Compare the time a role times a resource takes in a small and a large project."""
    few, many = (with_models(count, folder) for count in MODELS)
    proved(few)
    (less, small), (more, large) = proved(few), proved(many)
    return (
        f"prove {MODELS[1]} models in a project, for {MODELS[0]}",
        f"{more:.2f} s CPU",
        f"{more / less:.1f} x the time for {large / small:.1f} x the roles times resources",
        "no more than linear",
    )


def _projects(folder: Path) -> Row:
    """Compare the time of many projects in one process."""
    specs = [with_models(1, folder, f"plate-{index}") for index in range(PROJECTS[-1])]
    proved(specs[0])
    spent, pairs, peaks = [], [], []
    for spec in specs:
        seconds, size = proved(spec)
        spent.append(seconds)
        pairs.append(size)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    one, ten, fifty = (sum(spent[:count]) for count in PROJECTS)
    memory = peaks[-1] - peaks[PROJECTS[1] - 1]
    times = f"{fifty / ten:.1f} x the time of {PROJECTS[1]}, which is {ten / one:.1f} x that of one"
    return (
        f"prove {PROJECTS[-1]} projects, {sum(pairs):,} roles times resources",
        f"{fifty:.2f} s CPU",
        f"{times}, {memory:.0f} MiB more memory",
        "5 x, 10 x, flat",
    )


if __name__ == "__main__":
    print(json.dumps(measured()))
