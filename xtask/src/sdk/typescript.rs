//! TypeScript: types by openapi-typescript, and a method an operation by ourselves. The storefront's client is the same and is
//! built where Cargo need not be, so that one script writes both, of the document as it is published. The generators that
//! write whole clients bring one that cannot sign, or that browsers do without.

use std::{path::Path, process::Command};

use super::document::Document;
use crate::{
    needs,
    run::{command, root, run},
};

pub(super) fn generate(_: &Document, folder: &Path) -> anyhow::Result<()> {
    write(&root().join("openapi/terrace.json"), folder)
}

/// The client of a document in this folder, compiled.
pub(super) fn write(document: &Path, folder: &Path) -> anyhow::Result<()> {
    needs::node_packages()?;
    let web = root().join("web");
    run(command("node", &["scripts/api.js"])
        .current_dir(&web)
        .arg(folder.join("src"))
        .arg(document))?;
    let tsc = web.join("node_modules/.bin/tsc");
    run(Command::new(tsc).arg("--project").arg(folder))
}

/// What compiles these scripts of the client's folder, into `run/`.
pub(crate) fn compile(scripts: &[&str]) -> Command {
    let packages = root().join("web/node_modules");
    let mut compile = Command::new(packages.join(".bin/tsc"));
    compile
        .args(
            "--strict --skipLibCheck --target es2022 --module nodenext --types node --rootDir . --outDir run"
                .split(' '),
        )
        .arg("--typeRoots")
        .arg(packages.join("@types"))
        .args(scripts);
    compile
}
