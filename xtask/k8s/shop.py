"""What the manifests must agree with: the services' settings and ports, and the map of the shop."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LISTED = tomllib.loads((ROOT / "services/terrace/services.toml").read_text())["service"]
SERVICES = [service["name"] for service in LISTED]
OWNERS = [service["name"] for service in LISTED if service.get("database")]
REDIS_USERS = [service["name"] for service in LISTED if "redis" in service]

# Who calls whom inside of the shop.
CALLS = {service["name"]: service["calls"] for service in LISTED if "calls" in service}

# What `terrace secrets --into <folder>` makes.
MADE_SECRETS = [
    *(f"{caller}/{called}_invoke_key" for caller, all_called in CALLS.items() for called in all_called),
    *(f"{owner}/store" for owner in OWNERS),
    *(f"{called}/invoke_keys" for called in sorted({name for names in CALLS.values() for name in names})),
    *(f"postgres-{owner}/password" for owner in OWNERS),
    *(f"{user}/redis" for user in REDIS_USERS),
    "edge/session_keys",
    "redis/users.acl",
    "users/signing_key",
    "users/letter_keys",
    "notices/letter_keys",
    "notices/mail",
    "reports/pseudonym_key",
    "reports/reader",
    "postgres-reports/reader_password",
    "users/demo_accounts.json",
]

# Types of settings that hold a secret, or an address with one in it.
SECRETS = ["SecretString", "StoreUrl", "WarehouseUrl", "RedisUrl", "MailUrl"]


def _source(path):
    return (ROOT / path).read_text()


def default_ports(service):
    """The port of `ServiceConfig::PORT`, and the admin port, which is 1000 higher."""
    port = int(re.search(r"const PORT: u16 = (\d+);", _source(f"services/{service}/src/config.rs"))[1])
    return {"http": port, "admin": port + 1000}


def settings(service):
    """The settings of a service: each a pattern of its variable, and whether it holds a secret."""
    structs = {}
    own = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(f"services/{service}/src/*.rs"))
    kit = ("shared/kit/src/program/settings.rs", "shared/kit/src/tls/acme.rs", "shared/client/src/settings.rs")
    for source in (*kit, *own):
        for name, body in re.findall(r"pub struct (\w+) \{(.*?)\n\}", _source(source), re.S):
            structs[name] = re.findall(r"^    pub (\w+): (.+),$", body, re.M)

    def variables(struct, prefix):
        for field, kind in structs[struct]:
            variable = f"{prefix}{field.upper()}"
            nested = re.fullmatch(r"BTreeMap<String, (\w+)>", kind)
            if nested and nested[1] in structs:
                yield from variables(nested[1], f"{variable}__[A-Z]+__")
            elif kind in structs:
                yield from variables(kind, f"{variable}__")
            else:
                yield variable, any(secret in kind for secret in SECRETS)

    prefix = f"{service.upper()}__"
    return dict([*variables("ServerConfig", prefix), *variables("Config", prefix)])


def drain_s():
    """How long requests in flight may go on after SIGTERM, in seconds."""
    return int(re.search(r"drain: Duration::from_secs\((\d+)\)", _source("shared/kit/src/serve.rs"))[1])


def documented_secrets():
    """The secrets and their keys that `k8s/README.md` tells an operator to make."""
    rows = re.findall(r"^\| `([\w-]+)` \| (`.+`) \|", _source("k8s/README.md"), re.M)
    return {name: set(re.findall(r"`([\w.]+)`", keys)) for name, keys in rows}
