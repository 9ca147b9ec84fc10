"""The validator asl-validator over the state machines of the examples."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT

FOLDER = ROOT / "environments" / "asl"
PROGRAM = """
const validate = require("asl-validator");
const definitions = JSON.parse(require("fs").readFileSync(0));
const found = {};
for (const [name, text] of Object.entries(definitions)) {
  const { isValid, errors } = validate(JSON.parse(text), { checkArn: true });
  if (!isValid) found[name] = errors.map((error) => error.Message);
}
console.log(JSON.stringify(found));
"""


def _filled(value: Any) -> Any:
    """With a word for each empty text, which this validator refuses and AWS takes."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value or "empty" if isinstance(value, str) else value


def _errors(definitions: dict[str, str], folder: Path = FOLDER) -> dict[str, list[str]]:
    if not (folder / "node_modules" / "asl-validator").is_dir():
        pytest.skip("asl-validator is not installed: run `make environments`")
    done = subprocess.run(
        ["node", "-e", PROGRAM],
        cwd=folder,
        input=json.dumps(definitions),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_definitions_are_valid(machines: dict[str, Any]) -> None:
    definitions = {
        name: json.dumps(_filled(json.loads(machine.definition)))
        for name, machine in machines.items()
    }

    assert _errors(definitions) == {}


def test_fails_on_a_broken_definition() -> None:
    broken = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"B": {"Type": "Succeed"}}}

    assert list(_errors({"broken": json.dumps(broken)})) == ["broken"]
