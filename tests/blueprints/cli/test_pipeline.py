"""``groundplan pipeline`` as a user calls it: lists, pictures, definitions for each orchestrator."""

import json
from pathlib import Path

import yaml
from tests_support import ROOT, run_command

CHURN = ROOT / "examples" / "churn" / "groundplan.yaml"
TRAINING = "churn-prod-churn-training"


def test_lists_every_pipeline_with_its_steps() -> None:
    done = run_command("pipeline", CHURN)

    assert done.returncode == 0, done.stderr
    for name in (TRAINING, "churn-staging-release", "churn-prod-release", "monitoring", "drift"):
        assert name in done.stdout
    assert "tell_failure" in done.stdout


def test_prints_one_picture_and_refuses_several_on_stdout() -> None:
    one = run_command("pipeline", CHURN, "--format", "mermaid", "--name", "training")
    many = run_command("pipeline", CHURN, "--format", "mermaid")
    unknown = run_command("pipeline", CHURN, "--format", "svg", "--name", "trainig")

    assert one.stdout.startswith(f"flowchart TD\n  %% {TRAINING}\n")
    assert many.returncode == 2
    assert "--out: 5 pipelines do not fit on stdout" in many.stderr
    assert unknown.returncode == 2
    assert "no such pipeline, got 'trainig'; use one of" in unknown.stderr


def test_compiles_what_can_move_and_names_what_stays(tmp_path: Path) -> None:
    out = tmp_path / "dags"
    done = run_command("pipeline", CHURN, "--orchestrator", "airflow", "--out", out)

    assert done.returncode == 0, done.stderr
    assert "churn-prod-release stays in Step Functions: " in done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "churn_prod_churn_monitoring.py",
        "churn_prod_churn_training.py",
    ]
    again = run_command("pipeline", CHURN, "--orchestrator", "airflow", "--out", out)
    assert again.returncode == 2
    assert "would be overwritten" in again.stderr


def test_the_same_pipeline_for_two_orchestrators() -> None:
    asl = run_command("pipeline", CHURN, "--orchestrator", "step_functions", "--name", "training")
    kfp = run_command("pipeline", CHURN, "--orchestrator", "kubeflow", "--name", "training")

    assert json.loads(asl.stdout)["QueryLanguage"] == "JSONata"
    tasks = next(iter(yaml.safe_load_all(kfp.stdout)))["root"]["dag"]["tasks"]
    assert tasks


def test_what_an_orchestrator_cannot_express_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "sagemaker"
    done = run_command("pipeline", CHURN, "--orchestrator", "sagemaker", "--out", out)

    assert done.returncode == 2
    assert f"{TRAINING}.steps[savings]: no such step in SageMaker Pipelines" in done.stderr
    assert "compile without savings, record" in done.stderr
    assert not out.exists()
