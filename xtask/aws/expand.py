"""The templates as plain JSON, with what they include in its place: `expand.py FROM TO`. What lints and simulates them reads
these; CloudFormation does the same by itself."""

import json
import sys
from pathlib import Path

import yaml


class Loader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions."""


def function(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", function)


def expanded(value, folder):
    if isinstance(value, list):
        return [expanded(it, folder) for it in value]
    if not isinstance(value, dict):
        return value
    if "TemplateURL" in value:
        value |= {"TemplateURL": value["TemplateURL"].replace(".yaml", ".json")}
    included = value.get("Fn::Transform")
    value = {name: expanded(it, folder) for name, it in value.items() if name != "Fn::Transform"}
    if included:
        assert included["Name"] == "AWS::Include", included
        value |= json.loads((folder / included["Parameters"]["Location"]).read_text())
    return value


def main(source, target):
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.yaml")):
        template = expanded(yaml.load(path.read_text(), Loader), source)
        (target / f"{path.stem}.json").write_text(json.dumps(template, indent=1))


main(*map(Path, sys.argv[1:]))
