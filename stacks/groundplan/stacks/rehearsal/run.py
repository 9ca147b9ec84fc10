"""The order of a rehearsal."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.tooling import MONITORING_CONTEXT
from groundplan.blueprints.spec import ProjectSpec, load_spec
from groundplan.stacks.rehearsal import (
    day_zero,
    monitoring,
    release,
    release_faults,
    scoring,
    sleeping,
    training,
)
from groundplan.stacks.rehearsal.changed_spec import fail_the_gate
from groundplan.stacks.rehearsal.checks import UNCOVERED
from groundplan.stacks.rehearsal.deployer import Deployer
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.emulator.cloudformation import UNCOVERED as DROPPED
from groundplan.stacks.rehearsal.report import Phase, RehearsalReport
from groundplan.stacks.rehearsal.teardown import tear_down
from groundplan.stacks.rehearsal.toolchain import find_toolchain
from groundplan.stacks.rehearsal.world import World
from groundplan.stacks.sources import context_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalOptions:
    """What a rehearsal does besides the plain life of a project."""

    engine: Engine = "cdk"
    """What deploys."""

    faults: bool = False
    """Whether it also runs into missing capacity, bad data, a changed spec and a missed gate."""

    keep: Path | None = None
    """Directory that keeps the assembly, the jobs' folders and logs. Default: nothing is kept."""


def rehearse(
    spec_path: Path,
    options: RehearsalOptions | None = None,
    *,
    say: Callable[[str], None] = lambda text: None,
    done: Callable[[Phase], None] = lambda phase: None,
) -> RehearsalReport:
    """Deploy a project onto the embedded emulator and run its life.

    Args:
        spec_path: The spec; data is read from ``data/`` and images from their contexts beside it.
        options: What else to do. Default: nothing.
        say: Is told what is being done.
        done: Is told of each phase that has ended.

    Raises:
        SpecErrors: If the spec has mistakes.
        PlanError: If AWS would refuse the project.
        InputError: If an image's context or a dataset's files are not beside the spec.
        EnvironmentFault: If Node or the CDK CLI is missing or fails.
    """
    options = options or RehearsalOptions()
    spec = load_spec(spec_path)
    report = RehearsalReport(project=spec.project)

    def add(phase: Phase) -> bool:
        report.phases.append(phase)
        done(phase)
        return not phase.problems

    images = _images(spec, spec_path)
    _check_inputs(spec, spec_path, images)
    with _workdir(options.keep) as workdir:
        new_deployer = _engine(options.engine)
        decided = plan(spec, engine=options.engine)
        python = monitoring.interpreters(Context(spec))
        with Emulator(images=images, workdir=workdir, interpreters=python) as emulator:
            world = World(
                spec=spec,
                spec_path=spec_path.resolve(),
                plan=decided,
                emulator=emulator,
                deployer=new_deployer(emulator),
                workdir=workdir,
                say=say,
            )
            dropped = (f"{kind} {prop}: {reason}" for kind, prop, reason in DROPPED)
            missing = monitoring.missing(world)
            report.uncovered = tuple(
                sorted(
                    {
                        *emulator.unsupported,
                        *UNCOVERED,
                        *world.deployer.uncovered,
                        *dropped,
                        *missing,
                    }
                )
            )
            for phase in _life(world, options):
                if not add(phase):
                    break
    return report


def _engine(engine: Engine) -> Callable[[Emulator], Deployer]:
    """Return what makes the deployer of an engine; each imports what only it needs.

    Raises:
        EnvironmentFault: If its tools are missing.
    """
    if engine == "pulumi":
        from groundplan.stacks.rehearsal.pulumi.deployer import PulumiDeployer

        return PulumiDeployer
    from groundplan.stacks.rehearsal.cdk_deployer import CdkDeployer

    toolchain = find_toolchain()
    return lambda emulator: CdkDeployer(toolchain)


def _life(world: World, options: RehearsalOptions) -> Iterator[Phase]:
    deployer = world.deployer
    yield deployer.prepare(world)
    yield day_zero.make_stage_0(world)
    yield from deployer.bootstrap(world)
    yield deployer.deploy_all(world)
    yield day_zero.check_all(world)
    yield deployer.deploy_again(world)
    yield day_zero.push_images(world)
    yield day_zero.upload_data(world)
    if world.scorings():
        yield scoring.score_without_model(world)
    yield training.train(world)
    yield training.train_again(world)
    if world.scorings():
        yield scoring.score(world)
        yield scoring.score_again(world)
        yield scoring.survive(world)
    if world.endpoints():
        yield release.release(world)
        released = frozenset(stack.endpoint.name for stack in world.endpoints())
        yield day_zero.check_all(world, released)
        if world.monitorings():
            yield monitoring.watch(world)
        if sleeping.sleepers(world):
            yield sleeping.sleep_and_wake(world)
        yield release.deploy_after_release(world)
        yield training.train(world, "second", changed=True)
        yield release_faults.second_release(world)
        yield release_faults.fail_to_release(world)
    if options.faults and world.endpoints():
        if deployer.releases_by_stack:
            yield release_faults.repair(world)
        yield release_faults.race(world)
        yield release_faults.emergency(world)
    if options.faults and world.monitorings():
        yield monitoring.drift(world)
    if options.faults:
        yield training.starve_first_rung(world)
        yield training.feed_bad_data(world)
        yield fail_the_gate(world)
    if world.endpoints():
        release.settle(world)
    yield tear_down(world)


def _check_inputs(spec: ProjectSpec, spec_path: Path, images: Mapping[str, Path]) -> None:
    for repository, context in images.items():
        if not context.is_dir():
            raise InputError(
                str(context),
                f"the image {repository} is built from this directory",
                got=None,
                fix="make it, with train.py, evaluate.py, quality.py and a Dockerfile",
            )
    for dataset in spec.datasets:
        folder = day_zero.data_folder(spec_path, dataset.name)
        trained = any(dataset.name == model.training.dataset for model in spec.models)
        for part in ("train", "test") if trained else ("score",):
            if not any((folder / part).glob("**/*")):
                does = "trains on" if trained else "scores"
                raise InputError(
                    str(folder / part),
                    f"a rehearsal {does} the files of dataset {dataset.name} here",
                    got=None,
                    fix="put a sample of the data there",
                )


def _images(spec: ProjectSpec, spec_path: Path) -> dict[str, Path]:
    context = Context(spec)
    return {
        context.repository(name): context_directory(
            MONITORING_CONTEXT if name == MONITORING_IMAGE else spec.image(name).context,
            spec_path.resolve().parent,
        )
        for name in context.images()
    }


@contextmanager
def _workdir(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="groundplan-", ignore_cleanup_errors=True) as made:
        yield Path(made).resolve()
