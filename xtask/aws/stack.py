"""`cargo xtask aws deploy|check|logs|delete`: a stack in the account of the environment's credentials, or at AWS_ENDPOINT_URL."""

import argparse
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import ClientError
from pages import upload

ROOT = Path(__file__).parents[2]
# The templates as CloudFormation takes them: what they name is in a bucket.
PACKAGED = ROOT / "target/aws/packaged.yaml"
# What the site says of its build.
LISTING = ROOT / "target/aws/site.json"
LISTED = tomllib.loads((ROOT / "services/terrace/services.toml").read_text())["service"]
# Those that are functions; each owns a database.
SERVICES = [service["name"] for service in LISTED if "function" in service]
READER = ROOT / "k8s/overlays/local/postgres/reports/reader.psql"
# What programs tell the server for each of their sessions; a proxy lets them tell nothing.
SETTINGS = {
    "jit": "off",
    "client_min_messages": "warning",
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
}
SORTED = {"enable_sort": "off", "enable_incremental_sort": "off"}
OWN_SETTINGS = {"catalog": {"enable_sort": "off"}, "orders": SORTED}
NOBODY_KNOWS_YET = "https://site.invalid"


class Stack:
    def __init__(self, name):
        self.name = name
        self.formation = boto3.client("cloudformation")

    def described(self):
        try:
            return self.formation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as fault:
            if "does not exist" in str(fault):
                return None
            raise

    def outputs(self):
        described = self.described() or sys.exit(f"there is no stack {self.name}")
        return {it["OutputKey"]: it["OutputValue"] for it in described.get("Outputs", [])}

    def parameter(self, key):
        return {it["ParameterKey"]: it.get("ParameterValue") for it in self.described()["Parameters"]}[key]

    def bucket(self):
        """Where code and templates wait for CloudFormation."""
        account = boto3.client("sts").get_caller_identity()["Account"]
        region = self.formation.meta.region_name
        return f"{self.name}-code-{account}-{region}"

    def put(self, parameters):
        """Makes the stack, or changes it; what is not given stays as it is."""
        storage, bucket = boto3.client("s3"), self.bucket()
        region = self.formation.meta.region_name
        if bucket not in [it["Name"] for it in storage.list_buckets()["Buckets"]]:
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            storage.create_bucket(Bucket=bucket, **place)
            storage.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
            )
        package(bucket)
        storage.put_object(Bucket=bucket, Key="template.yaml", Body=PACKAGED.read_bytes())
        before = self.described()
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        if before:
            kept = [it["ParameterKey"] for it in before["Parameters"] if it["ParameterKey"] not in parameters]
            given += [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]
        act = self.formation.update_stack if before else self.formation.create_stack
        try:
            act(
                StackName=self.name,
                TemplateURL=f"https://s3.{region}.amazonaws.com/{bucket}/template.yaml",
                Parameters=given,
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        except ClientError as fault:
            if "No updates are to be performed" in str(fault):
                return
            raise
        self.wait({"CREATE_COMPLETE", "UPDATE_COMPLETE"})

    def wait(self, wanted):
        while True:
            described = self.described()
            status = described["StackStatus"] if described else "DELETE_COMPLETE"
            if status in wanted:
                return
            if not status.endswith("_IN_PROGRESS"):
                for name in self.faulty(self.name):
                    print(name)
                sys.exit(f"{self.name}: {status}")
            time.sleep(0.5 if "AWS_ENDPOINT_URL" in os.environ else 5)

    def faulty(self, stack):
        """What failed, in the stack and in those inside of it."""
        events = self.formation.describe_stack_events(StackName=stack)["StackEvents"]
        for event in reversed(events):
            if event["ResourceStatus"].endswith("_FAILED"):
                yield f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
                inner = event.get("PhysicalResourceId") or ""
                if event["ResourceType"] == "AWS::CloudFormation::Stack" and inner not in ("", event["StackId"]):
                    yield from self.faulty(inner)


def package(bucket):
    """`aws cloudformation package`: zips, snippets and templates go into the bucket, by their content's name."""
    PACKAGED.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["cloudformation", "package", "--template-file", "aws/template.yaml", "--s3-bucket", bucket]
    program = Path(sys.executable).parent / "aws"
    arguments += ["--output-template-file", PACKAGED]
    told = subprocess.run([program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if told.returncode:
        sys.exit(told.stdout)


def statements(service, password):
    """A role and its database for one service, as nobody else may see it: what to ask, and what to do when there is none."""
    return [
        (f"select 1 from pg_roles where rolname = '{service}'", f"create role {service} login"),
        (None, f"alter role {service} password '{password}'"),
        # Of Amazon's servers the first role is no superuser.
        (f"select 1 where pg_has_role(current_user, '{service}', 'member')", f"grant {service} to current_user"),
        (f"select 1 from pg_database where datname = '{service}'", f"create database {service} owner {service}"),
        (None, f"revoke all on database {service} from public"),
        *[
            (None, f"alter role {service} set {name} = '{value}'")
            for name, value in {**SETTINGS, **OWN_SETTINGS.get(service, {})}.items()
        ],
    ]


def reader(script, password):
    """The statements for the role that queries of the staff run as; a block between dollars is one."""
    script = re.sub(r"^ *--.*$", "", script, flags=re.M)
    found = re.findall(r"(?:\$\$.*?\$\$|[^;$])+;", script, flags=re.S)
    return [it.strip().removesuffix(";") for it in found] + [f"alter role reports_reader password '{password}'"]


def databases(outputs, postgres):
    """Makes them by the Data API of the cluster, or by psql on a server that was given."""
    secrets = boto3.client("secretsmanager")
    if postgres:

        def ask(sql, database=None):
            # Arguments can be seen by everybody on the machine.
            psql = subprocess.run(
                ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--set", "ON_ERROR_STOP=1"],
                input=sql.encode(),
                env=os.environ | postgres | ({"PGDATABASE": database} if database else {}),
                check=True,
                stdout=subprocess.PIPE,
            )
            return psql.stdout.strip(b"\n")

    else:
        data, cluster = boto3.client("rds-data"), outputs["Database"]
        found = boto3.client("rds").describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
        master = found["MasterUserSecret"]["SecretArn"]

        def ask(sql, database="terrace"):
            answer = data.execute_statement(resourceArn=cluster, secretArn=master, database=database, sql=sql)
            return answer.get("records")

    def password(role):
        secret = secrets.get_secret_value(SecretId=outputs[f"{role.capitalize()}Database"])
        return json.loads(secret["SecretString"])["password"]

    for service in SERVICES:
        for condition, sql in statements(service, password(service)):
            there = condition and ask(condition)
            if not there:
                ask(sql)
    for sql in reader(READER.read_text(), password("reader")):
        ask(sql, "reports")


def warehouse(outputs):
    """Who asks Redshift: reports, which makes its tables, and the role that queries of the staff run as. By its Data API."""
    data, secrets = boto3.client("redshift-data"), boto3.client("secretsmanager")
    # Workgroup and namespace have one name.
    name = outputs["WarehouseWork"]
    space = boto3.client("redshift-serverless").get_namespace(namespaceName=name)["namespace"]
    admin = space["adminPasswordSecretArn"]

    def ask(sql):
        asked = data.execute_statement(WorkgroupName=name, Database="warehouse", SecretArn=admin, Sql=sql)
        while (told := data.describe_statement(Id=asked["Id"]))["Status"] not in ["FINISHED", "FAILED", "ABORTED"]:
            time.sleep(1)
        if told["Status"] != "FINISHED":
            # Not the statement: it may have a password.
            sys.exit(f"Redshift: {told.get('Error', told['Status'])}")
        return told.get("ResultRows", 0) > 0

    for user, secret in [("reports", "WarehouseSecret"), ("reports_reader", "WarehouseReaderSecret")]:
        if not ask(f"select 1 from pg_user where usename = '{user}'"):
            ask(f"create user {user} password disable")
        password = json.loads(secrets.get_secret_value(SecretId=outputs[secret])["SecretString"])["password"]
        ask(f"alter user {user} password '{password}'")
    ask("revoke create on schema public from public")
    ask("grant usage, create on schema public to reports")
    ask("alter user reports_reader set statement_timeout to 5000")


def deploy(stack, options):
    build, listing = ROOT / "web/build", json.loads(LISTING.read_text())
    pages = json.dumps(listing["pages"], separators=(",", ":"))
    local = os.environ.get("AWS_ENDPOINT_URL", "")
    parameters = {"Scripts": listing["scripts"], "SitePages": pages, "Local": local, **dict(options.parameter)}
    stack.put(parameters)
    told = stack.outputs()
    postgres = {}
    if stack.parameter("Database"):
        names = ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"]
        postgres = {name: os.environ[name] for name in names if name in os.environ}
        if not postgres:
            sys.exit("with a given database, PGHOST and its like have to say by whom databases are made there")
    databases(told, postgres)
    if "WarehouseWork" in told:
        warehouse(told)
    if stack.parameter("SiteOrigin") == NOBODY_KNOWS_YET:
        stack.put(parameters | {"SiteOrigin": f"https://{told['SiteDomain']}"})
    upload(listing, build, told["SiteBucket"], stack.parameter("SiteOrigin"))
    boto3.client("cloudfront").create_invalidation(
        DistributionId=told["Distribution"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time())},
    )


def outputs(stack, options):
    print(json.dumps(stack.outputs(), indent=1))


def ask(url, host=None):
    request = Request(url, headers={"host": host} if host else {})
    with urlopen(request, timeout=60) as answer:
        return answer.status, json.load(answer)


def check(stack, options):
    """Whether the API answers: lists come from the database."""
    told = stack.outputs()
    url, host, endpoint = told["ApiUrl"], None, os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        url, host = f"{endpoint}/live", f"{told['Api']}.execute-api.localhost:{endpoint.rsplit(':', 1)[1]}"
    for path in ["/v1/products?limit=1", "/v1/categories"]:
        status, answer = ask(url + path, host)
        print(f"{status} {path}: {len(answer['items'])} items")


def logs(stack, options):
    client, since = boto3.client("logs"), int((time.time() - options.minutes * 60) * 1000)
    for function in [options.function] if options.function else SERVICES:
        pages = client.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=f"/aws/lambda/{stack.name}-{function}", startTime=since):
            for event in page["events"]:
                print(f"{function:9}| {event['message'].rstrip()}")


def emptied(bucket):
    """All versions of all objects go: a bucket that holds something is not deleted."""
    storage = boto3.client("s3")
    for page in storage.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for it in page.get("Versions", []) + page.get("DeleteMarkers", []):
            storage.delete_object(Bucket=bucket, Key=it["Key"], VersionId=it["VersionId"])


def delete(stack, options):
    """Everything of the stack but the snapshot of the database, and the bucket of its code."""
    storage, buckets = boto3.client("s3"), [stack.bucket()]
    if stack.described():
        for inner in [stack.name, *nested(stack)]:
            resources = stack.formation.list_stack_resources(StackName=inner)["StackResourceSummaries"]
            buckets += [it["PhysicalResourceId"] for it in resources if it["ResourceType"] == "AWS::S3::Bucket"]
        there = [it["Name"] for it in storage.list_buckets()["Buckets"]]
        for bucket in buckets:
            if bucket in there:
                emptied(bucket)
        stack.formation.delete_stack(StackName=stack.name)
        stack.wait({"DELETE_COMPLETE"})
    if buckets[0] in [it["Name"] for it in storage.list_buckets()["Buckets"]]:
        emptied(buckets[0])
        storage.delete_bucket(Bucket=buckets[0])


def nested(stack):
    resources = stack.formation.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    return [it["PhysicalResourceId"] for it in resources if it["ResourceType"] == "AWS::CloudFormation::Stack"]


def main():
    parser = argparse.ArgumentParser(prog="cargo xtask aws")
    parser.add_argument("command", choices=["deploy", "outputs", "check", "logs", "delete"])
    parser.add_argument("--stack", default="terrace")
    parser.add_argument("--parameter", action="append", default=[], type=lambda text: text.split("=", 1))
    parser.add_argument("--function", choices=SERVICES)
    parser.add_argument("--minutes", type=int, default=10)
    options = parser.parse_args()
    globals()[options.command](Stack(options.stack), options)


main()
