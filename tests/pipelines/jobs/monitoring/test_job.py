"""The whole job, as the image runs it, on the real data that scikit-learn carries."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests_support import ROOT

PYTHON = ROOT / ".venv-monitoring" / "bin" / "python"
JOB = ROOT / "pipelines" / "groundplan" / "pipelines" / "jobs" / "monitoring"
WINDOW = ["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"]
CHECKS = ["data_drift", "prediction_drift", "target_drift", "quality", "fairness",
          "attribution_drift"]  # fmt: skip
Frame = dict[str, list[Any]]

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="Evidently is not installed: run make environments"
    ),
]


class Cancer:
    """A classifier of tumours, the rows to judge it on, and the rows that it is asked about."""

    def __init__(self) -> None:
        data = load_breast_cancer()
        random = np.random.default_rng(3)
        train, self.base, self.now = np.array_split(random.permutation(len(data.data)), 3)
        self.names = [name.replace(" ", "_") for name in data.feature_names[:10]]
        self.x, self.y = data.data[:, :10], data.target
        self.group = random.choice(["north", "south"], len(self.x))
        self.model = make_pipeline(StandardScaler(), LogisticRegression())
        self.model.fit(self.x[train], self.y[train])

    def rows(self, chosen: Any, shift: float = 0.0) -> tuple[list[dict[str, Any]], list[float]]:
        x = self.x[chosen].copy()
        x[:, 0] += shift * self.x[:, 0].std()
        found = [
            dict(zip(self.names, map(float, row), strict=True)) | {"hospital": self.group[index]}
            for row, index in zip(x, chosen, strict=True)
        ]
        return found, [float(value) for value in self.model.predict_proba(x)[:, 1]]


@pytest.fixture(scope="module")
def cancer() -> Cancer:
    return Cancer()


def fill(root: Path, cancer: Cancer, shift: float) -> None:
    given = root / "processing" / "input"
    for name in ("baseline", "captured-0", "labelled-0", "labels-0"):
        (given / name).mkdir(parents=True)
    rows, answers = cancer.rows(cancer.base)
    with (given / "baseline" / "baseline.jsonl").open("w") as stream:
        for row, answer, label in zip(rows, answers, cancer.y[cancer.base], strict=True):
            line = {"row": row | {"benign": int(label), "id": "x"}, "prediction": answer}
            stream.write(json.dumps(line) + "\n")
    rows, answers = cancer.rows(cancer.now, shift)
    lines = []
    for index, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        sides = {
            "endpointInput": json.dumps({"instances": [row]}),
            "endpointOutput": json.dumps({"predictions": [answer]}),
        }
        captured = {
            name: {"observedContentType": "application/json", "encoding": "JSON", "data": data}
            for name, data in sides.items()
        }
        moment = {"inferenceTime": "2026-11-20T08:00:00Z"}
        identity = {"eventId": f"e{index}", "inferenceId": f"i{index}"}
        lines.append(json.dumps({"captureData": captured, "eventMetadata": moment | identity}))
    for folder in ("captured-0", "labelled-0"):
        (given / folder / "00.jsonl").write_text("\n".join(lines))
    labels = "\n".join(f"i{index},{label}" for index, label in enumerate(cancer.y[cancer.now]))
    (given / "labels-0" / "1.csv").write_text(f"inference_id,label\n{labels}\n")


def run(root: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-m", "monitor", "--captured", *WINDOW, "--labelled", *WINDOW,
         "--options", json.dumps(options)],
        cwd=JOB, env={"ML_ROOT": str(root), "PATH": os.environ["PATH"],
                      "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(cancer: Cancer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Any]:
    def report(shift: float) -> Any:
        root = tmp_path_factory.mktemp("ml")
        fill(root, cancer, shift)
        done = run(
            root, checks=CHECKS, label="benign", fairness={"hospital": {"fnr_gap": 0.1}},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads((root / "processing" / "output" / "monitoring.json").read_text())

    return report


def test_nothing_has_drifted_where_nothing_changed(report: Callable[[float], Any]) -> None:
    found = report(0.0)
    assert found["drifted"] is False
    assert [found["checks"][check]["status"] for check in CHECKS] == ["ok"] * 6
    assert set(found["columns"]) == {*Cancer().names, "hospital"}
    assert found["metrics"]["rows"] == found["rows"] == 189
    assert found["metrics"]["insufficient_data"] == 0


def test_one_shifted_column_is_found_and_named(report: Callable[[float], Any]) -> None:
    found = report(1.0)
    assert found["drifted"] is True
    assert found["checks"]["data_drift"]["drifted_columns"] == ["mean_radius"]
    assert found["metrics"]["data_drift"] == 1
    assert found["checks"]["target_drift"]["status"] == "ok"
    assert found["checks"]["fairness"]["status"] == "ok"


def test_fails_with_the_place_of_what_is_broken(cancer: Cancer, tmp_path: Path) -> None:
    fill(tmp_path, cancer, 0.0)
    (tmp_path / "processing" / "input" / "captured-0" / "01.jsonl").write_text("{}\n")
    done = run(tmp_path)
    expected = "captured-0/01.jsonl:1: not what data capture writes: KeyError: 'eventMetadata'"
    assert done.returncode == 1
    assert done.stderr == f"monitor: {expected}\n"
    assert (tmp_path / "output" / "message").read_text() == expected


STATISTICS = """
import json, numpy as np, pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift
from monitor import samples
random = np.random.default_rng(1)
one, other = random.normal(size=300), random.normal(0.4, 1, size=200)
a, b = random.choice(list("xyz"), 300), random.choice(list("xyz"), 200, p=[0.5, 0.3, 0.2])
definition = DataDefinition(numerical_columns=["n"], categorical_columns=["c"])
frames = [pd.DataFrame({"n": n, "c": c}) for n, c in ((one, a), (other, b))]
data = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
wanted = [("n", "ks"), ("n", "wasserstein"), ("c", "jensenshannon")]
report = Report([ValueDrift(column=column, method=method) for column, method in wanted])
measured = [item["value"] for item in report.run(data[1], data[0]).dict()["metrics"]]
found = [*samples.numbers(one, other)[1:], samples.categories(a, b)[2]]
print(json.dumps([[float(value) for value in measured], found]))
"""


def test_statistics_are_those_of_evidentlys_report() -> None:
    done = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", STATISTICS],
        cwd=JOB, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    measured, found = json.loads(done.stdout.splitlines()[-1])
    assert found == pytest.approx(measured)


def test_the_image_holds_what_the_tests_ran_with() -> None:
    frozen = subprocess.run(
        [str(PYTHON), "-m", "pip", "list", "--format=json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    installed = {item["name"].lower(): item["version"] for item in json.loads(frozen.stdout)}
    for line in (JOB / "requirements.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        assert installed[name] == version
