use serde_json::{Value, json};

use super::*;

/// A template with one role of this statement, and a table.
fn templates(statement: Value) -> Templates {
    let template = json!({
        "Metadata": { "Wildcards": { "Reasoned": "a test" } },
        "Resources": {
            "Carts": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": { "Fn::Sub": "${AWS::StackName}-carts" } } },
            "Role": { "Type": "AWS::IAM::Role", "Properties": { "Policies": [
                { "PolicyDocument": { "Version": "2012-10-17", "Statement": [statement] } },
            ] } },
        },
    });
    Templates::new([("template".to_owned(), template)].into()).expect("templates")
}

#[test]
fn the_table_tells_what_a_role_may_and_nothing_else() {
    let templates = templates(json!({
        "Sid": "Carts", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": { "Fn::GetAtt": ["Carts", "Arn"] },
    }));

    wildcards(&templates).expect("no wildcard");
    let told = table(&templates).expect("a table");

    assert_eq!(
        told,
        "role,resource,may\ntemplate.Role,template.Carts,dynamodb:GetItem dynamodb:PutItem\n"
    );
}

#[test]
fn a_wildcard_without_a_reason_is_refused() {
    let statement =
        |sid| json!({ "Sid": sid, "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*" });

    wildcards(&templates(statement("Reasoned"))).expect("it has one");
    let refused = wildcards(&templates(statement("Whatever"))).expect_err("it has none");

    assert!(refused.to_string().contains("Whatever"), "{refused}");
}
