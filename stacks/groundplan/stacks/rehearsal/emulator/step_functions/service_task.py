"""Task states that call an AWS API, in the account of their state machine."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)

from groundplan.stacks.rehearsal.emulator.faults import Faults
from groundplan.stacks.rehearsal.emulator.step_functions import (
    call_faults,
    put_events,
    services,
    sync,
)
from groundplan.stacks.rehearsal.emulator.step_functions.shapes import (
    Dates,
    to_request,
    to_result,
)

ClientFactory = Callable[[str, str, str, str], Any]
"""Service, account, region and the caller's role -> a boto3 client."""


class ServiceTask(callback.StateTaskServiceCallback):
    """``aws-sdk:*``, ``sagemaker:*`` and ``states:startExecution`` as Step Functions calls them."""

    client_for: ClientFactory
    faults: Callable[[], Faults]

    def __init__(self) -> None:
        patterns: Any = {ResourceCondition.WaitForTaskToken}
        super().__init__(supported_integration_patterns=patterns)

    @property
    def _optimised(self) -> bool:
        return bool(self.resource.service_name != "aws-sdk")

    @property
    def _dates(self) -> Dates:
        return "millis" if self._optimised else "iso"

    def _get_sfn_resource_type(self) -> str:
        name = self.resource.service_name
        return str(name) if self._optimised else f"{name}:{self.resource.api_name}"

    def _validate_service_integration_is_supported(self) -> None:
        services.operation_model(self.resource.api_name, self.resource.api_action)
        condition = self.resource.condition
        if condition not in (None, ResourceCondition.WaitForTaskToken):
            sync.find(self.resource.service_name, self.resource.api_action, condition)

    def _assert_integration_pattern_is_supported(self) -> None:
        """Checked when the state machine is created."""

    def _client(self, part: Any, credentials: Any) -> Any:
        role = str(credentials.role_arn)
        account = role.split(":")[4] if self.credentials else part.account
        name = services.client_name(self.resource.api_name)
        return type(self).client_for(name, account, part.region, role)

    def _call(self, client: Any, action: str, parameters: dict[str, Any]) -> Any:
        operation = services.operation_model(self.resource.api_name, action)
        request = to_request(parameters, operation.input_shape)
        method = client.meta.method_to_api_mapping
        python_name = next(name for name, api in method.items() if api == operation.name)
        response = getattr(client, python_name)(**request)
        return to_result(response, operation.output_shape, self._dates)

    def _answer(self, env: Any, client: Any, parameters: dict[str, Any]) -> Any:
        """The call's result, unless a fault is meant for it."""
        self.timeout.eval(env=env)
        action = self.resource.api_action
        state = env.states.context_object.context_object_data["State"]["Name"]
        return call_faults.answer(
            type(self).faults(),
            (state, f"{self.resource.api_name}:{action}"),
            action,
            env.stack.pop(),
            lambda: self._call(client, action, parameters),
            self._stopping(client, parameters),
        )

    def _stopping(self, client: Any, parameters: dict[str, Any]) -> Callable[[Any], None] | None:
        """How to stop what the call starts; ``None`` where its end is not waited for."""
        condition = self.resource.condition
        if condition in (None, ResourceCondition.WaitForTaskToken):
            return None
        run = sync.find(self.resource.service_name, self.resource.api_action, condition)
        return lambda created: run.end(
            lambda action, given: self._call(client, action, given),
            created=created,
            request=parameters,
        )

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        putting_events = self.resource.service_name == "events"
        if putting_events:
            context = env.states.context_object.context_object_data
            normalised_parameters = put_events.with_resources(normalised_parameters, context)
        result = self._answer(env, client, normalised_parameters)
        if putting_events:
            put_events.check(result)
        env.stack.append(result)

    def _eval_integration_pattern(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        condition = self.resource.condition
        if condition == ResourceCondition.WaitForTaskToken:
            super()._eval_integration_pattern(
                env=env,
                resource_runtime_part=resource_runtime_part,
                normalised_parameters=normalised_parameters,
                state_credentials=state_credentials,
            )
            return
        client = self._client(resource_runtime_part, state_credentials)
        self.timeout.eval(env=env)
        timeout_seconds = env.stack.pop()
        created = env.stack.pop()
        run = sync.find(self.resource.service_name, self.resource.api_action, condition)
        result = run.wait(
            lambda action, parameters: self._call(client, action, parameters),
            created=created,
            request=normalised_parameters,
            timeout_seconds=timeout_seconds,
            running=env.is_running,
        )
        env.stack.append(result)

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            name = services.error_name(self.resource.api_name, optimised=self._optimised, error=ex)
            return self._failure(env, ErrorName(name), _cause(name, ex))
        if isinstance(ex, put_events.FailedEntry):
            return self._failure(env, ErrorName(put_events.ERROR), str(ex))
        if isinstance(ex, sync.SyncFailure):
            return self._failure(
                env, StatesErrorName(StatesErrorNameType.StatesTaskFailed), str(ex)
            )
        if isinstance(ex, BotoCoreError | ValueError):
            return self._failure(env, StatesErrorName(StatesErrorNameType.StatesRuntime), str(ex))
        return super()._from_error(env=env, ex=ex)

    def _failure(self, env: Any, name: ErrorName, cause: str) -> FailureEvent:
        details: Any = {
            "taskFailedEventDetails": {
                "resource": self._get_sfn_resource(),
                "resourceType": self._get_sfn_resource_type(),
                "error": name.error_name,
                "cause": cause,
            }
        }
        return FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=details,
        )


def _cause(name: str, error: ClientError) -> str:
    response = error.response
    meta = response.get("ResponseMetadata", {})
    return (
        f"{response['Error'].get('Message', '')} (Service: {name.split('.')[0]}, "
        f"Status Code: {meta.get('HTTPStatusCode')}, Error Code: {response['Error']['Code']}, "
        f"Request ID: {meta.get('RequestId')})"
    )
