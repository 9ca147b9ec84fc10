"""MLflow apps and tracking servers, which moto lacks. They are kept; what they answer is not emulated."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceNotFound

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check

APP, SERVER = "MlflowApp", "MlflowTrackingServer"
DEFAULTS: dict[str, dict[str, Any]] = {
    APP: {"ModelRegistrationMode": "AutoModelRegistrationDisabled"},
    SERVER: {"AutomaticModelRegistration": False, "TrackingServerSize": "Small"},
}


@dataclass
class Server:
    """One app or tracking server."""

    kind: str
    arn: str
    request: dict[str, Any]
    tags: list[dict[str, str]]
    created: datetime


def servers(backend: Any) -> dict[str, Server]:
    """Return the apps and servers of an account and region by ARN."""
    found: dict[str, Server] = backend.__dict__.setdefault("mlflow_servers", {})
    return found


def find(backend: Any, arn: str) -> Server | None:
    """Return the app or server of an ARN, or nothing."""
    return servers(backend).get(arn)


def operations() -> dict[str, Any]:
    """Return the operations by the names that moto calls them."""
    return {
        "create_mlflow_app": lambda self: _create(self, APP),
        "create_mlflow_tracking_server": lambda self: _create(self, SERVER),
        "delete_mlflow_app": lambda self: _delete(self, APP),
        "delete_mlflow_tracking_server": lambda self: _delete(self, SERVER),
        "describe_mlflow_app": lambda self: _describe(self, APP),
        "describe_mlflow_tracking_server": lambda self: _describe(self, SERVER),
        "list_mlflow_apps": _list,
        "update_mlflow_app": lambda self: _update(self, APP),
        "update_mlflow_tracking_server": lambda self: _update(self, SERVER),
    }


def _create(self: Any, kind: str) -> ActionResult:
    check(f"Create{kind}", self.params)
    backend, request = self.sagemaker_backend, dict(self.params)
    name = request[_name(kind)]
    known = servers(backend).values()
    if any(item.kind == kind and item.request[_name(kind)] == name for item in known):
        raise AWSValidationException(f"{kind} {name} already exists.")
    resource = f"mlflow-tracking-server/{name}"
    if kind == APP:  # AWS assigns the id
        resource = f"mlflow-app/app-{hashlib.sha256(name.encode()).hexdigest()[:12].upper()}"
    arn = f"arn:aws:sagemaker:{backend.region_name}:{backend.account_id}:{resource}"
    servers(backend)[arn] = Server(
        kind=kind,
        arn=arn,
        request=request,
        tags=request.pop("Tags", None) or [],
        created=CLOCK.now(),
    )
    return ActionResult({_arn(kind): arn})


def _update(self: Any, kind: str) -> ActionResult:
    check(f"Update{kind}", self.params)
    found = _found(self, kind)
    given = {key: value for key, value in self.params.items() if key != "Arn"}
    found.request |= given
    return ActionResult({_arn(kind): found.arn})


def _describe(self: Any, kind: str) -> ActionResult:
    found = _found(self, kind)
    status = "Status" if kind == APP else "TrackingServerStatus"
    return ActionResult(
        {
            **DEFAULTS[kind],
            **found.request,
            _arn(kind): found.arn,
            status: "Created",
            "CreationTime": found.created,
        }
    )


def _list(self: Any) -> ActionResult:
    found = [item for item in servers(self.sagemaker_backend).values() if item.kind == APP]
    summaries = [
        {
            "Arn": item.arn,
            "Name": item.request["Name"],
            "Status": "Created",
            "CreationTime": item.created,
        }
        for item in found
    ]
    return ActionResult({"Summaries": summaries})


def _delete(self: Any, kind: str) -> ActionResult:
    found = _found(self, kind)
    del servers(self.sagemaker_backend)[found.arn]
    return ActionResult({_arn(kind): found.arn})


def _found(self: Any, kind: str) -> Server:
    key = "Arn" if kind == APP else _name(kind)
    wanted = self._get_param(key)
    for item in servers(self.sagemaker_backend).values():
        if item.kind == kind and wanted == (item.arn if kind == APP else item.request[key]):
            return item
    raise ResourceNotFound(message=f"Could not find {kind} {wanted}.")


def _name(kind: str) -> str:
    return "Name" if kind == APP else "TrackingServerName"


def _arn(kind: str) -> str:
    return "Arn" if kind == APP else "TrackingServerArn"
