"""What the roles of jobs need: training, tuning, processing, transform, AWS Batch."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.plan.context import SCOPE_TAG
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts
from groundplan.blueprints.prove.needs.machine import Call, Machine, at, texts
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.needs.patterns import Value
from groundplan.blueprints.prove.needs.tables import jobs, sources

_SOURCE = ("DataSource", "S3DataSource", "S3Uri")


def job_needs(facts: Facts, machine: Machine) -> Iterator[Need]:
    """Yield what the roles of a machine's jobs need."""
    for call in machine.calls():
        work = f"job of state machine {machine.plan.name}, state {call.state}"
        match call.integration:
            case "sagemaker:createTrainingJob":
                yield from _training(facts, machine, call.arguments, work)
            case "sagemaker:createHyperParameterTuningJob":
                definition = call.value("TrainingJobDefinition")
                yield from _training(facts, machine, definition, work)
            case "sagemaker:createProcessingJob.sync":
                yield from _processing(facts, machine, call, work)
            case "sagemaker:createTransformJob.sync":
                yield from _transform(facts, machine, call, work)
            case "aws-sdk:batch:registerJobDefinition":
                yield from _batch(facts, machine, call, work)


def _training(facts: Facts, machine: Machine, asked: Value, work: str) -> Iterator[Need]:
    place = machine.place
    for role in texts(asked, "RoleArn"):
        channels = texts(asked, "InputDataConfig", *_SOURCE)
        checkpoints = texts(asked, "CheckpointConfig", "S3Uri")
        yield from emit.read(facts, role, place, channels, work=work, listed=True)
        yield from emit.read(facts, role, place, checkpoints, work=work, listed=True)
        yield from emit.write(facts, role, place, checkpoints, work=work)
        outputs = texts(asked, "OutputDataConfig", "S3OutputPath")
        yield from emit.write(facts, role, place, outputs, work=work)
        yield from _container(
            facts,
            machine,
            role,
            "training",
            images=texts(asked, "AlgorithmSpecification", "TrainingImage"),
            volume=texts(asked, "ResourceConfig", "VolumeKmsKeyId"),
            network=at(asked, "VpcConfig"),
            work=work,
        )


def _processing(facts: Facts, machine: Machine, call: Call, work: str) -> Iterator[Need]:
    place = machine.place
    for role in call.texts("RoleArn"):
        inputs = call.texts("ProcessingInputs", "S3Input", "S3Uri")
        outputs = call.texts("ProcessingOutputConfig", "Outputs", "S3Output", "S3Uri")
        yield from emit.read(facts, role, place, inputs, work=work, listed=True)
        yield from emit.write(facts, role, place, outputs, work=work)
        yield from _container(
            facts,
            machine,
            role,
            "processing",
            images=call.texts("AppSpecification", "ImageUri"),
            volume=call.texts("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"),
            network=call.value("NetworkConfig", "VpcConfig"),
            work=work,
        )
        command = machine.command(call, "AppSpecification", "ContainerArguments")
        yield from _recording(facts, machine, role, command.get("--server", ()), work)


def _recording(
    facts: Facts, machine: Machine, role: str, servers: Iterable[str], work: str
) -> Iterator[Need]:
    """Yield what recording runs in MLflow needs; an app's id is AWS's, so that its tag tells whose."""
    for arn in servers:
        kind = arn.rpartition(":")[2].partition("/")[0]
        app = kind == "mlflow-app"
        own = {f"aws:ResourceTag/{SCOPE_TAG}": (f"{facts.plan.project}-{machine.scope}",)}
        for action in jobs.RECORD_RUNS.get(kind, ()):
            yield emit.need(
                role,
                action,
                machine.place.arn("sagemaker", "mlflow-app/*") if app else arn,
                sample=arn,
                work=work,
                source=sources.MLFLOW,
                guards={"StringEquals": own} if app else None,
            )


def _transform(facts: Facts, machine: Machine, call: Call, work: str) -> Iterator[Need]:
    """Yield what a transform's role needs: it has none of its own and uses the model's."""
    place, groups = machine.place, facts.groups(machine)
    for made in machine.of("aws-sdk:sagemaker:createModel"):
        for role in made.texts("ExecutionRoleArn"):
            inputs = call.texts("TransformInput", *_SOURCE)
            outputs = call.texts("TransformOutput", "S3OutputPath")
            models = facts.version(groups, "InferenceSpecification", "Containers", "ModelDataUrl")
            images = facts.version(groups, "InferenceSpecification", "Containers", "Image")
            yield from emit.read(facts, role, place, inputs, work=work, listed=True)
            yield from emit.read(facts, role, place, sorted(models), work=work, listed=False)
            yield from emit.write(facts, role, place, outputs, work=work)
            yield from _container(
                facts,
                machine,
                role,
                "transform",
                images=sorted(images),
                volume=call.texts("TransformResources", "VolumeKmsKeyId"),
                network=made.value("VpcConfig"),
                work=work,
            )


def _batch(facts: Facts, machine: Machine, call: Call, work: str) -> Iterator[Need]:
    """Yield what the two roles of a job of AWS Batch on Fargate need.

    What the program reads and writes is what its command names: ``--model``, ``--input`` and
    ``--output``.
    """
    place, container = machine.place, call.value("ContainerProperties")
    tasks, source = "ecs-tasks.amazonaws.com", place.arn("ecs", "*")
    for role in texts(container, "ExecutionRoleArn"):
        yield emit.assume(tasks, role, place, source, work=work)
        yield from emit.pull(role, place, texts(container, "Image"), work=work)
        for group in texts(container, "LogConfiguration", "Options", "awslogs-group"):
            yield from emit.log(
                role, place, group, jobs.TASK_LOG, work=work, source=sources.TASK_EXECUTION
            )
    command = machine.command(call, "ContainerProperties", "Command")
    for role in texts(container, "JobRoleArn"):
        yield emit.assume(tasks, role, place, source, work=work)
        models, inputs = command.get("--model", ()), command.get("--input", ())
        yield from emit.read(facts, role, place, models, work=work, listed=False)
        yield from emit.read(facts, role, place, inputs, work=work, listed=True)
        yield from emit.write(facts, role, place, command.get("--output", ()), work=work)


def _container(
    facts: Facts,
    machine: Machine,
    role: str,
    kind: str,
    *,
    images: Iterable[str],
    volume: Iterable[str],
    network: Value,
    work: str,
) -> Iterator[Need]:
    """Yield what every job of SageMaker needs: image, log, metrics, volume, network."""
    place, group = machine.place, jobs.GROUPS[kind]
    source = sources.EXECUTION_ROLES
    yield emit.assume(
        "sagemaker.amazonaws.com", role, place, place.arn("sagemaker", "*"), work=work
    )
    yield from emit.pull(role, place, images, work=work)
    yield from emit.log(role, place, group, jobs.LOG, work=work, source=source)
    yield from emit.metrics(role, (group,), work=work)
    for alias in volume:
        yield from emit.encrypt_volumes(role, facts.keys.get(alias), work=work)
    yield from emit.attach(
        facts,
        role,
        place,
        machine.scope,
        texts(network, "Subnets"),
        texts(network, "SecurityGroupIds"),
        work=work,
    )
