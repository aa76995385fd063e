"""Alarms and alerts are one list: each alert of Prometheus has an alarm of CloudWatch or a reason why not, each alarm has an
alert, and both say the same number about the same metric. Reads what expand.py wrote: `alarms.py`."""

import json
import re
from pathlib import Path

import yaml

# Metrics of AWS that say what an alert asks the edge for, and how many of their units one of Prometheus' has.
OF_AWS = {("ShopFails", "5XXError"): 1, ("ShopSlow", "Latency"): 1000}

SECONDS = {"m": 60, "h": 3600}


def seconds(text):
    return int(text[:-1]) * SECONDS[text[-1]]


def alerts():
    groups = yaml.safe_load(Path("observability/alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def template(name):
    return json.loads(Path(f"target/aws/templates/{name}.json").read_text())


def metrics(alarm):
    """The metrics of an alarm, each with its namespace and its period."""
    if "Metrics" not in alarm:
        return [(alarm["Namespace"], alarm["MetricName"], alarm["Period"])]
    stats = [it["MetricStat"] for it in alarm["Metrics"] if "MetricStat" in it]
    return [(it["Metric"]["Namespace"], it["Metric"]["MetricName"], it["Period"]) for it in stats]


def differences(alerts, alarms, without, otherwise, written):
    """What is wrong, a sentence each."""
    heard, used = set(), set()
    for name, alarm in alarms.items():
        alert = max((it for it in alerts if name.endswith(it)), key=len, default=None)
        if alert is None:
            yield f"{name} is named after no alert"
            continue
        heard.add(alert)
        used |= {metric for space, metric, _ in metrics(alarm) if not str(space).startswith("AWS/")}
        if alert not in otherwise:
            yield from (f"{name}: {what}" for what in compared(alert, alerts[alert], alarm))
    for alert in alerts:
        if (alert in heard) == (alert in without):
            yield f"{alert} has {'an alarm and' if alert in heard else 'neither an alarm nor'} a reason to have none"
    for told in [*without, *otherwise]:
        if told not in alerts:
            yield f"a reason is given for {told}, which is no alert"
    if used != written:
        yield f"functions write {sorted(written)}, alarms read {sorted(used)}"


def compared(alert, rule, alarm):
    asked, threshold = rule["expr"].rsplit(" > ", 1)
    if alarm["ComparisonOperator"] != "GreaterThanThreshold":
        yield f"it compares by {alarm['ComparisonOperator']}"
    for space, metric, period in metrics(alarm):
        if str(space).startswith("AWS/"):
            if (alert, metric) not in OF_AWS:
                yield f"{metric} is not what is asked for"
                continue
            scale = OF_AWS[alert, metric]
        else:
            scale = 1
            if not re.search(rf"\b{metric}\b", asked):
                yield f"{metric} is not in {asked}"
        if alarm["Threshold"] != float(threshold) * scale:
            yield f"its threshold is {alarm['Threshold']}, not {threshold} × {scale}"
        spans = {seconds(it) for it in re.findall(r"\[(\d+[mh])\]", asked)}
        if spans and spans != {period}:
            yield f"it looks at {period} s, not {spans}"
        lasts = seconds(rule.get("for", "0m"))
        if alarm["EvaluationPeriods"] * period < lasts:
            yield f"it waits for less than {lasts} s"


def main():
    told = template("alarms")
    alarms = {
        name: it["Properties"] for name, it in told["Resources"].items() if it["Type"] == "AWS::CloudWatch::Alarm"
    }
    variables = template("template")["Globals"]["Function"]["Environment"]["Variables"]
    written = set(variables["FUNCTION__METRICS"].split(","))
    wrong = list(differences(alerts(), alarms, *told["Metadata"].values(), written))
    if wrong:
        raise SystemExit("alarms.yaml and alerts.yml differ:\n" + "\n".join(wrong))
    print(f"{len(alarms)} alarms are as the alerts say")


main()
