"""Strict validation: a field that the API does not know is a fault, as is a wrong type or value.

Kubernetes' own resources are held against its published schemas, at the oldest and the newest
version that we support; those of Gateway API against `gateway.schema.json`, which knows the fields
that we use.
"""

import json
from functools import cache
from pathlib import Path

import kubernetes_validate.utils
from jsonschema import Draft202012Validator

VERSIONS = ["1.34", "1.37"]

# Each resource is held against the same large file of definitions: it is read once.
kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)

GATEWAY = json.loads((Path(__file__).parent / "gateway.schema.json").read_text())


def faults(manifests):
    """What is wrong with the form of each resource."""
    for manifest in manifests:
        yield from _faults(json.dumps(manifest))


@cache
def _faults(text):
    manifest = json.loads(text)
    name = f"{manifest['kind']} {manifest['metadata']['name']}"
    if manifest["apiVersion"].startswith("gateway.networking.k8s.io/"):
        return [f"{name}: {fault.message}" for fault in Draft202012Validator(GATEWAY).iter_errors(manifest)]
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as fault:
            where = ".".join(map(str, fault.absolute_path))
            found.append(f"{name}: {where}: {fault.message} (Kubernetes {version})")
        except kubernetes_validate.SchemaNotFoundError as fault:
            found.append(f"{name}: {fault.message}")
    return found
