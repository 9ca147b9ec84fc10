"""The four functions that SageMaker's own framework containers call in script mode.

They answer as `serve` does, by the same code. An image that is built from the Dockerfile beside does
not use them.
"""

import json
from pathlib import Path
from typing import Any

import model
import serve

Request = tuple[str, bytes]


def model_fn(model_dir: str) -> Any:
    """The model that training left in ``model_dir``."""
    return model.load(Path(model_dir))


def input_fn(request_body: str | bytes, content_type: str) -> Request:
    """A request as it came."""
    body = request_body.encode() if isinstance(request_body, str) else bytes(request_body)
    return content_type, body


def predict_fn(request: Request, loaded: Any) -> Any:
    """What the request is answered with."""
    kind, body = request
    return serve.answer(lambda rows: model.predict(loaded, rows), kind, body)


def output_fn(prediction: Any, accept: str) -> str:
    """The answer as JSON, which is all that there is, whatever is accepted."""
    return json.dumps(prediction)
