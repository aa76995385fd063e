"""What the shop costs on AWS: a month in which nobody comes, and 1,000 orders. What there is stands in the templates (expand.py),
what a purchase uses in aws/usage.csv, prices in aws/prices.csv. `cost.py` writes the tables of docs/aws.md and prints them, unless `--quiet`;
`cost.py --check` compares."""

import csv
import json
import re
import sys
from pathlib import Path

DOC = Path("docs/aws.md")
HOURS = 730

# Have no price of their own.
FREE = re.compile(
    "AWS::(ApiGateway|Budgets|CloudFormation|IAM|Lambda::(Alias|Permission)|Cognito::UserPoolGroup|EC2::(?!NatGateway|EIP|VPCEndpoint))"
    ".*|AWS::.*(Policy|Permission|Subscription|SubnetGroup|ParameterGroup|AccessControl|Attachment|Client|TargetGroup|Serverless::Api)"
)

# Are in neither figure, beside the resources for which there is no price.
LEFT_OUT = [
    "how long functions run, which only Lambda shows",
    "storage, backups and log lines, by how much there is of them",
    "traffic to the internet, and through the NAT gateway and endpoints",
    "reads and writes of carts, and what SNS delivers",
    "empty receives of Lambda, which asks the queues all the time",
    "with `Warehouse=redshift`, three secrets, a pass each hour, and Redshift, by the second and for a minute at least whenever it is asked",
]


def rows(path):
    lines = Path(path).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


PRICES = {row["item"]: row for row in rows("aws/prices.csv")}


class Template:
    """What a template makes, in one size and with what is sold in the store."""

    def __init__(self, name, large):
        told = json.loads(Path(f"target/aws/templates/{name}.json").read_text())
        self.large, self.resources = large, told["Resources"]

    def of(self, kind):
        for resource in self.resources.values():
            condition = resource.get("Condition")
            if resource["Type"] == kind and condition != "HasWarehouse" and (self.large or condition != "Large"):
                yield self.value(resource.get("Properties", {}))

    def value(self, value):
        """With what the size decides."""
        if isinstance(value, list):
            return [self.value(it) for it in value]
        if not isinstance(value, dict):
            return value
        if "Fn::If" in value and value["Fn::If"][0] == "Large":
            return self.value(value["Fn::If"][1 if self.large else 2])
        return {name: self.value(it) for name, it in value.items()}


# Of another way to run payments.
NAMES = [path.stem for path in sorted(Path("aws").glob("*.yaml")) if path.stem != "payments"]


def idle(large):
    """What is paid for by the hour or the month: an item and how many of its units; and the types that were counted."""
    templates = [Template(name, large) for name in NAMES]
    counted = set()

    def all_of(kind):
        counted.add(kind)
        return [it for template in templates for it in template.of(kind)]

    yield "key", len(all_of("AWS::KMS::Key"))
    secrets = len(all_of("AWS::SecretsManager::Secret"))
    clusters = all_of("AWS::RDS::DBCluster")
    # AWS makes these itself.
    secrets += sum("MasterUserSecret" in it for it in clusters)
    yield "secret", secrets
    yield "NAT gateway", len(all_of("AWS::EC2::NatGateway")) * HOURS
    endpoints = [it for it in all_of("AWS::EC2::VPCEndpoint") if it["VpcEndpointType"] == "Interface"]
    yield "interface endpoint", sum(len(it["SubnetIds"]) for it in endpoints) * HOURS
    [cluster] = clusters
    least = cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"]
    yield "Aurora", least * len(all_of("AWS::RDS::DBInstance")) * HOURS
    for cache in all_of("AWS::ElastiCache::ReplicationGroup"):
        yield f"Valkey {cache['CacheNodeType']}", cache["NumCacheClusters"] * HOURS
    for search in all_of("AWS::OpenSearchService::Domain"):
        nodes = search["ClusterConfig"]
        yield f"OpenSearch {nodes['InstanceType']}", nodes["InstanceCount"] * HOURS
    schedules = [it for function in all_of("AWS::Serverless::Function") for it in function.get("Events", {}).values()]
    schedules = [it for it in schedules if it["Type"].startswith("Schedule")]
    assert all(it["Properties"]["ScheduleExpression"] == "rate(1 minute)" for it in schedules), schedules
    yield "function invocation", len(schedules) * 60 * HOURS
    # Redshift takes money for queries alone, and there is none unless it is asked for.
    counted |= {"AWS::RedshiftServerless::Namespace", "AWS::RedshiftServerless::Workgroup", "AWS::Scheduler::Schedule"}
    every = {it["Type"] for template in templates for it in template.resources.values()}
    yield None, sorted(kind for kind in every - counted if not FREE.fullmatch(kind))


def purchase():
    """What one uses: an item and how many of its units."""
    used = {row["what"]: int(row["times"]) for row in rows("aws/usage.csv")}
    yield "API request", used["requests"]
    consumers = sum("Subscription" in it["Type"] for it in Template("stores", False).resources.values())
    heard = used["events"] * consumers
    invoked = sum(times for what, times in used.items() if what.startswith("invocations"))
    # Each consumer is invoked with the event. It is put into its queue, received, and deleted.
    yield "function invocation", invoked + heard
    yield "SQS FIFO request", 3 * heard


def cost(item, units):
    """Dollars, or none where there is no price."""
    price = PRICES.get(item)
    if price is None:
        return None
    per = int(price["unit"]) if price["unit"].isdigit() else 1
    return float(price["price"]) * units / per


def table(heads, lines):
    """As Markdown."""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def shown(dollars):
    return "no price" if dollars is None else f"{dollars:.2f}"


def amount(units):
    return f"{units:,.1f}".removesuffix(".0")


def text():
    sizes = {}
    for size in ["small", "large"]:
        *counted, (_, unpriced) = idle(size == "large")
        sizes[size] = {item: (units, cost(item, units)) for item, units in counted}
    lines = []
    for item in dict.fromkeys([*sizes["small"], *sizes["large"]]):
        cells = [sizes[size].get(item) for size in sizes]
        both = [part for it in cells for part in (("", "") if it is None else (amount(it[0]), shown(it[1])))]
        lines.append([item, *both])
    whole = [sum(dollars or 0 for _, dollars in items.values()) for items in sizes.values()]
    lines.append(["**together**", "", f"**{whole[0]:.2f}**", "", f"**{whole[1]:.2f}**"])
    yield from table(["a month, idle", "small", "$", "large", "$"], lines)
    yield ""
    used = [(item, 1000 * units, cost(item, 1000 * units)) for item, units in purchase()]
    lines = [[item, amount(units), f"{dollars:.4f}"] for item, units, dollars in used]
    lines.append(["**together**", "", f"**{sum(dollars for *_, dollars in used):.4f}**"])
    yield from table(["1,000 orders", "units", "$"], lines)
    yield ""
    yield "There is no price for " + ", ".join(f"`{kind}`" for kind in unpriced) + "."
    yield "Some of these are paid for by the hour all the same, RDS Proxy first of all."
    yield "Neither figure has " + "; ".join(LEFT_OUT) + "."


def main(arguments):
    begin, end = "<!-- cost.py -->\n", "<!-- end -->"
    old = DOC.read_text()
    before, rest = old.split(begin)
    _, after = rest.split(end, 1)
    new = before + begin + "\n".join(text()) + "\n" + end + after
    if arguments == ["--check"]:
        if new != old:
            raise SystemExit("docs/aws.md has other costs: cargo xtask aws cost writes them")
        return
    DOC.write_text(new)
    if arguments != ["--quiet"]:
        print("\n".join(text()))


main(sys.argv[1:])
