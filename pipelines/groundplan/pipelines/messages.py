"""What people are told when a pipeline has failed."""

from groundplan.pipelines.steps import Notify
from groundplan.pipelines.values import Execution, Failure, Join

MAX_SUBJECT = 100  # characters, SNS's


def tell_failure(subject: str, topic_arn: str) -> Notify:
    """The step that tells a topic which step failed, with what, and in which execution."""
    return Notify(
        id="tell",
        topic_arn=topic_arn,
        subject=subject[:MAX_SUBJECT],
        message=Join(
            (
                f"{subject}: step ",
                Failure("step"),
                " ended with ",
                Failure("error"),
                "\n",
                Failure("cause"),
                "\nexecution: ",
                Execution("id"),
            )
        ),
    )
