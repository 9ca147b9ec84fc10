"""What the model learns, where it starts, and what it answers."""

import json
import shutil
from typing import Any

JSON = "application/json"


def test_training_goes_on_from_the_weights_in_base(jobs: Any, samples: Any) -> None:
    jobs.give(samples.rows(80), **samples.HYPERPARAMETERS)
    jobs.run("train.py")
    before = jobs.evaluate(samples.rows(20))["metrics"]["loss"]
    base = jobs.root / "input" / "data" / "train" / "base"
    shutil.copytree(jobs.root / "model", base)
    shutil.rmtree(jobs.root / "checkpoints")

    assert "starts from the weights in base/" in jobs.run("train.py")
    assert jobs.evaluate(samples.rows(20))["metrics"]["loss"] < before


def test_texts_longer_than_the_context_are_learned_in_pieces(jobs: Any, samples: Any) -> None:
    text = "to and fro, " * 40
    jobs.give([{"text": text}], **samples.HYPERPARAMETERS | {"epochs": 10})
    jobs.run("train.py")

    drawn = {"prompt": "to", "max_new_tokens": 8, "temperature": 1.0, "seed": 5}
    asked = [{"prompt": "to and fro, to and fro", "max_new_tokens": 12}, drawn, drawn]
    [answer] = jobs.ask((JSON, json.dumps({"instances": asked})))
    likeliest, first, second = answer["predictions"]
    assert likeliest["tokens"] == len(likeliest["completion"]) == 12
    assert first == second


def test_wishes_that_cannot_be_met_are_refused(jobs: Any, samples: Any) -> None:
    jobs.give(samples.rows(8), **samples.HYPERPARAMETERS | {"epochs": 1})
    jobs.run("train.py")
    script = (
        "import json, model, pathlib, serve, sys\n"
        "loaded = model.load(pathlib.Path(sys.argv[1]))\n"
        "for body in json.load(sys.stdin):\n"
        "    try:\n"
        "        serve.answer(lambda rows: model.predict(loaded, rows), 'application/json',\n"
        "                     json.dumps({'instances': [body]}).encode())\n"
        "    except serve.BadRequest as exc:\n"
        "        print(exc.args[1])\n"
    )
    wishes = [
        {},
        {"prompt": 5},
        {"prompt": "a", "max_new_tokens": 9999},
        {"prompt": "a", "max_new_tokens": 0},
        {"prompt": "a", "temperature": "warm"},
        {"prompt": "a", "seed": 10**400},
    ]
    printed = jobs.run("-c", script, str(jobs.root / "model"), given=json.dumps(wishes))

    assert printed.splitlines() == [
        "rows do not fit: KeyError: 'prompt'",
        "rows do not fit: TypeError: prompt must be a text",
        "rows do not fit: ValueError: max_new_tokens must be from 1 to 47",
        "rows do not fit: ValueError: max_new_tokens must be from 1 to 47",
        "rows do not fit: ValueError: temperature must be from 0 to 10",
        "rows do not fit: ValueError: seed must be from 0 to 4294967295",
    ]
