//! A service: the template in other names, and what the rest of the shop has to know of it.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Change, TEMPLATE_FOLDER, Tree, names::Names, wiring};
use crate::services::{self, parse};

/// What is copied: the template, or a service that was made of it.
pub(super) struct Source {
    folder: String,
    pub(super) names: Names,
    /// Its files by their paths in the folder.
    files: BTreeMap<String, String>,
}

/// What has to be written for it.
pub(super) fn service(
    tree: &Tree,
    name: &str,
    noun: Option<&str>,
    like: Option<&str>,
) -> anyhow::Result<Change> {
    let listed = parse(&tree.read(services::FILE)?);
    let ports = listed.iter().map(|service| service.port);
    let highest = ports.filter(|port| (8081..9000).contains(port)).max();
    let port = highest.context("a service listens")? + 1;
    let names = Names::new(tree, name, noun, port)?;
    let source = match like {
        Some(like) => Source::made(tree, like)?,
        None => Source::at(tree, TEMPLATE_FOLDER.to_owned(), Names::template())?,
    };
    names.refuse_words_of(source.code())?;
    let one_word = |names: &Names| names.service == names.nouns;
    ensure!(
        !one_word(&source.names) || one_word(&names),
        "`{}` is what its things are called and the service too, so that both have to be renamed alike: leave --noun out",
        source.names.service
    );

    let mut change = Change {
        told: told(&names),
        ..Change::default()
    };
    for (file, text) in &source.files {
        let path = names.instead_of(&source.names, file);
        let text = names.instead_of(&source.names, text);
        change.new.insert(format!("services/{name}/{path}"), text);
    }
    queries(tree, &source, &names, &mut change)?;
    wiring::wire(tree, &source, &names, &mut change)?;
    Ok(change)
}

impl Source {
    fn at(tree: &Tree, folder: String, names: Names) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for file in tree.files(&folder)? {
            let text = tree.read(&format!("{folder}/{file}"))?;
            files.insert(file, text);
        }
        Ok(Self {
            folder,
            names,
            files,
        })
    }

    /// A service that was made by this command, whatever it has learned since.
    fn made(tree: &Tree, service: &str) -> anyhow::Result<Self> {
        let listed = parse(&tree.read(services::FILE)?);
        let listed = listed.into_iter().find(|it| it.name == service);
        let listed =
            listed.with_context(|| format!("--like `{service}`: there is no such service"))?;
        let folder = format!("services/{service}");
        let made = "was not made by this command, which copies no rules of its own and no neighbours; begin without --like";
        let sql = tree.files(&format!("{folder}/migrations/sqlite"));
        let sql = sql.unwrap_or_default();
        let first = sql.iter().find_map(|file| {
            let nouns = file.strip_prefix("0001_create_")?.strip_suffix(".sql")?;
            let text = tree
                .read(&format!("{folder}/migrations/sqlite/{file}"))
                .ok()?;
            let noun = text
                .split("create table ")
                .nth(1)?
                .split(' ')
                .next()?
                .to_owned();
            Some((noun, nouns.to_owned()))
        });
        let (noun, nouns) = first.with_context(|| format!("--like `{service}` {made}"))?;
        let names = Names {
            service: service.to_owned(),
            noun,
            nouns,
            port: listed.port,
        };
        for file in tree.files(TEMPLATE_FOLDER)? {
            let path = names.instead_of(&Names::template(), &file);
            ensure!(
                tree.has(&format!("{folder}/{path}")),
                "--like `{service}` {made}: there is no {folder}/{path}"
            );
        }
        ensure!(
            listed.calls.is_empty() && !listed.redis,
            "--like `{service}`: it has neighbours or uses Redis, which are not copied; begin without --like"
        );
        Self::at(tree, folder, names)
    }

    /// Whether it is the template.
    pub(super) fn is_template(&self) -> bool {
        self.folder == TEMPLATE_FOLDER
    }

    fn code(&self) -> impl Iterator<Item = &str> {
        let code = |file: &&String| file.ends_with(".rs") || file.ends_with(".sql");
        let files = self.files.iter();
        files
            .filter(move |(file, _)| code(file))
            .map(|(_, text)| text.as_str())
    }
}

/// What sqlx's macros know of the source's statements, known of the new ones: they differ in names alone, so that nobody
/// needs a PostgreSQL for it. `cargo xtask sqlx` writes the same.
fn queries(tree: &Tree, source: &Source, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    for file in tree.files(".sqlx")? {
        let text = tree.read(&format!(".sqlx/{file}"))?;
        let known: Value = serde_json::from_str(&text).with_context(|| file.clone())?;
        let statement = known["query"].as_str().unwrap_or_default();
        let renamed = names.instead_of(&source.names, statement);
        if renamed == statement || !source.code().any(|code| code.contains(statement)) {
            continue;
        }
        let digest = Sha256::digest(&renamed);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let old = known["hash"].as_str().context("it has a hash")?;
        let text = names.instead_of(&source.names, &text).replace(old, &digest);
        let path = format!(".sqlx/query-{digest}.json");
        // Where others ask the same, it is known.
        if !tree.has(&path) {
            change.new.insert(path, text);
        }
    }
    Ok(())
}

