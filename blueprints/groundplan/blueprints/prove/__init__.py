"""Proves claims about a plan: who may do what, what is encrypted, what is reachable."""
