"""After the stack is deleted: what there is still in the account."""

import boto3
import pytest

EVERYTHING = [
    ("apigateway", "get_rest_apis", "items", {}),
    ("cloudfront", "list_distributions", "DistributionList", {}),
    ("cloudwatch", "describe_alarms", "MetricAlarms", {}),
    ("cognito-identity", "list_identity_pools", "IdentityPools", {"MaxResults": 10}),
    ("cognito-idp", "list_user_pools", "UserPools", {"MaxResults": 10}),
    ("dynamodb", "list_tables", "TableNames", {}),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", {}),
    ("elasticache", "describe_replication_groups", "ReplicationGroups", {}),
    ("iam", "list_roles", "Roles", {}),
    ("kinesis", "list_streams", "StreamNames", {}),
    ("lambda", "list_functions", "Functions", {}),
    ("logs", "describe_log_groups", "logGroups", {}),
    ("opensearch", "list_domain_names", "DomainNames", {}),
    ("rds", "describe_db_clusters", "DBClusters", {}),
    ("s3", "list_buckets", "Buckets", {}),
    ("scheduler", "list_schedules", "Schedules", {}),
    ("secretsmanager", "list_secrets", "SecretList", {}),
    ("sns", "list_topics", "Topics", {}),
    ("sqs", "list_queues", "QueueUrls", {}),
]


@pytest.mark.parametrize("service, call, key, arguments", EVERYTHING)
def test_nothing_is_left(service, call, key, arguments):
    left = getattr(boto3.client(service), call)(**arguments).get(key) or []

    if isinstance(left, dict):
        left = left.get("Items") or []
    assert left == []


def test_keys_wait_for_their_deletion():
    kms = boto3.client("kms")
    for key in kms.list_keys()["Keys"]:
        assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
