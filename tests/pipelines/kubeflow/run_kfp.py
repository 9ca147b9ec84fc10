# mypy: ignore-errors
"""Loads IR YAML with Kubeflow Pipelines' own parser; needs nothing of groundplan.

Run by the interpreter of its environment, with the files as arguments. Prints one line of JSON: for
each file what the parser and the protobuf of the specification say, after writing it out again.
"""

import json
import sys
from pathlib import Path

import yaml
from google.protobuf import json_format
from kfp import components
from kfp.pipeline_spec import pipeline_spec_pb2

found = []
for path in sys.argv[1:]:
    text = Path(path).read_text(encoding="utf-8")
    loaded = components.load_component_from_text(text)
    spec = json_format.ParseDict(yaml.safe_load(text), pipeline_spec_pb2.PipelineSpec())
    again = json_format.MessageToDict(spec)
    found.append(
        {
            "name": loaded.pipeline_spec.pipeline_info.name,
            "inputs": sorted(loaded.component_spec.inputs or ()),
            "tasks": sorted(again["root"]["dag"]["tasks"]),
            "components": len(again["components"]),
        }
    )
print(json.dumps(found))
