"""What AWS's documentation says that calls and jobs need, as data."""
