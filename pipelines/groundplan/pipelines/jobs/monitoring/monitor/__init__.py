"""Compares what an endpoint was asked and answered with what its model was judged on."""
