//! What the policies of `policies/` say of the operations of `openapi/`: explains a call, or lints.
//!
//! ```sh
//! cargo xtask policy explain staff GET /v1/admin/orders
//! cargo xtask policy lint
//! ```

use std::{fs, path::PathBuf, process::ExitCode};

use axum::{Router, http::Method};
use clap::Parser;
use client::Upstream;
use edge::{Config, Gateway, Question, Service};
use kit::identity::Minter;

#[derive(Parser)]
#[command(name = "cargo xtask policy", about = "Who may call what, and why")]
enum Command {
    /// Says which statement decides a call, and why the others do not.
    Explain {
        /// `anyone`, `user`, or the groups of a user with commas between.
        caller: String,
        /// Such as GET.
        method: Method,
        /// Such as /v1/orders.
        path: String,
        /// What the request has besides, e.g. `aws:SourceIp=203.0.113.7`; several times.
        #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
        context: Vec<(String, String)>,
    },
    /// Says what looks like a mistake.
    Lint,
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let command = Command::parse();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let config = Config {
        policies: root.join("policies"),
        ..Config::default()
    };
    let gateway = Gateway::new(config, services(&root)?)?;
    match command {
        Command::Explain {
            caller,
            method,
            path,
            context,
        } => {
            let question = Question {
                caller,
                method,
                path,
                context,
            };
            match gateway.explain(&question) {
                Some(told) => print!("{told}"),
                None => {
                    return Err(format!(
                        "404: no document has {} {}",
                        question.method, question.path
                    )
                    .into());
                }
            }
        }
        Command::Lint => {
            let advice = gateway.lint();
            advice.iter().for_each(|it| println!("{it}"));
            if !advice.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
            println!("The policies name what they allow, and say what the documents say.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The services of the documents; nobody answers.
fn services(root: &std::path::Path) -> Result<Vec<Service>, Box<dyn std::error::Error>> {
    let mut services = Vec::new();
    for entry in fs::read_dir(root.join("openapi"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // The edge has its own, and all of them in one; a folder is none.
        if matches!(&*name, "edge" | "terrace") || path.is_dir() {
            continue;
        }
        services.push(Service {
            document: serde_json::from_slice(&fs::read(&path)?)?,
            upstream: Upstream::InProcess(Router::new()),
            minter: Some(Minter::new(
                &name,
                &"a-key-that-opens-nothing-at-all-1".into(),
            )?),
            name: name.into_owned(),
        });
    }
    Ok(services)
}
