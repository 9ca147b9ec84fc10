"""Endpoints take their instances from traffic."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT, example_spec, found, run_command

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import InputError, PlanError, SpecErrors
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.inference_component import plan_inference_component
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.serving import sized_serving
from groundplan.blueprints.spec import ProjectSpec, parse_spec

SERVING: dict[str, Any] = {
    "instance": "ml.m5.large",
    "traffic": {"base_rps": 5, "peak_rps": 100, "peak_hours": [8, 9, 10]},
    "service_time_ms": {"mean": 40, "cv": 0.5},
    "latency": {"percentile": 95, "max_ms": 200},
    "sizing": {"workers": 2},
}


def endpoints(
    serving: dict[str, Any], overrides: dict[str, Any] | None = None, stage: str = "production"
) -> dict[str, EndpointPlan]:
    own = {"overrides": {"models": {"m1": overrides}}} if overrides is not None else {}
    spec = ProjectSpec.model_validate(
        {
            "project": "small",
            "organization": "acme",
            "accounts": {"dev": "111111111111"},
            "environments": [
                {"name": "dev", "account": "dev", "region": "eu-west-1", "trains": True},
                {"name": "prod", "account": "dev", "region": "eu-west-1", "stage": stage, **own},
            ],
            "network": {"mode": "none"},
            "datasets": [{"name": "rows"}],
            "models": [
                {
                    "name": "m1",
                    "training": {"dataset": "rows", "image": "m1"},
                    "serving": {**SERVING, **serving},
                }
            ],
        }
    )
    return {item.name.split("-")[1]: item for item in found(plan(spec), EndpointPlan)}


def test_the_vision_example_is_what_sizing_says() -> None:
    spec = example_spec("vision")
    context = Context(spec)
    prod = next(item for item in spec.environments if item.name == "prod")
    sized = sized_serving(context, prod, spec.models[0]).endpoint
    planned = {item.name: item for item in found(plan(spec), EndpointPlan)}
    endpoint = planned["plate-vision-prod-plate-reader"]
    assert endpoint.scaling is not None
    assert endpoint.scaling.min_instances == sized.min_instances == 2
    assert endpoint.scaling.max_instances == sized.max_instances
    assert endpoint.scaling.target_invocations_per_minute == sized.target_invocations_per_minute
    assert endpoint.scaling.scale_out_cooldown_seconds == sized.scale_out_cooldown_seconds
    assert endpoint.scaling.scale_in_cooldown_seconds == sized.scale_in_cooldown_seconds
    planned_actions = [(item.name, item.min_instances) for item in endpoint.scaling.scheduled]
    assert planned_actions == [(item.name, item.min_instances) for item in sized.scheduled]
    assert "mon-fri-0550-to-7" in dict(planned_actions)
    assert planned["plate-vision-staging-plate-reader"].scaling is None


def test_traffic_reaches_production_or_everywhere_without_one() -> None:
    production = endpoints({})
    assert production["dev"].scaling is None
    assert production["dev"].initial_instance_count == 1
    assert production["prod"].scaling is not None
    staging = endpoints({}, stage="staging")
    assert staging["dev"].scaling is not None
    assert staging["dev"].scaling.max_instances == staging["prod"].scaling.max_instances  # type: ignore[union-attr]


def test_instances_of_an_environment_take_the_place_of_sizing() -> None:
    prod = endpoints({}, {"instances": {"min": 3}})["prod"]
    assert (prod.initial_instance_count, prod.scaling, prod.capacity_alarms) == (3, None, ())


def test_a_slower_target_needs_fewer_instances() -> None:
    tight, loose = endpoints({})["prod"], endpoints({"latency": {"max_ms": 2000}})["prod"]
    assert tight.scaling is not None
    assert loose.scaling is not None
    assert tight.scaling.max_instances > loose.scaling.max_instances


def test_the_latency_target_alarms_unless_the_spec_says_otherwise() -> None:
    def latency(alarms: dict[str, Any]) -> tuple[str, float]:
        prod = endpoints({"alarms": alarms})["prod"]
        [alarm] = [item for item in prod.alarms if item.id == "Latency"]
        return alarm.statistic, alarm.threshold

    assert latency({}) == ("p95", 200_000)
    assert latency({"p99_ms": 700}) == ("p99", 700_000)


def test_too_few_instances_alarm_and_roll_nothing_back() -> None:
    prod = endpoints({})["prod"]
    assert prod.scaling is not None
    [alarm] = prod.capacity_alarms
    assert alarm not in prod.alarms
    assert alarm.name == "small-prod-m1-capacity"
    assert alarm.threshold == pytest.approx(prod.scaling.target_invocations_per_minute * 1.2)
    # It waits until scaling out must have helped.
    wait = alarm.evaluation_periods * alarm.period_seconds
    assert wait >= 180 + prod.scaling.scale_out_cooldown_seconds


def test_requirements_choose_one_type_for_all_environments() -> None:
    chosen = endpoints({"instance": {"memory_gib": 15}})
    types = {item.instance_type for item in chosen.values()}
    assert len(types) == 1
    assert types != {"ml.m5.large"}  # it has 8 GiB


def test_fails_on_scaling_to_zero_with_what_a_component_does_not_have() -> None:
    text = (ROOT / "examples/vision/groundplan.yaml").read_text()
    with pytest.raises(SpecErrors) as caught:
        parse_spec(text.replace("sizing: {", "sizing: {allow_errors_while_waking: true, "))
    problem = "an endpoint that scales to zero is an inference component, which has no such thing"
    fix = "remove it, override it in this environment, or remove allow_errors_while_waking"
    assert [str(item).partition(": ")[2] for item in caught.value.problems] == [
        f"{path}: {problem}, got {got}; {fix}"
        for path, got in (
            ("environments[2].overrides.models.plate-reader.rollout.shadow_first", "true"),
            ("models[0].serving.capture.percent", "5"),
        )
    ]


def test_an_endpoint_that_may_fail_while_it_wakes_has_no_instances_when_nothing_is_asked() -> None:
    prod = endpoints({"sizing": {"workers": 2, "allow_errors_while_waking": True}})["prod"]
    usual = endpoints({})["prod"]
    assert prod.component is not None and prod.scaling is not None and usual.scaling is not None
    assert (prod.scaling.min_instances, usual.scaling.min_instances) == (0, 2)
    assert prod.scaling.max_instances == usual.scaling.max_instances
    assert prod.scaling.resource_id == "inference-component/small-prod-m1"
    # A batch of new copies fits beside the old ones while a new version rolls.
    assert prod.component.max_instances >= prod.scaling.max_instances * 1.5
    # Failing requests add no more copies in the time that the first ones take to start.
    assert prod.component.wake.cooldown_seconds == prod.scaling.scale_out_cooldown_seconds == 300
    assert {item.min_instances for item in prod.scaling.scheduled}.isdisjoint({1})


def test_an_environment_may_sleep_alone_and_without_traffic() -> None:
    spec = {"allow_errors_while_waking": True}
    found = endpoints(
        {"traffic": None, "service_time_ms": None, "latency": None, "sizing": None}, spec
    )
    assert found["dev"].component is None
    prod = found["prod"]
    assert prod.component is not None and prod.scaling is not None
    assert (prod.scaling.min_instances, prod.scaling.max_instances) == (0, 1)
    assert prod.component.wake.cooldown_seconds == 300


def test_one_copy_fills_more_than_half_of_any_instance() -> None:
    for shape in instance_types().values():
        if not shape.hosting or shape.accelerators is None:
            continue
        compute = plan_inference_component(
            name="m1",
            place=Place(account="111111111111", region="eu-west-1"),
            instance_type=shape.name,
            copies=1,
            max_copies=1,
            wake_seconds=300,
        ).compute
        assert 2 * compute.accelerators > shape.accelerators or 2 * compute.cpu_cores > shape.vcpus
        assert compute.cpu_cores < shape.vcpus
        assert compute.min_memory_mib <= shape.memory_gib * 1024 / 4


def test_fails_on_a_sleeping_type_whose_accelerators_nobody_knows() -> None:
    with pytest.raises(PlanError) as caught:
        endpoints({"instance": "ml.p3.2xlarge"}, {"allow_errors_while_waking": True})
    assert str(caught.value) == (
        "models[0].serving.instance: an endpoint that scales to zero reserves accelerators, and it "
        "is not known how many this type has, got 'ml.p3.2xlarge'; use another type"
    )


def test_a_canary_has_two_instances_also_when_sized() -> None:
    calm = {"traffic": {"base_rps": 1}, "rollout": {"strategy": "canary"}}
    assert endpoints(calm, stage="staging")["dev"].initial_instance_count == 2


def test_fails_on_a_target_that_cannot_be_met() -> None:
    with pytest.raises(PlanError) as caught:
        endpoints({"latency": {"max_ms": 20}})
    assert str(caught.value).startswith("models[0].serving.latency")


def test_fails_on_a_profile_without_its_directory() -> None:
    text = (ROOT / "examples/vision/groundplan.yaml").read_text()
    with pytest.raises(InputError) as caught:
        plan(parse_spec(text))
    assert str(caught.value) == (
        "traffic.csv: the spec names this file, but was read without the directory that it is in, "
        "got None; read the spec with load_spec, give the text to with_files, or list the hours in "
        "'traffic.rps'"
    )


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (None, ("groundplan.yaml:69:26: models[0].serving.traffic.profile: cannot be read: no such "
         "file or directory, got 'traffic.csv'; put it beside the spec")),
        ("hour,rps\n0,5\n1,-2\n", "traffic.csv:3: "),
    ],
)  # fmt: skip
def test_fails_on_a_bad_profile_from_the_command(
    profile: str | None, message: str, tmp_path: Path
) -> None:
    spec = tmp_path / "groundplan.yaml"
    spec.write_text((ROOT / "examples/vision/groundplan.yaml").read_text())
    if profile is not None:
        (tmp_path / "traffic.csv").write_text(profile)
    done = run_command("validate", "groundplan.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_a_project_without_traffic_never_imports_numpy() -> None:
    script = (
        "import sys; from groundplan.blueprints.spec import load_spec; "
        "from groundplan.blueprints.plan import plan; plan(load_spec(sys.argv[1])); "
        "sys.exit('numpy' in sys.modules)"
    )
    for example, expected in (("churn", 0), ("vision", 1)):
        path = ROOT / "examples" / example / "groundplan.yaml"
        done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
        assert done.returncode == expected
