"""payments.yaml alone, with what the rest of the template would tell it: the emulator takes it, and what it made is as private as
it says. Nothing runs: its containers are rows there, and its network is not enforced."""

import json
from pathlib import Path

import boto3
import pytest

TEMPLATE = Path(__file__).parents[2] / "aws/payments.yaml"
NAME = "private-payments"


@pytest.fixture(scope="module")
def stack():
    ec2, secrets, kms = boto3.client("ec2"), boto3.client("secretsmanager"), boto3.client("kms")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("orders", "payments")
    ]
    key = kms.create_key()["KeyMetadata"]["Arn"]
    database = secrets.create_secret(Name="private-database", SecretString=json.dumps({"password": "p"}))["ARN"]
    invoke = secrets.create_secret(Name="private-key", SecretString="k" * 43)["ARN"]
    parameters = {
        "Shop": NAME, "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/terrace/payments:1",
        "Architecture": "x86_64", "Key": key, "LogDays": "1", "Vpc": vpc, "Subnets": ",".join(subnets),
        "OrdersGroup": groups[0], "PaymentsGroup": groups[1], "Database": "database:5432/payments?sslmode=verify-full",
        "DatabaseSecret": database, "InvokeKey": invoke,
    }
    formation = boto3.client("cloudformation")
    formation.create_stack(
        StackName=NAME, TemplateBody=TEMPLATE.read_text(), Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    [made] = formation.describe_stacks(StackName=NAME)["Stacks"]
    yield parameters | {it["OutputKey"]: it["OutputValue"] for it in made["Outputs"]}
    formation.delete_stack(StackName=NAME)
    formation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    for secret in (database, invoke):
        secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    for group in groups:
        ec2.delete_security_group(GroupId=group)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def balancer():
    [found] = [
        it for it in boto3.client("elbv2").describe_load_balancers()["LoadBalancers"] if NAME in it["DNSName"]
    ]
    return found


def test_its_balancer_is_inside_of_the_network_and_orders_is_told_of_it(stack):
    found = balancer()

    assert (found["Scheme"], found["Type"]) == ("internal", "network")
    assert stack["Url"] == f"http://{found['DNSName']}:8084"


def test_orders_alone_may_call_the_balancer_and_the_balancer_alone_payments(stack):
    ec2 = boto3.client("ec2")

    def sources(group):
        [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert not any(it.get("IpRanges") for it in found["IpPermissions"]), found
        return [pair["GroupId"] for it in found["IpPermissions"] for pair in it["UserIdGroupPairs"]]

    [front] = balancer()["SecurityGroups"]
    service = service_of_it()
    own = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    assert sources(front) == [stack["OrdersGroup"]]
    # The one that the database's proxy lets in is the other.
    [behind] = [group for group in own if group != stack["PaymentsGroup"]]
    assert sources(behind) == [front]


def service_of_it():
    ecs = boto3.client("ecs")
    cluster = f"{NAME}-payments"
    [found] = ecs.describe_services(cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"])["services"]
    return found


def test_two_containers_have_no_public_address_and_no_secret_stands_in_their_definition(stack):
    service = service_of_it()

    assert service["desiredCount"] == 2
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    task = boto3.client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    [container] = task["containerDefinitions"]
    told = {it["name"]: it["value"] for it in container["environment"]}
    store = "postgres://payments@database:5432/payments?sslmode=verify-full&password_secret="
    assert told["PAYMENTS__STORE"] == store + stack["DatabaseSecret"]
    # The emulator keeps that there is one, not which.
    assert len(container["secrets"]) == 1
    assert "PAYMENTS__INVOKE_KEYS" not in told
    assert "k" * 43 not in str(task)
    assert container["readonlyRootFilesystem"] is True
