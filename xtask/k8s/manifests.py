"""The rendered manifests of an overlay, and ways to find one's way in them."""

import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from shop import MADE_SECRETS, ROOT


class Pod:
    """What a Deployment or StatefulSet makes: its pods are all alike."""

    def __init__(self, workload):
        template = workload["spec"]["template"]
        self.workload = workload
        self.name = workload["metadata"]["name"]
        self.labels = template["metadata"]["labels"]
        self.spec = template["spec"]

    @property
    def container(self):
        """The only container; that it is the only one is checked."""
        return self.spec["containers"][0]

    @property
    def ports(self):
        """The container's ports by name."""
        return {port["name"]: port["containerPort"] for port in self.container["ports"]}

    @property
    def environment(self):
        """The container's variables by name: the whole entries."""
        return {entry["name"]: entry for entry in self.container.get("env", [])}


class Manifests(list):
    """All resources of one overlay."""

    def of(self, kind):
        """The resources of a kind, by name."""
        return {m["metadata"]["name"]: m for m in self if m["kind"] == kind}

    def pods(self):
        """The pods of every workload, by the workload's name."""
        workloads = [m for m in self if m["kind"] in ("Deployment", "StatefulSet")]
        return {workload["metadata"]["name"]: Pod(workload) for workload in workloads}

    def secret(self, name):
        """A generated secret's content by key; none when the cluster must have it already."""
        found = self.of("Secret").get(name)
        if found is None:
            return None
        return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def selects(selector, labels):
    """Whether a label selector, in the full form, selects these labels."""
    operators = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
        "Exists": lambda value, _: value is not None,
        "DoesNotExist": lambda value, _: value is None,
    }
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        operators[rule["operator"]](labels.get(rule["key"]), rule.get("values", []))
        for rule in selector.get("matchExpressions", [])
    )


def render(overlay):
    """Renders an overlay as `kubectl apply -k` does, with secrets as `terrace secrets` makes them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "k8s"
        shutil.copytree(ROOT / "k8s", copy, ignore=shutil.ignore_patterns("secrets"))
        for file in MADE_SECRETS:
            path = copy / "overlays/local/secrets" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            is_redis = path.name == "redis"
            path.write_text("redis://user:word@redis:6379/0" if is_redis else f"a made-up {file}")
        kubectl = Path(sys.executable).parent / "kubectl"
        command = [kubectl, "kustomize", copy / "overlays" / overlay]
        rendered = subprocess.run(command, check=True, capture_output=True, text=True)
        assert not rendered.stderr, rendered.stderr
        return Manifests(yaml.safe_load_all(rendered.stdout))
