//! What containers and who watches them have to know of a new service: what the files say of `catalog`, which every fork has, which
//! is behind the edge too and owns a database, said once more.

use anyhow::Context;

use super::{
    Change, Tree,
    edit::{before, once},
    names::{Names, capital},
};
use crate::services::{self, parse};

/// The service whose lines are repeated, and where it listens.
pub(super) const MODEL: &str = "catalog";
const MODEL_PORT: u16 = 8082;

/// What the model uses and a new service does not.
const ITS_OWN: [&str; 2] = ["images", "redis"];

/// The service whose image is repeated: it has no folder to write to.
const IMAGE: &str = "users";

/// The files in which each line or block that names the model gets one like it.
const REPEATED: [&str; 3] = [
    "docker-compose.yml",
    "docker-compose.mtls.yml",
    "observability/prometheus.yml",
];

pub(super) fn deploy(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let model = Model::of(tree, names)?;
    for path in REPEATED {
        change.edit(tree, path, |text| Ok(model.repeated(&text)))?;
    }
    image(tree, names, change)?;
    let service = &names.service;
    change.edit(tree, "docs/containers.md", |text| {
        let database = format!("`postgres-{service}`");
        let row = format!("| `{service}` | `shop`, {database} | {database} |\n");
        before(&text, "| `secrets`", &row)
    })
}

fn image(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let service = &names.service;
    change.edit(tree, "Dockerfile", |text| {
        let programs = "edge site users catalog";
        let text = once(&text, programs, &format!("{programs} {service}"))?;
        let folders = " /out/secrets/authority \\\n";
        let own = format!("      /out/secrets/{service} /out/secrets/postgres-{service} \\\n");
        let text = once(&text, folders, &format!("{folders}{own}"))?;
        let begins = format!("FROM runtime AS {IMAGE}\n");
        let at = text
            .find(&begins)
            .with_context(|| format!("there is no `{}`", begins.trim()))?;
        let stage = text[at..].split("\n\n").next().unwrap_or_default();
        let lines = stage.split_inclusive('\n').map(|line| {
            if line.contains("image.description") {
                let nouns = &names.nouns;
                return format!(
                    "      org.opencontainers.image.description=\"Terrace: {nouns}\"\n"
                );
            }
            let ports = [(8081, names.port), (9081, names.port + 1000)];
            renamed(line, IMAGE, names, &ports)
        });
        let own: String = lines.collect();
        once(&text, stage, &format!("{stage}\n\n{own}"))
    })
}

/// The model, and for whom it is one.
pub(super) struct Model<'a> {
    names: &'a Names,
    /// What names one of these is no model: what the model uses, and who calls it beside the edge.
    others: Vec<String>,
}

impl<'a> Model<'a> {
    pub(super) fn of(tree: &Tree, names: &'a Names) -> anyhow::Result<Self> {
        let listed = parse(&tree.read(services::FILE)?);
        let calls = listed
            .into_iter()
            .filter(|it| it.name != "edge" && it.calls.iter().any(|called| called == MODEL));
        let others = ITS_OWN.map(str::to_owned).into_iter();
        Ok(Self {
            names,
            others: others.chain(calls.map(|it| it.name)).collect(),
        })
    }

    /// What is said of the model, said of the new service: without lines that name what is the model's own, and what is below those.
    pub(super) fn like(&self, text: &str) -> String {
        let (mut all, mut dropped) = (String::new(), None);
        for line in text.split_inclusive('\n') {
            if dropped.is_some_and(|above| depth(line) > above && !line.trim().is_empty()) {
                continue;
            }
            let line = self.without_members(line);
            dropped = self.names_other(&line).then(|| depth(&line));
            if dropped.is_none() {
                all += &line;
            }
        }
        let Names { port, .. } = self.names;
        let ports = [(MODEL_PORT, *port), (MODEL_PORT + 1000, port + 1000)];
        renamed(&all, MODEL, self.names, &ports)
    }

    /// The text with one more of each line or block of YAML that names the model, behind it.
    pub(super) fn repeated(&self, text: &str) -> String {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut all, mut at) = (String::new(), 0);
        while at < lines.len() {
            let line = lines[at];
            // Comments tell of the model alone; what is said of several is no line of the model.
            let is_of_several = line.trim_start().starts_with('#')
                || line.contains("values: [")
                || line.contains(&format!("|{MODEL}"));
            if is_of_several || !line.to_lowercase().contains(MODEL) {
                all += line;
                at += 1;
                continue;
            }
            let more = lines[at + 1..].iter();
            let inner = more
                .take_while(|it| !it.trim().is_empty() && depth(it) > depth(line))
                .count();
            let block = lines[at..=at + inner].concat();
            at += inner + 1;
            let own = self.like(&block);
            let is_apart = inner > 0 && lines.get(at).is_some_and(|it| it.trim().is_empty());
            all += &block;
            if is_apart && !own.is_empty() {
                all += "\n";
            }
            all += &own;
        }
        all
    }

    /// The line without those members of its list that name what is the model's own.
    fn without_members(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for other in &self.others {
            line = line.replace(&format!(",{other}"), "");
        }
        let list = line.split_once(": [").and_then(|(key, list)| {
            let (members, rest) = list.split_once(']')?;
            Some((key, members, rest))
        });
        let Some((key, members, rest)) = list else {
            return line;
        };
        let stays = members.split(", ").filter(|it| !self.names_other(it));
        let members: Vec<&str> = stays.collect();
        format!("{key}: [{}]{rest}", members.join(", "))
    }

    fn names_other(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = text.split(|it: char| !it.is_alphanumeric());
        words.any(|word| self.others.iter().any(|other| other == word))
    }
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn renamed(text: &str, model: &str, names: &Names, ports: &[(u16, u16)]) -> String {
    let named = text
        .replace(model, &names.service)
        .replace(&model.to_uppercase(), &names.service.to_uppercase())
        .replace(&capital(model), &capital(&names.service));
    ports.iter().fold(named, |text, (old, new)| {
        text.replace(&old.to_string(), &new.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    #[test]
    fn each_line_and_block_of_the_model_gets_one_like_it_without_what_is_its_own() {
        let names = Names::new(&Tree::at(root()), "quinces", None, 8087).unwrap();
        let model = Model {
            names: &names,
            others: ["redis", "images", "orders"].map(str::to_owned).to_vec(),
        };
        let text = "  catalog:\n    env:\n      CATALOG__STORE: a\n      CATALOG__REDIS_FILE: b\n      CATALOG__CALLERS: edge,orders\n    \
             networks: [shop, redis]\n    volumes:\n      - name: images\n        claim: some\n      - name: secrets\n\n\
             x:\n  ORDERS__CATALOG__URL: http://catalog:8082\n  - catalog.yaml\n  name: edge|catalog|orders\n  - { values: [users, catalog] }\n";

        let more = model.repeated(text);

        let own = "  quinces:\n    env:\n      QUINCES__STORE: a\n      QUINCES__CALLERS: edge\n    networks: [shop]\n    volumes:\n      \
             - name: secrets\n\n";
        let expected = text
            .replace("x:\n", &format!("{own}x:\n"))
            .replace("  - catalog.yaml\n", "  - catalog.yaml\n  - quinces.yaml\n");
        assert_eq!(more, expected);
    }
}