fn told(names: &Names) -> String {
    let Names {
        service,
        noun,
        nouns,
        ..
    } = names;
    format!(
        "
{service} is there. `cargo run` opens the shop with it; then
  curl http://localhost:8080/v1/{nouns}
answers. What a {noun} is stands in services/{service}/src/{noun}.rs. `cargo xtask test` tests it with the rest; docs/fork.md goes on."
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::{new::operation::operation, run::root};

    /// What the command reads, to be changed.
    fn copy() -> (TempDir, Tree) {
        // A fork may be without some of them.
        const FOLDERS: [&str; 8] = [
            ".sqlx",
            "aws",
            "k8s",
            "observability",
            "openapi",
            "policies",
            "services",
            TEMPLATE_FOLDER,
        ];
        const FILES: [&str; 7] = [
            "Cargo.lock",
            "Cargo.toml",
            "Dockerfile",
            "README.md",
            "docker-compose.mtls.yml",
            "docker-compose.yml",
            "docs/containers.md",
        ];
        let (here, folder) = (Tree::at(root()), tempfile::tempdir().unwrap());
        let folders = FOLDERS.iter().filter(|it| here.has(it));
        let below = folders.flat_map(|below| {
            let files = here.files(below).unwrap();
            files.into_iter().map(move |file| format!("{below}/{file}"))
        });
        for file in below.chain(FILES.map(str::to_owned)) {
            let to = folder.path().join(&file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(&file), to).unwrap();
        }
        let tree = Tree::at(folder.path());
        (folder, tree)
    }

    #[test]
    fn one_service_after_the_other_finds_its_places_and_has_what_the_like_has_learned() {
        let (_folder, tree) = copy();
        let write = |change: anyhow::Result<Change>| change.unwrap().write(&tree).unwrap();

        write(service(&tree, "quinces", None, None));
        write(operation(&tree, "quinces", "archive_quince"));
        write(service(&tree, "medlars", None, Some("quinces")));
        write(service(&tree, "loyalty", Some("entry"), None));
        for grown in ["users", "catalog", "orders"] {
            if tree.has(&format!("services/{grown}")) {
                write(operation(&tree, grown, &format!("count_{grown}")));
            }
        }

        let text = |path: &str| tree.read(path).unwrap();
        for service in ["Quinces", "Medlars", "Loyalty"] {
            if tree.has("aws") {
                assert!(text("aws/template.yaml").contains(&format!("\n  {service}Function:\n")));
            }
            assert!(text("policies/staff.json").contains(&format!("\"{service}\"")));
            let service = service.to_lowercase();
            assert!(text("Dockerfile").contains(&format!(" AS {service}\n")));
            assert!(text("docker-compose.yml").contains(&format!("\n  {service}:\n")));
            assert!(text("docs/containers.md").contains(&format!("\n| `{service}` |")));
        }
        assert!(text("policies/customer.json").contains("v1/POST/medlars/archive-medlar"));
        assert!(text("services/medlars/src/routes.rs").contains("archive_medlar::archive_medlar"));
        assert!(text("Dockerfile").contains(" users catalog loyalty medlars quinces "));
    }

    #[test]
    fn what_was_not_made_by_the_command_is_not_copied() {
        let (_folder, tree) = copy();
        let refused = |name: &str, noun: Option<&str>, like: &str| {
            let refused = service(&tree, name, noun, Some(like));
            format!("{:#}", refused.err().unwrap())
        };
        for (like, words) in [
            ("gardens", "there is no such service"),
            ("../shared/kit", "there is no such service"),
            ("catalog", "was not made by this command"),
            ("edge", "was not made by this command"),
        ] {
            let told = refused("medlars", None, like);
            assert!(told.contains(words), "{like}: {told}");
        }

        let made = service(&tree, "quinces", None, None).unwrap();
        made.write(&tree).unwrap();
        let listed = tree.read(services::FILE).unwrap();
        let calls = "name = \"quinces\"\ncalls = [\"users\"]\n";
        let listed = listed.replace("name = \"quinces\"\n", calls);

        let told = refused("votes", Some("ballot"), "quinces");
        assert!(told.contains("renamed alike"), "{told}");
        fs::write(tree.folder.join(services::FILE), listed).unwrap();
        let told = refused("medlars", None, "quinces");
        assert!(told.contains("has neighbours"), "{told}");
    }
}
