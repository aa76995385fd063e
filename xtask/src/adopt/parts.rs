//! The parts that a fork can do without, and what belongs to each that its name does not tell.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};

use crate::services::Service;

/// What there is beside services.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// Its files and folders.
    pub(super) paths: &'static [&'static str],
    /// Crates without which features cannot be.
    pub(super) crates: &'static [&'static str],
    /// What the project's commands call it.
    pub(super) names: &'static [&'static str],
    /// What sections of pages that tell of it are called.
    pub(super) headings: &'static [&'static str],
    /// Files that others need as well, and where they go.
    pub(super) moved: &'static [(&'static str, &'static str)],
}

/// How the shop is deployed.
pub(super) const PARTS: [Part; 2] = [
    Part {
        name: "aws",
        paths: &[
            "aws",
            "docs/aws.md",
            "docs/decisions/0014-cognito-behind-users.md",
            "shared/aws",
            "xtask/aws",
            "xtask/functions",
            "xtask/reports",
            "xtask/src/aws",
            "xtask/src/aws.rs",
            "xtask/src/cognito.rs",
            "xtask/src/functions.rs",
            "xtask/src/objects.rs",
            "xtask/src/stores.rs",
        ],
        crates: &["aws", "lambda_runtime"],
        names: &["aws", "Aws", "function", "functions", "redshift_sql"],
        headings: &[
            "as functions",
            "cognito",
            "dynamodb",
            "kinesis",
            "opensearch",
        ],
        moved: &[],
    },
    Part {
        name: "k8s",
        paths: &[
            "k8s",
            "xtask/k8s",
            "xtask/src/cluster",
            "xtask/src/cluster.rs",
        ],
        crates: &[],
        names: &["k8s"],
        headings: &["kubernetes", "cluster"],
        moved: &[
            (
                "k8s/overlays/local/postgres/one/owner.sh",
                "postgres/one/owner.sh",
            ),
            (
                "k8s/overlays/local/postgres/reports/reader.sh",
                "postgres/reports/reader.sh",
            ),
            (
                "k8s/overlays/local/postgres/reports/reader.psql",
                "postgres/reports/reader.psql",
            ),
        ],
    },
];

/// Services that others can be without, and what of theirs has another name.
pub(super) const SERVICES: [(&str, &[&str]); 1] = [(
    "reports",
    &[
        "web/e2e/privacy.spec.ts",
        "web/src/lib/clicks.test.ts",
        "web/src/lib/clicks.ts",
        "web/src/lib/privacy.svelte.ts",
        "web/src/routes/privacy",
    ],
)];

/// What goes.
#[derive(Default)]
pub(super) struct Going {
    pub(super) parts: Vec<&'static Part>,
    pub(super) services: BTreeSet<&'static str>,
}

impl Going {
    /// Those of these names, or why they cannot go.
    pub(super) fn of(names: &[String], services: &[Service]) -> anyhow::Result<Self> {
        let mut going = Self::default();
        for name in names {
            let part = PARTS.iter().find(|part| part.name == name);
            let service = SERVICES.iter().find(|(service, _)| service == name);
            going.parts.extend(part);
            going.services.extend(service.map(|(service, _)| *service));
            if part.is_some() || service.is_some() {
                continue;
            }
            ensure!(
                services.iter().all(|service| service.name != *name),
                "{name} cannot be taken out: others cannot be without it"
            );
            let known = PARTS.iter().map(|it| it.name);
            let known: Vec<&str> = known.chain(SERVICES.map(|(name, _)| name)).collect();
            bail!(
                "{name} is no part; what can be taken out: {}",
                known.join(", ")
            );
        }
        if let Some(name) = going.services.first() {
            ensure!(
                going.has("aws"),
                "{name} cannot go while aws stays, whose templates tell of it: `--without aws,{name}`"
            );
        }
        for service in services {
            let called = service
                .calls
                .iter()
                .find(|it| going.services.contains(it.as_str()));
            let is_staying =
                !going.services.contains(service.name.as_str()) && service.name != "edge";
            if let Some(called) = called.filter(|_| is_staying) {
                bail!(
                    "{called} cannot go while {} stays, which calls it",
                    service.name
                );
            }
        }
        Ok(going)
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|it| it.name == part)
    }

    /// Whether a file belongs to what goes.
    pub(super) fn owns(&self, file: &str) -> bool {
        let is_within = |path: &&str| super::tree::is_within(file, path);
        let of_part = self
            .parts
            .iter()
            .any(|part| part.paths.iter().any(&is_within));
        let is_named = || {
            file.split('/').any(|name| {
                let stem = name.split('.').next().unwrap_or_default();
                self.services.contains(stem)
            })
        };
        let others = || {
            let gone = SERVICES
                .iter()
                .filter(|(name, _)| self.services.contains(name));
            gone.flat_map(|(_, paths)| paths.iter()).any(is_within)
        };
        of_part || is_named() || others()
    }
}
