"""How pods are hardened, probed, stopped, rolled out, spread and scaled. A fault is a sentence that
begins with the name of what is wrong."""

import re

from manifests import selects
from shop import SERVICES, default_ports, drain_s

# From SIGTERM to the end of the process, in seconds.
STOP_S = 30


def faults(manifests):
    """Everything that is wrong, over all rules."""
    for rule in (hardened_pods, services, scaling):
        yield from rule(manifests)


def hardened_pods(manifests):
    """Every pod, the stores' as well."""
    for name, pod in manifests.pods().items():
        spec, workload = pod.spec, pod.workload
        container, pod_context = pod.container, spec.get("securityContext", {})
        context, resources = container.get("securityContext", {}), container.get("resources", {})
        user = 65532 if name in SERVICES else 999
        account = manifests.of("ServiceAccount").get(spec.get("serviceAccountName"), {})
        hardening = {
            "has one container": len(spec["containers"]) == 1 and "initContainers" not in spec,
            "runs as nobody in particular": pod_context.get("runAsNonRoot") is True
            and {pod_context.get(who) for who in ("runAsUser", "runAsGroup", "fsGroup")} == {user},
            "has the default seccomp profile": pod_context.get("seccompProfile")
            == {"type": "RuntimeDefault"},
            "shares nothing with the node": not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
            and not any("hostPort" in port for port in container["ports"]),
            "has no host's volume": not any("hostPath" in volume for volume in spec.get("volumes", [])),
            "cannot gain privileges": context.get("allowPrivilegeEscalation") is False,
            "overrides no pod's setting": context.keys()
            <= {"allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities"},
            "has a read-only root file system": context.get("readOnlyRootFilesystem") is True,
            "drops all capabilities": context.get("capabilities") == {"drop": ["ALL"]},
            "has no token of its account": spec.get("automountServiceAccountToken") is False
            and account.get("automountServiceAccountToken") is False,
            "has an account of its own": spec.get("serviceAccountName") == name and bool(account),
            "gets no variables of other services": spec.get("enableServiceLinks") is False,
            "has requests and limits": all(
                {"cpu", "memory"} <= resources.get(kind, {}).keys() for kind in ("requests", "limits")
            ),
            "has all three probes": {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(),
            "runs a version of its image": bool(
                re.fullmatch(r"(.+/)?[\w.-]+:(?!latest$|latest@)[\w.-]+(@sha256:\w{64})?", container["image"])
            ),
            "is in a namespace that demands this": _demands_hardening(
                manifests, workload["metadata"]["namespace"]
            ),
        }
        yield from (f"{name}: not so: {rule}" for rule, holds in hardening.items() if not holds)


def _demands_hardening(manifests, namespace):
    found = manifests.of("Namespace").get(namespace, {"metadata": {}})
    return found["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") == "restricted"


def services(manifests):
    """Probes, ports, stop, rollout and spread of the shop's own pods."""
    for name in SERVICES:
        pod = manifests.pods()[name]
        container, spec = pod.container, pod.spec
        paths = {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
        for probe, path in paths.items():
            asks = container.get(f"{probe}Probe", {}).get("httpGet", {})
            if asks != {"path": path, "port": "admin"}:
                yield f"{name}: the {probe} probe asks {asks}, not {path} of admin"
        if pod.ports != default_ports(name):
            yield f"{name}: its ports are {pod.ports}, those of its config.rs {default_ports(name)}"
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pause < 5:
            yield f"{name}: callers have {pause} s to forget it before it stops"
        if spec.get("terminationGracePeriodSeconds", 30) != pause + STOP_S or drain_s() >= STOP_S:
            yield f"{name}: {pause} s before and {drain_s()} s of drain do not fit the grace period"
        rollout = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        if pod.workload["spec"].get("strategy") != rollout:
            yield f"{name}: a rollout takes replicas away before it adds"
        if name != container["name"] or f"/terrace/{name}:" not in f"/{container['image']}":
            yield f"{name}: its container is {container['name']} of {container['image']}"
        spread = spec.get("topologySpreadConstraints", [])
        places = {constraint["topologyKey"] for constraint in spread}
        if places != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{name}: it is not spread over zones and nodes"
        for constraint in spread:
            keys = constraint.get("matchLabelKeys")
            if constraint["whenUnsatisfiable"] not in ("ScheduleAnyway", "DoNotSchedule"):
                yield f"{name}: {constraint['whenUnsatisfiable']} is no way to spread"
            own = keys == ["app.kubernetes.io/name", "pod-template-hash"]
            if not own or not selects(constraint["labelSelector"], pod.labels):
                yield f"{name}: its spread is over other pods than its own"


def scaling(manifests):
    """Up fast, down slowly, between sensible bounds; and no number of replicas stands in the way."""
    for name, scaler in manifests.of("HorizontalPodAutoscaler").items():
        spec = scaler["spec"]
        behaviour = spec.get("behavior", {"scaleUp": {}, "scaleDown": {}})
        up, down = behaviour["scaleUp"], behaviour["scaleDown"]
        target = spec["scaleTargetRef"]
        if target != {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}:
            yield f"{name}: its HorizontalPodAutoscaler scales {target['kind']} {target['name']}"
        if up.get("stabilizationWindowSeconds") != 0 or up.get("selectPolicy") != "Max":
            yield f"{name}: it does not scale up at once"
        slowly = [{"type": "Pods", "value": 1, "periodSeconds": 60}]
        if down.get("stabilizationWindowSeconds", 0) < 300 or down.get("policies") != slowly:
            yield f"{name}: it scales down faster than by a pod a minute after 5 quiet minutes"
        least = 2 if name == "orders" or manifests.of("Gateway") else 1
        if not least <= spec["minReplicas"] < spec["maxReplicas"]:
            yield f"{name}: it has {spec['minReplicas']} to {spec['maxReplicas']} replicas"
        if "replicas" in manifests.of("Deployment").get(name, {"spec": {}})["spec"]:
            yield f"{name}: its Deployment's replicas undo what the scaling did"
