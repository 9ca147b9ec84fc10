"""Programs that run inside a project's containers.

They import nothing but the standard library, except that `score` needs boto3, and nothing of
groundplan: a project's image holds a copy of them beside its own code.
"""
