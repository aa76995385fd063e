//! A state of the project, built: its programs, and the documents that the edge acts on.

use std::path::{Path, PathBuf};

use crate::{
    run::{cargo, run},
    services::names,
};

/// What was built of a source tree.
#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) programs: PathBuf,
    pub(super) documents: PathBuf,
    tree: PathBuf,
}

impl Release {
    /// Builds the programs of the tree into the target directory.
    pub(crate) fn build(tree: &Path, target: &Path, optimised: bool) -> anyhow::Result<Self> {
        let mut build = cargo(&["build", "--workspace", "--bin", "terrace"]);
        for service in names() {
            // An earlier one may not have it yet.
            if tree.join("services").join(service).exists() {
                build.args(["--bin", service]);
            }
        }
        if optimised {
            build.arg("--release");
        }
        build.arg("--target-dir").arg(target);
        run(build.current_dir(tree))?;
        Ok(Self {
            programs: target.join(if optimised { "release" } else { "debug" }),
            documents: tree.join("openapi"),
            tree: tree.to_owned(),
        })
    }

    /// Whether its source tree has this file or folder.
    pub(super) fn has(&self, path: &str) -> bool {
        self.tree.join(path).exists()
    }

    pub(crate) fn program(&self, name: &str) -> String {
        self.programs.join(name).display().to_string()
    }
}
