//! The templates, and the names that their resources would have in an account.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

/// An account, a region, and a stack that there are not.
const PSEUDO: [(&str, &str); 5] = [
    ("AWS::Partition", "aws"),
    ("AWS::Region", "eu-west-1"),
    ("AWS::AccountId", "123456789012"),
    ("AWS::StackName", "terrace"),
    ("AWS::URLSuffix", "amazonaws.com"),
];

/// The one that has the others in it.
const OUTERMOST: &str = "template";

/// By their names, as JSON.
pub(super) struct Templates(BTreeMap<String, Value>);

/// Something that roles may be allowed to use.
pub(super) struct Resource {
    /// As the table calls it.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) arn: String,
}

impl Templates {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut templates = BTreeMap::new();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let content: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
            if content.get("AWSTemplateFormatVersion").is_some() {
                templates.insert(name, content);
            }
        }
        Self::new(templates)
    }

    pub(super) fn new(templates: BTreeMap<String, Value>) -> anyhow::Result<Self> {
        if !templates.contains_key(OUTERMOST) {
            bail!("there is no {OUTERMOST}");
        }
        Ok(Self(templates))
    }

    /// Template, name and properties of each resource of a type.
    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.all()
            .filter(move |(_, _, of, _)| *of == kind)
            .map(|(template, name, _, it)| (template, name, it))
    }

    fn all(&self) -> impl Iterator<Item = (&str, &str, &str, &Value)> {
        self.0.iter().flat_map(|(template, content)| {
            let resources = content["Resources"].as_object().into_iter().flatten();
            resources.map(move |(name, it)| {
                let kind = it["Type"].as_str().unwrap_or_default();
                (template.as_str(), name.as_str(), kind, &it["Properties"])
            })
        })
    }

    /// Why a statement with this Sid has a wildcard.
    pub(super) fn reason(&self, template: &str, sid: &str) -> Option<&str> {
        self.0[template]["Metadata"]["Wildcards"][sid].as_str()
    }

    /// All of them; with an object in each bucket, an index in each domain, a stream in each log, and the methods of the API for programs.
    pub(super) fn resources(&self) -> anyhow::Result<Vec<Resource>> {
        let mut resources = Vec::new();
        for (template, name, kind, _) in self.all() {
            let arn = self.arn(template, name)?;
            let name = format!("{template}.{name}");
            let mut add = |name: &str, kind: &str, arn: String| {
                resources.push(Resource {
                    name: name.to_owned(),
                    kind: kind.to_owned(),
                    arn,
                });
            };
            match kind {
                "AWS::S3::Bucket" => {
                    for prefix in ["uploads", "pictures", "clicks", "facts", "other"] {
                        add(
                            &format!("{name}/{prefix}"),
                            "AWS::S3::Object",
                            format!("{arn}/{prefix}/1"),
                        );
                    }
                    add(&name, kind, arn);
                }
                "AWS::OpenSearchService::Domain" => {
                    for index in ["products", "other"] {
                        add(&format!("{name}/{index}"), kind, format!("{arn}/{index}"));
                    }
                    add(&name, kind, arn);
                }
                "AWS::Logs::LogGroup" => add(&name, kind, format!("{arn}:log-stream:1")),
                _ => add(&name, kind, arn),
            }
        }
        let paths =
            &self.0[OUTERMOST]["Resources"]["SignedApi"]["Properties"]["DefinitionBody"]["paths"];
        for (path, item) in paths.as_object().into_iter().flatten() {
            for method in item
                .as_object()
                .into_iter()
                .flatten()
                .map(|(method, _)| method.to_uppercase())
            {
                if method != "OPTIONS" {
                    let place = path.replace(['{', '}'], "");
                    let arn = format!(
                        "arn:aws:execute-api:eu-west-1:123456789012:SignedApi/live/{method}{place}"
                    );
                    resources.push(Resource {
                        name: format!("{method} {path}"),
                        kind: "AWS::ApiGateway::Method".to_owned(),
                        arn,
                    });
                }
            }
        }
        resources.push(Resource {
            name: "any network interface".to_owned(),
            kind: "AWS::EC2::NetworkInterface".to_owned(),
            arn: "arn:aws:ec2:eu-west-1:123456789012:network-interface/eni-1".to_owned(),
        });
        Ok(resources)
    }

    /// A value with all that stands for something else replaced.
    pub(super) fn resolved(&self, template: &str, value: &Value) -> anyhow::Result<Value> {
        Ok(match value {
            Value::Array(all) => {
                let all = all.iter().map(|it| self.resolved(template, it));
                Value::Array(all.collect::<anyhow::Result<_>>()?)
            }
            Value::Object(map) => match map.iter().next() {
                Some((function, argument)) if map.len() == 1 && is_function(function) => {
                    json!(self.function(template, function, argument)?)
                }
                _ => {
                    let member = |(name, it): (&String, &Value)| {
                        Ok((name.clone(), self.resolved(template, it)?))
                    };
                    Value::Object(
                        map.iter()
                            .map(member)
                            .collect::<anyhow::Result<Map<_, _>>>()?,
                    )
                }
            },
            other => other.clone(),
        })
    }

    fn function(&self, template: &str, function: &str, argument: &Value) -> anyhow::Result<String> {
        match (function, argument) {
            ("Ref", Value::String(name)) => self.reference(template, name),
            ("Fn::GetAtt", Value::Array(path)) => {
                let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
                self.attribute(template, path[0], path.get(1).copied().unwrap_or_default())
            }
            ("Fn::Sub", Value::String(text)) => self.substituted(template, text),
            // As on AWS itself, with all that may be asked for.
            ("Fn::If", Value::Array(cases))
                if cases[0] == "IsLocal" || cases[0] == "HasWarehouse" =>
            {
                let chosen = if cases[0] == "IsLocal" { 2 } else { 1 };
                let value = self.resolved(template, &cases[chosen])?;
                let value = value.as_str().map(str::to_owned);
                value.with_context(|| format!("{template}: {argument} is no text"))
            }
            _ => bail!("{template}: {function} of {argument} is not known here"),
        }
    }

    fn substituted(&self, template: &str, text: &str) -> anyhow::Result<String> {
        let mut parts = text.split("${");
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').with_context(|| text.to_owned())?;
            told += &match name.split_once('.') {
                Some((resource, attribute)) => self.attribute(template, resource, attribute)?,
                None => self.reference(template, name)?,
            };
            told += rest;
        }
        Ok(told)
    }

    /// A pseudo parameter, a parameter as the outermost template gives it, or a resource.
    fn reference(&self, template: &str, name: &str) -> anyhow::Result<String> {
        if let Some((_, value)) = PSEUDO.iter().find(|(pseudo, _)| *pseudo == name) {
            return Ok((*value).to_owned());
        }
        if !self.0[template]["Parameters"][name].is_object() {
            // An API is named by its id.
            return match name {
                "Api" | "SignedApi" => Ok(name.to_owned()),
                _ => self.arn(template, name),
            };
        }
        let file = format!("{template}.json");
        let stack = self
            .of_type("AWS::CloudFormation::Stack")
            .find(|(_, _, it)| it["TemplateURL"] == file.as_str());
        let (outer, _, stack) =
            stack.with_context(|| format!("nothing gives {name} to {template}"))?;
        let value = self.resolved(outer, &stack["Parameters"][name])?;
        Ok(value
            .as_str()
            .with_context(|| format!("{template}: {name} is not given"))?
            .to_owned())
    }

    fn attribute(&self, template: &str, name: &str, attribute: &str) -> anyhow::Result<String> {
        let Some(output) = attribute.strip_prefix("Outputs.") else {
            return self.arn(template, name);
        };
        let url = self.0[template]["Resources"][name]["Properties"]["TemplateURL"].as_str();
        let inner = url.unwrap_or_default().trim_end_matches(".json");
        let value = &self
            .0
            .get(inner)
            .with_context(|| format!("{template}: {name} is no stack"))?["Outputs"][output];
        let value = self.resolved(inner, &value["Value"])?;
        Ok(value
            .as_str()
            .with_context(|| format!("{inner} does not tell {output}"))?
            .to_owned())
    }

    /// What CloudFormation would call it; its name in the template where it has no other.
    fn arn(&self, template: &str, name: &str) -> anyhow::Result<String> {
        let resource = &self.0[template]["Resources"][name];
        let kind = resource["Type"]
            .as_str()
            .with_context(|| format!("{template} has no {name}"))?;
        let given = [
            "FunctionName",
            "LogGroupName",
            "TableName",
            "TopicName",
            "QueueName",
            "DomainName",
        ];
        let given = given.iter().find_map(|it| resource["Properties"].get(it));
        let own = match given {
            Some(given) => self
                .resolved(template, given)?
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            None => format!("{template}-{name}"),
        };
        let place = "eu-west-1:123456789012";
        Ok(match kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
                format!("arn:aws:lambda:{place}:function:{own}")
            }
            "AWS::Lambda::Alias" => {
                let function = self.resolved(template, &resource["Properties"]["FunctionName"])?;
                format!(
                    "{}:{}",
                    function.as_str().unwrap_or_default(),
                    resource["Properties"]["Name"].as_str().unwrap_or_default()
                )
            }
            "AWS::Logs::LogGroup" => format!("arn:aws:logs:{place}:log-group:{own}"),
            "AWS::DynamoDB::Table" => format!("arn:aws:dynamodb:{place}:table/{own}"),
            "AWS::S3::Bucket" => format!("arn:aws:s3:::{own}"),
            "AWS::SNS::Topic" => format!("arn:aws:sns:{place}:{own}"),
            "AWS::SQS::Queue" => format!("arn:aws:sqs:{place}:{own}"),
            "AWS::Kinesis::Stream" => format!("arn:aws:kinesis:{place}:stream/{own}"),
            "AWS::KMS::Key" => format!("arn:aws:kms:{place}:key/{own}"),
            "AWS::SecretsManager::Secret" => format!("arn:aws:secretsmanager:{place}:secret:{own}"),
            "AWS::Cognito::UserPool" => format!("arn:aws:cognito-idp:{place}:userpool/{own}"),
            "AWS::IAM::Role" => format!("arn:aws:iam::123456789012:role/{own}"),
            "AWS::RDS::DBCluster" => format!("arn:aws:rds:{place}:cluster:{own}"),
            "AWS::OpenSearchService::Domain" => format!("arn:aws:es:{place}:domain/{own}"),
            _ => format!("arn:aws:none:{place}:{own}"),
        })
    }
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}
