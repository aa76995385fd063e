//! Which role of the templates may do what: every role is asked for every resource, by the evaluator of the shop's own
//! policies. `aws/roles.csv` is the answer, committed; and a wildcard has its reason beside it.

mod arn;

use std::{collections::BTreeMap, fmt::Write, fs};

use anyhow::{Context, bail, ensure};
use policy::{Policy, Request};
use serde_json::Value;

use crate::run::root;
use arn::{Resource, Templates};

const TABLE: &str = "aws/roles.csv";

/// Writes the table, or compares it. The templates are read as `xtask/aws/expand.py` has left them.
pub(super) fn write(check: bool) -> anyhow::Result<()> {
    let templates = Templates::read(&root().join("target/aws/templates"))?;
    wildcards(&templates)?;
    let (told, path) = (table(&templates)?, root().join(TABLE));
    if check {
        let same = fs::read_to_string(&path).is_ok_and(|committed| committed == told);
        ensure!(
            same,
            "{TABLE} is not what the roles may do; run `cargo xtask aws roles` and look at what changes"
        );
    } else {
        fs::write(&path, told)?;
    }
    Ok(())
}

/// A line for each role and each resource of which it may do something.
fn table(templates: &Templates) -> anyhow::Result<String> {
    let resources = templates.resources()?;
    let mut lines = "role,resource,may\n".to_owned();
    for (role, policies) in roles(templates)? {
        for resource in &resources {
            let may = resource
                .actions()
                .filter(|action| is_allowed(&policies, action, &resource.arn));
            let may: Vec<_> = may.collect();
            if !may.is_empty() {
                writeln!(lines, "{role},{},{}", resource.name, may.join(" "))?;
            }
        }
    }
    Ok(lines)
}

/// The roles' policies, by role.
fn roles(templates: &Templates) -> anyhow::Result<BTreeMap<String, Vec<Policy>>> {
    let mut roles = BTreeMap::new();
    for (template, name, role) in templates.of_type("AWS::IAM::Role") {
        ensure!(
            role.get("ManagedPolicyArns").is_none(),
            "{template}.{name}: a policy of AWS's is not in the table"
        );
        let mut policies = Vec::new();
        for policy in role["Policies"].as_array().into_iter().flatten() {
            let document = templates.resolved(template, &there(policy)["PolicyDocument"])?;
            let parsed = Policy::parse(name, &document.to_string());
            policies.push(parsed.with_context(|| format!("{template}.{name}"))?);
        }
        roles.insert(format!("{template}.{name}"), policies);
    }
    Ok(roles)
}

/// A policy that is there on a condition, as if that were fulfilled.
fn there(policy: &Value) -> &Value {
    policy.get("Fn::If").map_or(policy, |cases| &cases[1])
}

/// As IAM decides: one has to allow it, and none may deny it.
fn is_allowed(policies: &[Policy], action: &str, resource: &str) -> bool {
    let request = Request {
        action,
        resource,
        context: &(),
    };
    let decisions: Vec<_> = policies
        .iter()
        .map(|policy| policy.decide(&request))
        .collect();
    let denied = decisions
        .iter()
        .any(|it| matches!(it, policy::Decision::Denied(_)));
    !denied && decisions.iter().any(policy::Decision::is_allowed)
}

/// A statement with a wildcard says why, in the template's `Metadata.Wildcards`, by its Sid.
fn wildcards(templates: &Templates) -> anyhow::Result<()> {
    for (template, name, role) in templates.of_type("AWS::IAM::Role") {
        for policy in role["Policies"].as_array().into_iter().flatten() {
            let statements = there(policy)["PolicyDocument"]["Statement"].as_array();
            for statement in statements.into_iter().flatten() {
                let sid = statement["Sid"].as_str();
                let sid =
                    sid.with_context(|| format!("{template}.{name}: a statement has no Sid"))?;
                let wild = [&statement["Action"], &statement["Resource"]];
                let wild = wild.iter().any(|it| it.to_string().contains('*'));
                let reason = templates.reason(template, sid);
                match (wild, reason) {
                    (true, None) => bail!(
                        "{template}.{name}: the wildcard of {sid} has no reason in Metadata.Wildcards"
                    ),
                    _ => continue,
                }
            }
        }
    }
    Ok(())
}

impl Resource {
    /// What somebody may want of it.
    fn actions(&self) -> impl Iterator<Item = &'static str> {
        let of_kind: &[_] = match self.kind.as_str() {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" | "AWS::Lambda::Alias" => &[
                "lambda:InvokeFunction",
                "lambda:UpdateFunctionCode",
                "lambda:GetFunction",
            ],
            "AWS::Logs::LogGroup" => &[
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:FilterLogEvents",
                "logs:DeleteLogGroup",
            ],
            "AWS::DynamoDB::Table" => &[
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:DeleteTable",
            ],
            "AWS::S3::Bucket" => &["s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteBucket"],
            "AWS::S3::Object" => &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "AWS::SNS::Topic" => &["sns:Publish", "sns:Subscribe", "sns:DeleteTopic"],
            "AWS::SQS::Queue" => &[
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:PurgeQueue",
            ],
            "AWS::Kinesis::Stream" => &[
                "kinesis:PutRecord",
                "kinesis:PutRecords",
                "kinesis:GetRecords",
                "kinesis:DeleteStream",
            ],
            "AWS::KMS::Key" => &[
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:PutKeyPolicy",
                "kms:ScheduleKeyDeletion",
            ],
            "AWS::SecretsManager::Secret" => &[
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:DeleteSecret",
            ],
            "AWS::Cognito::UserPool" => &[
                "cognito-idp:AdminAddUserToGroup",
                "cognito-idp:AdminRemoveUserFromGroup",
                "cognito-idp:AdminUserGlobalSignOut",
                "cognito-idp:AdminUpdateUserAttributes",
                "cognito-idp:AdminSetUserPassword",
                "cognito-idp:AdminDeleteUser",
                "cognito-idp:AdminCreateUser",
                "cognito-idp:ListUsers",
                "cognito-idp:DeleteUserPool",
            ],
            "AWS::IAM::Role" => &["sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy"],
            "AWS::EC2::NetworkInterface" => &[
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
                "ec2:RunInstances",
            ],
            "AWS::RDS::DBCluster" => &[
                "rds-data:ExecuteStatement",
                "rds-db:connect",
                "rds:DeleteDBCluster",
            ],
            "AWS::OpenSearchService::Domain" => &[
                "es:ESHttpGet",
                "es:ESHttpPost",
                "es:ESHttpPut",
                "es:ESHttpDelete",
                "es:DeleteDomain",
            ],
            "AWS::ApiGateway::Method" => &["execute-api:Invoke", "execute-api:InvalidateCache"],
            _ => &[],
        };
        of_kind.iter().copied()
    }
}

#[cfg(test)]
mod tests;
