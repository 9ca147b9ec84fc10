"""The parts of a DAG file that are the same for every pipeline."""

IMPORTS = """\
from botocore.config import Config

try:  # Airflow 3
    from airflow.sdk import DAG, Param
except ImportError:
    from airflow import DAG
    from airflow.models.param import Param
try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow.operators.python import PythonOperator
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
"""

PROCESSING_IMPORT = """\
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator
"""

SURROUNDINGS = '''\
AWS_CONN_ID = "aws_default"
POLL_SECONDS = 60


def client(service):
    """boto3's client of a service, by Airflow's connection; throttled calls are repeated."""
    config = Config(retries={"mode": "standard", "max_attempts": 10})
    hook = AwsGenericHook(aws_conn_id=AWS_CONN_ID, client_type=service, config=config)
    return hook.get_conn()


def run_of(context, reads):
    """The running execution, as far as one of its steps sees it."""
    ti, dag_run = context["ti"], context["dag_run"]
    return Run(
        execution_id=f"{dag_run.dag_id}/{dag_run.run_id}",
        start_time=dag_run.start_date.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        parameters=context["params"],
        outputs={step: ti.xcom_pull(task_ids=step) for step in reads},
        client=client,
        again=True,
        poll_seconds=POLL_SECONDS,
    )


LOST = {"step": "unknown", "error": "TaskLost", "cause": "a task ended without a word: see its log"}


def failure_of(context):
    """What the first step that failed has said."""
    said = (context["ti"].xcom_pull(task_ids=step, key="failure") for step in STEPS)
    return next(filter(None, said), LOST)


def told(context, step, work):
    """What ``work`` gives; its failure is kept for the steps that handle it, and is final.

    A task is repeated only when its worker was lost: what can be repeated otherwise has been.
    """
    try:
        return work()
    except Exception as error:
        failed = run_error(step["id"], error)
        if step["on_failure"] == "continue":
            print(f"passed over: {failed}")
            return {}
        failure = {"step": step["id"], "error": failed.error, "cause": failed.cause}
        context["ti"].xcom_push(key="failure", value=failure)
        raise AirflowFailException(str(failed)) from error


def carried_out(function, step, reads):
    """Carries a step out in a Python task."""

    def carry_out(**context):
        run = run_of(context, reads)
        skip_unless_wanted(step, run)

        def work():
            return function({"id": step["id"], **run.value(step["given"])}, run)

        return told(context, step, work)

    return carry_out


def skip_unless_wanted(step, run):
    """Airflow carries on behind a step whose conditions do not hold."""
    if not wanted(step, run):
        raise AirflowSkipException(f"the conditions of step {step['id']} do not hold")


def handled(function, step, reads):
    """Carries out a step of those that run when another one has failed."""

    def handle(**context):
        run = run_of(context, reads)
        run.failure = failure_of(context)
        return perform(function, step, run) if wanted(step, run) else {}

    return handle


def gathered(outputs, reads):
    """What the whole pipeline produces."""

    def gather(**context):
        return run_of(context, reads).value(outputs)

    return gather


def fail(**context):
    """Makes the run fail: handling a failure is no success."""
    failure = failure_of(context)
    raise AirflowFailException(f"{failure['error']}: {failure['cause']}")
'''

PROCESSING = '''\
class ProcessingTask(SageMakerProcessingOperator):
    """A processing job by the provider's operator, deferrable where Airflow is set so."""

    template_fields = ()

    def __init__(self, *, step, reads, **kwargs):
        super().__init__(config={}, **kwargs)
        self.step = step
        self.reads = reads

    def execute(self, context):
        run = run_of(context, self.reads)
        skip_unless_wanted(self.step, run)

        def work():
            given = self.given(run)
            name, exists = next_processing_name(given, run)
            context["ti"].xcom_push(key="job_name", value=name)
            if exists:
                seconds = given["job"]["max_runtime_seconds"] + START_UP_SECONDS
                wait(run, "Processing", name, seconds)
            else:
                self.config = processing_request(given, name)
                super(ProcessingTask, self).execute(context)
            return processed(given, run, name)

        return told(context, self.step, work)

    def execute_complete(self, context, event=None):
        def work():
            super(ProcessingTask, self).execute_complete(context, event)
            run = run_of(context, self.reads)
            given = self.given(run)
            name = context["ti"].xcom_pull(task_ids=self.task_id, key="job_name")
            return processed(given, run, name)

        return told(context, self.step, work)

    def given(self, run):
        return {"id": self.step["id"], **run.value(self.step["given"])}
'''
