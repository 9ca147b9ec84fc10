"""JSONata expressions of a state machine, with its variables bound as values."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)

from groundplan.stacks.rehearsal.emulator.step_functions.functions import FUNCTIONS


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Evaluate a JSONata expression as Step Functions does.

    Args:
        expression: What stands between ``{%`` and ``%}``.
        variables: Name without ``$`` -> value; ``states`` is among them.

    Returns:
        A value of plain JSON.

    Raises:
        ValueError: The expression is wrong, fails, or yields nothing or a function.
    """
    try:
        program = Jsonata(expression)
        program.set_output_convert_nulls(False)
        bindings = {name: Jsonata.JLambda(function) for name, function in FUNCTIONS.items()}
        result = program.evaluate(None, bindings | copy.deepcopy(dict(variables)))
    except RecursionError as exc:
        raise ValueError(f"the JSONata expression '{expression}' nests too deeply") from exc
    except Exception as exc:  # jsonata raises its own, and Python's for wrong arguments
        raise ValueError(f"The JSONata expression '{expression}' failed: {exc}") from exc
    if result is None:
        raise ValueError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    value = _plain(Utils.convert_nulls(result))
    supported = isinstance(value, dict | list | str | int | float | None)
    if not supported:
        raise ValueError(
            f"The JSONata expression '{expression}' returned an unsupported result type."
        )
    return value


def _plain(value: Any) -> Any:
    """Lists, dictionaries and numbers without JSONata's marks; 3.0 is 3, as in JavaScript."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def eval_string(self: Any, env: Any) -> None:
    """Replaces moto's evaluation of a JSONata string: pushes its value onto the stack."""
    try:
        value = evaluate(self.expression, _variables(env))
    except ValueError as exc:
        raise _query_error(env, str(exc)) from exc
    env.stack.append(value)


def _variables(env: Any) -> dict[str, Any]:
    store = env.variable_store
    states = {
        # moto keeps an absent result or error as None; a task never returns JSON null
        key: value
        for key, value in env.states._states_data.items()
        if value is not None or key == "input"
    }
    return {**store._outer_scope, **store._inner_scope, "states": _json(states)}


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=_encode))


def _encode(value: object) -> str:
    if isinstance(value, datetime):
        return timestamp(value)
    raise TypeError(f"no JSON form of {type(value).__name__}")


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as in the context object."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _query_error(env: Any, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details: Any = {"evaluationFailedEventDetails": {"cause": cause, "error": name.error_name}}
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=details,
        )
    )
