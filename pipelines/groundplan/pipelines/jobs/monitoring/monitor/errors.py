"""What can be wrong with the job's input."""


class MonitorError(Exception):
    """An input that cannot be used; the message names its file, and its line where it has one."""
