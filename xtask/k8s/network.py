"""What may connect to what, by the NetworkPolicies, worked out as a cluster does it.

Outside of the shop stand peers of every sort that a policy could let in by mistake. Ports are tried
wherever a container or a policy names one, and at one that nobody names.
"""

from manifests import selects
from shop import CALLS, OWNERS, REDIS_USERS, SERVICES, default_ports

NAMESPACE = "terrace"

# Pods of other namespaces, and addresses that are no pod.
OUTSIDE = {
    "prometheus": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
    "collector": ("monitoring", {"app.kubernetes.io/name": "collector"}),
    "gateway": ("gateway-system", {"app.kubernetes.io/name": "gateway"}),
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
    "stranger": ("default", {"app.kubernetes.io/name": "orders", "app.kubernetes.io/part-of": "terrace"}),
    "internet": None,
    "private network": None,
}
BLOCKS = {"10.0.0.0/8": {"private network"}}
UNNAMED = ("TCP", 12345)


def expected(overlay, pods):
    """The arrows of the map, and no other: (way, source, target, protocol, port)."""
    local = overlay == "local"
    arrows = [(caller, called, default_ports(called)["http"]) for caller in CALLS for called in CALLS[caller]]
    arrows += [(owner, f"postgres-{owner}" if local else "private network", 5432) for owner in OWNERS]
    arrows += [(service, "redis" if local else "private network", 6379) for service in REDIS_USERS]
    arrows += [(pod, "dns", 53) for pod in pods]
    arrows += [("prometheus", service, default_ports(service)["admin"]) for service in SERVICES]
    if not local:
        arrows += [(service, "collector", 4318) for service in SERVICES]
        arrows += [("notices", "private network", 587)]
    for source, target, port in arrows:
        for protocol in ("TCP", "UDP") if target == "dns" else ("TCP",):
            if source in pods:
                yield "out", source, target, protocol, port
            if target in pods:
                yield "in", source, target, protocol, port
    for public in ("edge", "site"):
        for anybody in (pods | OUTSIDE.keys()) - {public} if local else {"gateway"}:
            yield "in", anybody, public, "TCP", default_ports(public)["http"]


def faults(manifests, overlay):
    """Where the ways in and out differ from the map: both ends must hold it, each alone."""
    policies = [policy["spec"] for policy in manifests.of("NetworkPolicy").values()]
    for way in ("Ingress", "Egress"):
        # What no policy selects is open, also a pod that comes later.
        if not any(policy["podSelector"] == {} and way in policy["policyTypes"] for policy in policies):
            yield f"network: no policy holds the {way} of every pod"
    found, wanted = set(arrows(manifests)), set(expected(overlay, manifests.pods().keys()))
    for way, source, target, protocol, port in sorted(found ^ wanted):
        state = "open" if (way, source, target, protocol, port) in found else "closed"
        yield f"network: the way {way} from {source} to {target} at {protocol} {port} is {state}"


def arrows(manifests):
    """All (way, source, target, protocol, port) that the policies of the pod at that end let pass."""
    pods = manifests.pods()
    peers = OUTSIDE | {name: (NAMESPACE, pod.labels) for name, pod in pods.items()}
    policies = [policy["spec"] for policy in manifests.of("NetworkPolicy").values()]
    tried = {("TCP", port) for pod in pods.values() for port in pod.ports.values()} | {UNNAMED}
    for rule in (
        rule for policy in policies for way in ("ingress", "egress") for rule in policy.get(way, [])
    ):
        numbers = [port for port in rule.get("ports", []) if isinstance(port["port"], int)]
        tried |= {(port.get("protocol", "TCP"), port["port"]) for port in numbers}

    def allowed(way, end, other, target):
        """Where this end lets it pass; everywhere when no policy selects the end."""
        selecting = [
            p for p in policies if way in p["policyTypes"] and selects(p["podSelector"], pods[end].labels)
        ]
        if not selecting:
            return tried
        rules = [rule for policy in selecting for rule in policy.get(way.lower(), [])]
        named = [(rule, rule.get("from" if way == "Ingress" else "to")) for rule in rules]
        passing = [r for r, others in named if not others or any(_is(p, other, peers[other]) for p in others)]
        return {at for at in tried for rule in passing if _at(rule, at, pods.get(target))}

    for source in peers:
        for target in peers.keys() - {source}:
            if source in pods:
                yield from (("out", source, target, *at) for at in allowed("Egress", source, target, target))
            if target in pods:
                yield from (("in", source, target, *at) for at in allowed("Ingress", target, source, target))


def _is(peer, name, place):
    """Whether a rule's peer is this one."""
    if "ipBlock" in peer:
        assert set(peer["ipBlock"]) == {"cidr"}, f"{peer} is not understood"
        return name in BLOCKS.get(peer["ipBlock"]["cidr"], OUTSIDE.keys())
    if place is None:
        return False
    namespace, labels = place
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != NAMESPACE:
        return False
    return selects(peer.get("podSelector", {}), labels)


def _at(rule, at, pod):
    """Whether a rule lets pass at this protocol and port; a named port is the target's."""
    if not rule.get("ports"):
        return True
    for port in rule["ports"]:
        assert "endPort" not in port, f"{port} is not understood"
        number = port["port"]
        if isinstance(number, str):
            number = pod.ports.get(number) if pod else None
        if at == (port.get("protocol", "TCP"), number):
            return True
    return False
