//! `cargo xtask aws`: builds the functions, deploys the template, asks what is deployed, and deletes it. AWS itself is asked by
//! `xtask/aws/stack.py`, with the credentials of the environment.

use std::{fs, process::Command};

use clap::{Args, Subcommand};

use crate::{
    needs,
    run::{cargo, command, npm, output, root, run},
    services::functions,
};

#[derive(Subcommand)]
pub(crate) enum Aws {
    /// Builds the functions as AWS takes them, into `target/lambda`, and the web pages.
    Build {
        /// Without optimisation, for tests.
        #[arg(long)]
        debug: bool,
    },
    /// Makes or changes the stack of what was built, its databases and its pages.
    Deploy {
        #[command(flatten)]
        stack: Stack,
        /// A parameter of aws/template.yaml; may be given several times. What is not given stays as it is.
        #[arg(long, value_name = "KEY=VALUE")]
        parameter: Vec<String>,
    },
    /// Asks the deployed API.
    Check(Stack),
    /// Shows what the functions have logged.
    Logs {
        #[command(flatten)]
        stack: Stack,
        /// One function's alone.
        #[arg(long)]
        function: Option<String>,
        /// Since so many minutes.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Deletes the stack with all that is in it; the database leaves a snapshot.
    Delete(Stack),
    /// Writes aws/roles.csv: which role may do what.
    Roles,
    /// Writes into docs/aws.md what a month costs, and 1,000 orders.
    Cost,
}

/// Which stack, and where.
#[derive(Args)]
pub(crate) struct Stack {
    /// Another server than Amazon's, for one on this machine.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Its name.
    #[arg(long, value_name = "NAME", default_value = "terrace")]
    stack: String,
}

impl Aws {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Build { debug } => build(*debug),
            Self::Deploy { stack, parameter } => {
                let mut deploy = stack.command("deploy")?;
                for given in parameter {
                    deploy.args(["--parameter", given]);
                }
                run(&mut deploy)
            }
            Self::Check(stack) => run(&mut stack.command("check")?),
            Self::Logs {
                stack,
                function,
                minutes,
            } => {
                let mut logs = stack.command("logs")?;
                logs.args(["--minutes", &minutes.to_string()]);
                if let Some(function) = function {
                    logs.args(["--function", function]);
                }
                run(&mut logs)
            }
            Self::Delete(stack) => run(&mut stack.command("delete")?),
            Self::Roles => {
                super::test::expand()?;
                super::roles::write(false)
            }
            Self::Cost => {
                super::test::expand()?;
                super::test::python(&["xtask/aws/cost.py"])
            }
        }
    }
}

impl Stack {
    /// One at a server on this machine.
    pub(super) fn at(endpoint: &str) -> Self {
        Self {
            endpoint: Some(endpoint.to_owned()),
            stack: "terrace".to_owned(),
        }
    }

    /// A command of `stack.py` about it.
    pub(super) fn command(&self, what: &str) -> anyhow::Result<Command> {
        let python = needs::python::api_gateway()?;
        let arguments = ["xtask/aws/stack.py", what, "--stack", &self.stack];
        let mut command = command(&python.to_string_lossy(), &arguments);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(endpoint) = &self.endpoint {
            command.env("AWS_ENDPOINT_URL", endpoint);
        }
        Ok(command)
    }
}

/// The functions as zip files, and the pages with what the site says of them.
pub(super) fn build(debug: bool) -> anyhow::Result<()> {
    needs::node_packages()?;
    let features = functions().flat_map(|service| {
        let features = service.function.iter();
        features.map(|feature| format!("{}/{feature}", service.name))
    });
    let features: Vec<_> = features.collect();
    let mut build = cargo(&["build", "--quiet", "--workspace", "--features"]);
    build.arg(features.join(","));
    for service in functions() {
        build.args(["--bin", &service.name]);
    }
    build.args(["--bin", "site"]);
    let folder = if debug { "debug" } else { "release" };
    if !debug {
        build.arg("--release");
    }
    run(&mut build)?;
    let programs = root().join("target").join(folder);
    let python = needs::python::api_gateway()?;
    let mut pack = command(
        &python.to_string_lossy(),
        &["xtask/aws/pack.py", "target/lambda"],
    );
    for service in functions() {
        pack.arg(programs.join(&service.name));
    }
    run(&mut pack)?;
    run(&mut npm(&["run", "--silent", "build"]))?;
    let site = programs.join("site");
    let listing =
        output(command(&site.to_string_lossy(), &["listing"]).env("SITE__ROOT", "web/build"))?;
    let folder = root().join("target/aws");
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join("site.json"), listing)?)
}
