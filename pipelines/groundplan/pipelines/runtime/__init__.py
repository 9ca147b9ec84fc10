"""Steps as plain Python with boto3's clients, for orchestrators that run Python.

Compilers write the source of these modules into what they produce, so nothing here may need
groundplan, or anything beyond Python's standard library: clients are handed in.
"""
