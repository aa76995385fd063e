//! What the templates of AWS have to know of a new service: a function like that of `payments`, which owns a database and calls
//! nobody, and which both APIs may call, as that of `reports`.

use super::{
    Change, Tree,
    edit::once,
    names::{Names, capital},
};
use crate::{needs, services};

/// The lines and blocks that the new service has too, by how they begin: with the name of whose they are, or with it inside.
const AGAIN: [(&str, &str, &str); 22] = [
    ("template", "reports", "ReportsIsCalled:"),
    ("template", "reports", "ReportsIsCalledSigned:"),
    ("template", "payments", "PaymentsFunction:"),
    ("template", "payments", "PaymentsLog:"),
    // The parameters of two nested stacks.
    (
        "template",
        "payments",
        "Payments: !GetAtt Secrets.Outputs.PaymentsDatabase",
    ),
    ("template", "payments", "PaymentsDatabase: { Value"),
    ("roles", "payments", "PaymentsDatabase: { Type"),
    ("roles", "payments", "Payments:\n"),
    ("roles", "payments", "Payments: { Value"),
    ("secrets", "payments", "PaymentsDatabase: { Type"),
    ("secrets", "payments", "PaymentsKey: { Type"),
    ("secrets", "payments", "PaymentsDatabase: { Value"),
    ("secrets", "payments", "PaymentsKey: { Value"),
    ("data", "payments", "Payments: { Type"),
    ("data", "payments", "PaymentsGroup:\n"),
    ("data", "payments", "PaymentsGroup: { Value"),
    // Who may reach the endpoints, and the proxy.
    (
        "data",
        "payments",
        "- { IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !GetAtt PaymentsGroup",
    ),
    (
        "data",
        "payments",
        "- { IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !GetAtt PaymentsGroup",
    ),
    // That of `payments` may be a container, whose password stays.
    ("rotation", "notices", "Notices: { Type"),
    ("rotation", "notices", "NoticesPlace:"),
    ("rotation", "notices", "NoticesRotation:"),
    ("alarms", "payments", "PaymentsOperationFails:"),
];

/// What stands in lists within a line.
const WITHIN: [(&str, &str); 3] = [
    (
        "template",
        "PaymentsDatabase: !GetAtt Secrets.Outputs.PaymentsDatabase, ",
    ),
    (
        "data",
        "{ AuthScheme: SECRETS, SecretArn: !Ref Payments }, ",
    ),
    ("data", "!Ref Payments, "),
];

pub(super) fn deploy(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    for (template, model, begins) in AGAIN {
        change.edit(tree, &path(template), |text| {
            again(&text, begins, |block| like(model, block, names))
        })?;
    }
    for (template, member) in WITHIN {
        change.edit(tree, &path(template), |text| {
            let both = format!("{member}{}", like("payments", member, names));
            once(&text, member, &both)
        })?;
    }
    change.edit(tree, services::FILE, |text| {
        let own = format!(
            "name = \"{}\"\nport = {}\ndatabase = true\n",
            names.service, names.port
        );
        let both = format!("{own}function = [\"lambda\", \"aws-secrets\"]\n");
        once(&text, &own, &both)
    })
}

/// Says why a statement of this name has a wildcard: for a parameter of a path, which the function checks.
pub(super) fn reason(
    tree: &Tree,
    sid: &str,
    names: &Names,
    change: &mut Change,
) -> anyhow::Result<()> {
    change.edit(tree, &path("template"), |text| {
        let known = "\n  Wildcards: { ";
        let own = format!(
            "{sid}:{}, ",
            names.instead_of(&Names::template(), " a seedling")
        );
        match text.contains(&own) {
            true => Ok(text),
            false => once(&text, known, &format!("{known}{own}")),
        }
    })
}

/// What the tables say of the templates, where there is what reads them.
pub(super) fn tables() -> anyhow::Result<()> {
    if let Err(fault) = needs::python::aws_tables() {
        println!(
            "{fault:#}: `cargo xtask aws roles` and `cargo xtask aws cost` write what is missing in aws/roles.csv and docs/aws.md"
        );
        return Ok(());
    }
    crate::aws::test::write_tables()
}

fn path(template: &str) -> String {
    format!("aws/{template}.yaml")
}

/// What is said of the model, said of the new service.
fn like(model: &str, text: &str, names: &Names) -> String {
    let service = &names.service;
    text.replace(model, service)
        .replace(&capital(model), &capital(service))
        .replace(&model.to_uppercase(), &service.to_uppercase())
}

/// Writes each line that begins with `begins`, whatever its indentation, and what is indented below it, once more as `like` has it.
fn again(text: &str, begins: &str, like: impl Fn(&str) -> String) -> anyhow::Result<String> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.split_inclusive('\n').peekable();
    let (mut all, mut found) = (String::new(), false);
    while let Some(line) = lines.next() {
        all += line;
        if !line.trim_start().starts_with(begins) {
            continue;
        }
        found = true;
        let mut block = line.to_owned();
        let is_below = |it: &&str| !it.trim().is_empty() && depth(it) > depth(line);
        while let Some(below) = lines.next_if(is_below) {
            all += below;
            block += below;
        }
        all += &like(&block);
    }
    anyhow::ensure!(
        found,
        "there is no line that begins with `{}`",
        begins.trim()
    );
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_written_once_more_with_what_is_below_it() {
        let text = "a:\n  one:\n    is: one\n\n  two: 2\nb:\n  one: 1\n";

        let added = again(text, "one:", |block| block.replace("one", "new")).unwrap();

        assert_eq!(
            added,
            "a:\n  one:\n    is: one\n  new:\n    is: new\n\n  two: 2\nb:\n  one: 1\n  new: 1\n"
        );
        let fault = again(text, "none:", str::to_owned).unwrap_err();
        assert!(fault.to_string().contains("none:"), "{fault}");
    }
}
