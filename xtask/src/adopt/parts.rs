//! The parts that a fork can do without, and what belongs to each that its name does not tell.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};

use crate::services::Service;

/// A way to deploy the shop, or a service.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) is_service: bool,
    /// Parts that go with it, and why.
    only_with: &'static [(&'static str, &'static str)],
    /// Services that call it and can be without it.
    callers: &'static [&'static str],
    /// Its files and folders, beside those that are called as it.
    pub(super) paths: &'static [&'static str],
    /// Crates without which features cannot be.
    pub(super) crates: &'static [&'static str],
    /// Commands of the project that live by it.
    pub(super) commands: &'static [&'static str],
    /// What the project's commands call it.
    pub(super) names: &'static [&'static str],
    /// What sections of pages that tell of it are called.
    pub(super) headings: &'static [&'static str],
    /// Files that others need as well, and where they go.
    pub(super) moved: &'static [(&'static str, &'static str)],
    /// What to know of a shop without it.
    pub(super) left: &'static str,
}

impl Part {
    /// Whether a command of the project is its.
    pub(super) fn is_called(&self, command: &str) -> bool {
        self.name == command || self.commands.contains(&command)
    }
}

const DEPLOYMENT: Part = Part {
    name: "",
    is_service: false,
    only_with: &[],
    callers: &[],
    paths: &[],
    crates: &[],
    commands: &[],
    names: &[],
    headings: &[],
    moved: &[],
    left: "",
};

/// The edge and the whole shop find out whom they have.
const SERVICE: Part = Part {
    is_service: true,
    callers: &["edge"],
    ..DEPLOYMENT
};

/// Whose templates tell of every service.
const AWS: (&str, &str) = ("aws", "whose templates tell of it");

