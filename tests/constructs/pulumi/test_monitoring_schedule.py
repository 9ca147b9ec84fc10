import json
from collections.abc import Callable

import pulumi
import pytest
from tests_support import found, model_monitored

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.ref import refs
from groundplan.blueprints.spec import ProjectSpec
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import MonitoringSchedule, MonitoringScheduleArgs
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]


@pytest.fixture(scope="module")
def planned() -> MonitoringSchedulePlan:
    spec = ProjectSpec.model_validate(json.loads(model_monitored("churn")))
    made: MonitoringSchedulePlan = next(found(plan(spec), MonitoringSchedulePlan))
    return made


def test_a_schedule_waits_for_its_endpoint_and_attaches_to_the_network(
    run: Run, planned: MonitoringSchedulePlan
) -> None:
    network = {ref: pulumi.Output.from_input(f"{ref}") for ref in refs(planned.network)}

    def program() -> None:
        endpoint = pulumi.Output.from_input("made-here")
        args = MonitoringScheduleArgs(plan=planned, endpoint_name=endpoint, network=network)
        pulumi.export("arn", MonitoringSchedule("watch", args).arn)

    recording = run(program)
    [schedule] = recording.of_type("aws:sagemaker/monitoringSchedule:MonitoringSchedule")
    job = schedule.inputs["monitoringScheduleConfig"]["monitoringJobDefinition"]
    assert job["monitoringInputs"]["endpointInput"]["endpointName"] == "made-here"
    assert job["networkConfig"]["enableNetworkIsolation"] is True
    assert len(job["networkConfig"]["vpcConfig"]["subnets"]) == 2
    assert job["monitoringResources"]["clusterConfig"]["volumeKmsKeyId"]
    assert recording.outputs["arn"].endswith(f":monitoring-schedule/{planned.name}")


def test_fails_without_the_network_that_the_plan_refers_to(
    run: Run, planned: MonitoringSchedulePlan
) -> None:
    with pytest.raises(ConstructError, match=r"watch\.network: the plan refers to"):
        run(lambda: MonitoringSchedule("watch", MonitoringScheduleArgs(plan=planned)))
