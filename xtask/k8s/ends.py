"""That nothing is missing and every name meets its other end: selectors, ports, volumes, secrets,
settings, addresses, routes. A fault is a sentence that begins with the name of what is wrong."""

import re
from urllib.parse import urlsplit

from manifests import selects
from shop import CALLS, SERVICES, default_ports, documented_secrets, settings


def faults(manifests):
    """Everything that is wrong, over all rules."""
    for rule in (wholeness, selectors, ports, files, secrets, variables, addresses, gateway):
        yield from rule(manifests)


def wholeness(manifests):
    """Nothing is missing, and nothing is there twice or in another namespace."""
    for kind in ("Deployment", "ServiceAccount", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        yield from (f"{name}: it has no {kind}" for name in SERVICES if name not in manifests.of(kind))
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests]
    yield from (
        f"{name}: there are several of {kind}" for kind, name in set(names) if names.count((kind, name)) > 1
    )
    for manifest in manifests:
        kind, metadata = manifest["kind"], manifest["metadata"]
        if kind != "Namespace" and metadata.get("namespace") not in manifests.of("Namespace"):
            yield f"{metadata['name']}: the namespace of this {kind} is not ours"


def selectors(manifests):
    """Every selector selects what it is for, and that alone."""
    pods = manifests.pods()

    def selected(selector):
        return sorted(name for name, pod in pods.items() if selects(selector, pod.labels))

    for name, pod in pods.items():
        spec = pod.workload["spec"]
        if selected(spec["selector"]) != [name]:
            yield f"{name}: its selector selects {selected(spec['selector'])}"
        if spec.get("serviceName", name) not in manifests.of("Service"):
            yield f"{name}: there is no Service {spec.get('serviceName', name)}"
    for name, service in manifests.of("Service").items():
        found = selected({"matchLabels": service["spec"]["selector"]})
        if found != [name]:
            yield f"{name}: its Service selects {found}"
    for name, budget in manifests.of("PodDisruptionBudget").items():
        found = selected(budget["spec"]["selector"])
        if found != [name] or budget["spec"].get("maxUnavailable") != 1:
            yield f"{name}: its PodDisruptionBudget is not for one pod of it at a time"
    for name, policy in manifests.of("NetworkPolicy").items():
        rules = [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
        peers = [peer for rule in rules for peer in [*rule.get("from", []), *rule.get("to", [])]]
        ours = [
            peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer
        ]
        if not all(selected(selector) for selector in [policy["spec"]["podSelector"], *ours]):
            yield f"{name}: its NetworkPolicy names pods that are not there"


def ports(manifests):
    """Every Service's port leads to a port of its pods, and has the same number: some are headless."""
    for name, service in manifests.of("Service").items():
        for port in service["spec"]["ports"]:
            target = manifests.pods()[name].ports.get(port.get("targetPort"))
            if target != port["port"]:
                yield f"{name}: its Service's port {port['port']} leads to {port.get('targetPort')}, which is {target}"


def files(manifests):
    """Every mount has its volume, and every volume is mounted and exists."""
    for name, pod in manifests.pods().items():
        templates = pod.workload["spec"].get("volumeClaimTemplates", [])
        volumes = [
            volume["name"] for volume in [*pod.spec.get("volumes", []), *(t["metadata"] for t in templates)]
        ]
        mounts = [mount["name"] for mount in pod.container.get("volumeMounts", [])]
        if sorted(volumes) != sorted(mounts):
            yield f"{name}: its volumes are {volumes}, and mounted are {mounts}"
        for volume in pod.spec.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claim not in manifests.of("PersistentVolumeClaim"):
                yield f"{name}: there is no PersistentVolumeClaim {claim}"
    catalog = manifests.pods()["catalog"]
    images = catalog.environment["CATALOG__IMAGES"]["value"]
    mounts = catalog.container["volumeMounts"]
    if images not in [mount["mountPath"] for mount in mounts if not mount.get("readOnly")]:
        yield f"catalog: nothing to write to is mounted at {images}"


def secrets(manifests):
    """Each pod sees its own secret alone, of it just what it reads, and all of that is there."""
    for name, pod in manifests.pods().items():
        mounts = {mount["name"]: mount for mount in pod.container.get("volumeMounts", [])}
        given, read = set(), set()
        for volume in (volume for volume in pod.spec.get("volumes", []) if "secret" in volume):
            secret, mount = volume["secret"], mounts.get(volume["name"], {})
            keys = {item["key"] for item in secret.get("items", [])}
            given |= {f"{mount.get('mountPath')}/{key}" for key in keys}
            if any(item["path"] != item["key"] for item in secret.get("items", [])):
                yield f"{name}: a file of its secret has another name than its key"
            if not re.fullmatch(rf"{name}(-[a-z0-9]{{10}})?", secret["secretName"]):
                yield f"{name}: it sees the secret {secret['secretName']}"
            if not mount.get("readOnly") or secret.get("defaultMode") != 0o440:
                yield f"{name}: its secret is not for its group alone to read"
            there = manifests.secret(secret["secretName"])
            there = documented_secrets().get(secret["secretName"]) if there is None else there.keys()
            if keys != there:
                yield f"{name}: it reads {sorted(keys)} of its secret, which has {sorted(there or [])}"
        for variable, entry in pod.environment.items():
            value = entry.get("value", "")
            if value.startswith("/run/secrets/"):
                read.add(value)
            if name in SERVICES and variable.endswith("_FILE") and not value.endswith("/" + _file(variable)):
                yield f"{name}: {variable} is not {_file(variable)} of its secret: {value}"
            if "secretKeyRef" in entry.get("valueFrom", {}):
                yield f"{name}: {variable} holds a secret in the environment, where every child sees it"
        arguments = " ".join(pod.container.get("args", []))
        read |= set(re.findall(r"/run/secrets/\S+", arguments))
        if read != given:
            yield f"{name}: its variables name {sorted(read)}, its secret gives {sorted(given)}"


def _file(variable):
    """The file of a secret: `ORDERS__CATALOG__INVOKE_KEY_FILE` is in `catalog_invoke_key`."""
    setting = variable.removesuffix("_FILE").partition("__")[2].removeprefix("UPSTREAMS__")
    return setting.lower().replace("__", "_")


def variables(manifests):
    """Every variable is a setting of the service, secrets come as files, and config keys exist."""
    maps = _settings(manifests)
    for name in SERVICES:
        known = settings(name)
        for variable, entry in manifests.pods()[name].environment.items():
            setting = variable.removesuffix("_FILE")
            matching = [secret for pattern, secret in known.items() if re.fullmatch(pattern, setting)]
            if not matching:
                yield f"{name}: {variable} is no setting of it"
            if (any(matching) or setting.endswith("__REDIS")) and setting == variable:
                yield f"{name}: {variable} may hold a secret and does not come from a file"
            source = _source(entry)
            there = maps.get(source.get("name"), {}).get("data", {})
            # Traces go nowhere where no collector is named: that key alone may be missing.
            optional = source.get("optional") and source["key"] == "otlp"
            if source and source["key"] not in there and not optional:
                yield f"{name}: {variable} asks for {source['key']}, which {source['name']} does not have"
        given = [variable.removesuffix("_FILE") for variable in manifests.pods()[name].environment]
        # What a directory elsewhere, another provider or another warehouse needs nobody sets where there is none.
        elsewhere = ("__COGNITO__", "__PROVIDERS__", "__WAREHOUSE")
        needed = [
            pattern for pattern, secret in known.items() if secret and not any(it in pattern for it in elsewhere)
        ]
        for pattern in needed:
            if not any(re.fullmatch(pattern, variable) for variable in given):
                yield f"{name}: nothing sets {pattern}"
    asked = {
        _source(entry).get("key") for pod in manifests.pods().values() for entry in pod.environment.values()
    }
    for name, found in maps.items():
        yield from (f"{name}: nobody asks for {key}" for key in found["data"].keys() - asked)


def addresses(manifests):
    """Every service listens where its port says, and calls where the other's Service is."""
    for name in SERVICES:
        prefix, pod = f"{name.upper()}__", manifests.pods()[name]
        for setting, port in {"LISTEN": "http", "ADMIN_LISTEN": "admin"}.items():
            value = pod.environment.get(prefix + setting, {}).get("value")
            if value != f"0.0.0.0:{pod.ports.get(port)}":
                yield f"{name}: {prefix}{setting} is {value}"
        urls = {
            variable: entry["value"]
            for variable, entry in pod.environment.items()
            if variable.endswith("__URL")
        }
        prefix += "UPSTREAMS__" if name == "edge" else ""
        wanted = {
            f"{prefix}{called.upper()}__URL": f"http://{called}:{default_ports(called)['http']}"
            for called in CALLS.get(name, [])
        }
        if urls != wanted:
            yield f"{name}: it calls {urls}, not {wanted}"
    for name, secret in ((name, manifests.secret(name)) for name in manifests.of("Secret")):
        redis = urlsplit(secret.get("redis", "redis://redis:6379/0"))
        service = manifests.of("Service").get(redis.hostname, {"spec": {"ports": []}})
        if redis.port not in [port["port"] for port in service["spec"]["ports"]]:
            yield f"{name}: there is no Redis at {redis.netloc}"
    for name, pod in manifests.pods().items():
        if name.startswith("postgres-"):
            owner = pod.environment.get("OWNER", {}).get("value")
            if owner != name.removeprefix("postgres-"):
                yield f"{name}: its role and database are {owner}"
            if "POSTGRES_USER" in pod.environment:
                yield f"{name}: its service is a superuser"


def gateway(manifests):
    """Where there is a Gateway: every route's ends meet, TLS is the only way to a service, and the
    host names are those that the services are told."""
    listeners = {
        (name, listener["name"]): listener
        for name, gate in manifests.of("Gateway").items()
        for listener in gate["spec"]["listeners"]
    }
    led = {}
    for name, route in manifests.of("HTTPRoute").items():
        for parent in route["spec"]["parentRefs"]:
            listener = listeners.get((parent["name"], parent["sectionName"]))
            if listener is None:
                yield f"{name}: there is no listener {parent['name']}/{parent['sectionName']}"
                continue
            if listener.get("hostname") not in (None, *route["spec"]["hostnames"]):
                yield f"{name}: its listener is for {listener['hostname']}"
            for rule in route["spec"]["rules"]:
                redirects = [filter.get("requestRedirect", {}).get("scheme") for filter in rule["filters"]]
                if listener["protocol"] == "HTTP" and (redirects != ["https"] or "backendRefs" in rule):
                    yield f"{name}: plain HTTP is not sent to https"
                for host in route["spec"]["hostnames"]:
                    ends = {(end["name"], end["port"]) for end in rule.get("backendRefs", [])}
                    led.setdefault(host, set()).update(ends)
    config = next(iter(_settings(manifests).values()))["data"]
    if not listeners and "https://" in config["api"]:
        yield "gateway: there is none"
    if listeners:
        wanted = {
            urlsplit(config["api"]).hostname: {("edge", default_ports("edge")["http"])},
            urlsplit(config["site"]).hostname: {("site", default_ports("site")["http"])},
        }
        if led != wanted:
            yield f"gateway: hosts lead to {led}, not {wanted}"
        if not all(config[key].startswith("https://") for key in ("api", "site")):
            yield "gateway: the services are told of addresses without TLS"
        tls = {
            ref["name"]
            for listener in listeners.values()
            for ref in listener.get("tls", {}).get("certificateRefs", [])
        }
        undocumented = tls - documented_secrets().keys()
        yield from (f"gateway: nobody is told to make the secret {name}" for name in undocumented)


def _settings(manifests):
    """The config maps that services read; others hold a store's files."""
    maps = manifests.of("ConfigMap").items()
    return {name: found for name, found in maps if not name.startswith("postgres")}


def _source(entry):
    return entry.get("valueFrom", {}).get("configMapKeyRef", {})
