"""`groundplan rehearse`, as far as it needs no rehearsal."""

import os
import signal

import pytest

from groundplan.blueprints.cli.rehearse import _terminated_as_interrupted


def test_being_terminated_ends_it_like_ctrl_c_so_that_its_processes_end() -> None:
    before = signal.getsignal(signal.SIGTERM)
    ended = []

    with pytest.raises(KeyboardInterrupt), _terminated_as_interrupted():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            ended.append("jobs")

    assert ended == ["jobs"]
    assert signal.getsignal(signal.SIGTERM) is before