/// What a fork can be without.
pub(super) const PARTS: [Part; 6] = [
    Part {
        name: "aws",
        paths: &[
            "aws",
            "docs/aws.md",
            "docs/decisions/0014-cognito-behind-users.md",
            "shared/aws",
            "web/e2e/elsewhere.spec.ts",
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
            "amazon api gateway",
            "as functions",
            "cognito",
            "dynamodb",
            "emulated aws",
            "kinesis",
            "opensearch",
        ],
        ..DEPLOYMENT
    },
    Part {
        name: "k8s",
        paths: &[
            "k8s",
            "xtask/k8s",
            "xtask/src/cluster",
            "xtask/src/cluster.rs",
            "xtask/src/new/kubernetes.rs",
        ],
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
        ..DEPLOYMENT
    },
    Part {
        name: "reports",
        only_with: &[AWS],
        paths: &[
            "web/e2e/privacy.spec.ts",
            "web/src/lib/clicks.test.ts",
            "web/src/lib/clicks.ts",
            "web/src/lib/privacy.svelte.ts",
            "web/src/routes/privacy",
        ],
        ..SERVICE
    },
    Part {
        name: "payments",
        only_with: &[AWS, ("orders", "which calls it")],
        paths: &[
            "services/terrace/tests/shop/book.rs",
            "xtask/src/private.rs",
        ],
        ..SERVICE
    },
    Part {
        name: "notices",
        only_with: &[AWS],
        callers: &["edge", "users"],
        paths: &[
            "services/terrace/tests/shop/letters.rs",
            "services/terrace/src/mail.rs",
            "xtask/mail",
            "xtask/src/mail.rs",
            "web/src/routes/confirm",
            "web/src/routes/forgot-password",
            "web/src/routes/reset",
            "web/src/routes/verify",
        ],
        left: "Letters that users writes are events that nobody reads: no link of a letter arrives.",
        ..SERVICE
    },
    Part {
        name: "orders",
        only_with: &[
            AWS,
            ("k8s", "where its test buys"),
            ("reports", "which counts what is sold"),
            ("payments", "which nobody else calls"),
        ],
        callers: &["edge", "users"],
        paths: &[
            "services/terrace/examples/seed.rs",
            "services/terrace/examples/shoppers.rs",
            "services/terrace/tests/shop/kill.rs",
            "services/terrace/tests/shop/oversell.rs",
            "services/terrace/tests/shop/traces.rs",
            "xtask/sdk/go/scenario",
            "xtask/sdk/java/src/main/java/example/terrace/sdk/EventStream.java",
            "xtask/sdk/java/src/main/java/example/terrace/sdk/OrderEvent.java",
            "xtask/sdk/java/src/main/java/example/terrace/sdk/OrderEvents.java",
            "xtask/sdk/java/src/test",
            "xtask/sdk/kotlin/src/test",
            "xtask/sdk/python/scenario.py",
            "xtask/sdk/rust/examples",
            "xtask/sdk/swift/Examples",
            "xtask/sdk/typescript/scenario.ts",
            "xtask/shoppers",
            "xtask/src/bench/checkout.rs",
            "xtask/src/bench/shoppers.rs",
            "xtask/src/bench/ways.rs",
            "xtask/src/drill",
            "xtask/src/drill.rs",
            "xtask/src/sdk/breaking.rs",
            "xtask/src/sdk/faults.rs",
            "xtask/src/sdk/test.rs",
            "web/src/routes/cart",
            "web/src/routes/checkout",
            "web/src/routes/order",
        ],
        commands: &["drill", "seed"],
        names: &["Seed", "compiler_finds_it", "sdk_story"],
        headings: &[
            "the cart",
            "check out",
            "change your mind",
            "the checkout in",
            // The clients' story is of somebody who buys.
            "how it is shown",
        ],
        left: "The catalog still reserves, quotes and counts sales, and users tells addresses, for a service called orders.",
        ..SERVICE
    },
];

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
            if let Some(part) = PARTS.iter().find(|part| part.name == name) {
                going.parts.push(part);
                continue;
            }
            ensure!(
                services.iter().all(|service| service.name != *name),
                "{name} cannot be taken out: others cannot be without it"
            );
            let known = PARTS.each_ref().map(|it| it.name);
            bail!(
                "{name} is no part; what can be taken out: {}",
                known.join(", ")
            );
        }
        for part in &going.parts {
            let needed = part.only_with.iter().find(|(name, _)| !going.has(name));
            if let Some((needed, why)) = needed {
                bail!(
                    "{} cannot go while {needed} stays, {why}: `--without {needed},{}`",
                    part.name,
                    names.join(",")
                );
            }
        }
        for service in services {
            let called = going.parts.iter().find(|part| {
                service.calls.iter().any(|it| it == part.name)
                    && !part.callers.contains(&service.name.as_str())
            });
            if let Some(called) = called.filter(|_| !going.has(&service.name)) {
                bail!(
                    "{} cannot go while {} stays, which calls it",
                    called.name,
                    service.name
                );
            }
        }
        let services = going.parts.iter().filter(|part| part.is_service);
        going.services = services.map(|part| part.name).collect();
        Ok(going)
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|it| it.name == part)
    }

    /// Who calls them, stays, and has to be told.
    pub(super) fn callers(&self) -> BTreeSet<&'static str> {
        let callers = self.parts.iter().flat_map(|part| part.callers);
        callers
            .copied()
            .filter(|it| *it != "edge" && !self.has(it))
            .collect()
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
                // Also in Swift, `Orders.swift`, and in Python, `_orders.py`.
                let stem = name.split('.').next().unwrap_or_default();
                let stem = stem.trim_start_matches('_').to_lowercase();
                self.services.contains(&*stem)
            })
        };
        of_part || is_named()
    }
}

#[cfg(test)]
mod tests {
    use super::PARTS;
    use crate::run::root;

    #[test]
    fn what_belongs_to_a_part_is_there() {
        let is_there = |path: &str| root().join(path).exists();
        // A fork may be without parts, and then without what two have to do with each other.
        if PARTS
            .iter()
            .any(|part| !is_there(part.name) && !is_there(&format!("services/{}", part.name)))
        {
            return;
        }
        for part in &PARTS {
            let moved = part.moved.iter().map(|(from, _)| from);
            for path in part.paths.iter().chain(moved) {
                assert!(is_there(path), "{}: there is no {path}", part.name);
            }
        }
    }
}
