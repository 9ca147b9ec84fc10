"""Trains gradient-boosted trees, a few at a time, and can go on where it was interrupted.

Hyperparameters: ``label``, ``task`` (``classification`` or ``regression``; by default what the labels
look like), ``positive``, ``iterations``, ``learning_rate``, ``max_leaf_nodes``, ``l2_regularization``,
``seed``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from columns import LABEL, POSITIVE
from job import Checkpoints, hyperparameter, root, run_training, training_rows
from model import About, Model, Task, classes_of, dumps, labels, save, task_of
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from table import Feature, features, matrix, text
from tracking import record

ITERATIONS_A_CHECKPOINT = 10


def train() -> Mapping[str, float]:
    """Train to ``iterations`` trees a class; the number is that of the training data."""
    rows = training_rows()
    label = hyperparameter("label", "") or LABEL or list(rows[0])[-1]
    cells = labels(rows, label)
    task = _task(cells)
    positive = hyperparameter("positive", "") or (POSITIVE if label == LABEL else None)
    classes = () if task == "regression" else classes_of(cells, text(positive) or None)
    seen, ignored = features(rows, label)
    print(f"{task} of {label} from {', '.join(item.name for item in seen)}", flush=True)
    for name, reason in ignored.items():
        print(f"{name} is not used: {reason}", flush=True)
    given = matrix(seen, rows)
    positions = {name: index for index, name in enumerate(classes)}
    wanted: list[float] = [positions[cell] if classes else float(cell) for cell in cells]
    iterations = hyperparameter("iterations", 120)
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    checkpoints = Checkpoints(dumps)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    trees = checkpoints.load() or _trees(kind, seen)
    while trees.max_iter < iterations:
        trees.max_iter = min(trees.max_iter + ITERATIONS_A_CHECKPOINT, iterations)
        trees.fit(given, wanted)
        record(trees.max_iter, **_fit(trees, classes, given, wanted))
        checkpoints.save(trees)
    about = About(label, task, tuple(seen), classes, iterations)
    save(root() / "model", Model(about, trees))
    return _fit(trees, classes, given, wanted)


def _fit(
    trees: Any, classes: Sequence[str], given: Any, wanted: Sequence[float]
) -> dict[str, float]:
    """How well the trees fit what they were trained on."""
    if classes:
        return {"train_log_loss": float(log_loss(wanted, trees.predict_proba(given)))}
    return {"train_rmse": float(mean_squared_error(wanted, trees.predict(given)) ** 0.5)}


def _task(cells: Sequence[str]) -> Task:
    match hyperparameter("task", ""):
        case "":
            return task_of(cells)
        case "classification":
            return "classification"
        case "regression":
            return "regression"
        case other:
            raise ValueError(f"task is classification or regression, not {other}")


def _trees(kind: Any, seen: Sequence[Feature]) -> Any:
    return kind(
        learning_rate=hyperparameter("learning_rate", 0.06),
        max_leaf_nodes=hyperparameter("max_leaf_nodes", 15),
        l2_regularization=hyperparameter("l2_regularization", 1.0),
        categorical_features=[item.kind == "category" for item in seen],
        early_stopping=False,
        max_iter=0,
        warm_start=True,
        random_state=hyperparameter("seed", 0),
    )


if __name__ == "__main__":
    run_training(train)
