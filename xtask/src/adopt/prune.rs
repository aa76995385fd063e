//! `--without`: takes parts out with everything that names them. What names a part is found by structure: a path, a module, a
//! feature, an operation, a test, the entry of a list, the section of a page.

use std::collections::BTreeSet;

use super::{
    clients,
    elements::without,
    features, lists,
    lists::Contract,
    pages,
    parts::Going,
    rust,
    tokens::{Kind, Language},
    tree::{Tree, folder, resolved},
    unused::unused,
    web, yaml,
};

/// The project without what goes.
pub(super) fn prune(before: &Tree, going: &Going) -> anyhow::Result<Tree> {
    let mut tree = before.clone();
    for (from, to) in going.parts.iter().flat_map(|part| part.moved) {
        if going.owns(&to.replacen("postgres/", "", 1)) {
            continue;
        }
        tree.rename(from, to);
    }
    tree.remove(|file| going.owns(file));

    let gone = contract(&mut tree, before, going)?;
    code(&mut tree, before, going, &gone.names)?;
    let mut names = gone.names.clone();
    let (slugs, made) = (slugs(before), slugs(&tree));
    names.extend(slugs.difference(&made).cloned());
    web::prune(&mut tree, before, &names);
    clients::prune(&mut tree, before);
    let metrics = Metrics::of(before, &tree);
    deployment(&mut tree, going, &metrics)?;
    lists::policies(&mut tree, &gone.operations);
    lists::statements(&mut tree, before);
    of_pages(&mut tree, before, going, &names, &metrics);
    Ok(tree)
}

fn code(
    tree: &mut Tree,
    before: &Tree,
    going: &Going,
    gone: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let mut crates: BTreeSet<String> = going.services.iter().map(|it| (*it).to_owned()).collect();
    let parts = going.parts.iter();
    crates.extend(parts.flat_map(|it| it.crates).map(|it| (*it).to_owned()));
    if !crates.is_empty() {
        let dead = features::without_crates(tree, &crates)?;
        let manifests = tree.named("Cargo.toml");
        for file in tree.texts(|it| it.ends_with(".rs")) {
            let of = rust::crate_of(&file, &manifests);
            let package = of.rsplit('/').next().unwrap_or_default();
            let is_gone = |feature: &str| dead.contains(&format!("{package}/{feature}"));
            tree.edit(&file, |text| features::decided(text, &is_gone));
        }
    }
    if !going.services.is_empty() {
        lists::shop(tree, &going.services)?;
        rust::callers(tree, &going.services, &going.callers());
        rust::services(tree, &going.services, gone);
    }
    let names = going
        .parts
        .iter()
        .flat_map(|it| it.names)
        .copied()
        .collect();
    loop {
        let files = tree.files.clone();
        rust::modules(tree, before, &names);
        unused(tree, before);
        if files == tree.files {
            return Ok(());
        }
    }
}

/// What the documents do not have any more.
fn contract(tree: &mut Tree, before: &Tree, going: &Going) -> anyhow::Result<Contract> {
    let (mut gone, mut left) = (Contract::default(), Contract::default());
    let documents = before.texts(|it| it.starts_with("openapi/") && it.matches('/').count() == 1);
    for file in documents.iter().filter(|it| !it.ends_with("terrace.json")) {
        let is_going = going.owns(file);
        let of = if is_going { &mut gone } else { &mut left };
        of.add(&before.files[file])?;
    }
    gone.operations.retain(|it| !left.operations.contains(it));
    gone.names.retain(|it| !left.names.contains(it));
    // Written anew from the code later; what was promised of what is gone is promised no more.
    tree.remove(|file| file.starts_with("openapi/") && going.owns(file));
    Ok(gone)
}

/// The kinds of problem that code makes.
fn slugs(tree: &Tree) -> BTreeSet<String> {
    let files = tree.texts(|it| it.ends_with(".rs") && !it.contains("/tests/"));
    let kinds = files
        .iter()
        .flat_map(|it| tree.files[it].split("Kind::new(").skip(1));
    kinds
        .filter_map(|kind| kind.split('"').nth(1).map(str::to_owned))
        .collect()
}

/// What code calls metrics.
struct Metrics {
    lost: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl Metrics {
    fn of(before: &Tree, tree: &Tree) -> Self {
        let named = |tree: &Tree| {
            let mut all = lists::texts(tree, |_| true);
            let ends = ["_total", "_seconds", "_bytes"];
            all.retain(|it| ends.iter().any(|end| it.ends_with(end)));
            all
        };
        let left = named(tree);
        let lost = named(before).difference(&left).cloned().collect();
        Self { lost, left }
    }

    /// Whether an expression or what stands beside it tells of a metric that is lost, or of these services. One that is left may have
    /// such a word in its name: certificates are ordered too.
    fn tell_of(&self, text: &str, services: &BTreeSet<&str>) -> bool {
        let mut words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
        words.any(|word| {
            let parts = ["_bucket", "_count", "_sum"];
            let metric = parts.iter().find_map(|part| word.strip_suffix(part));
            let metric = metric.unwrap_or(word);
            let is_left = self.left.contains(metric);
            self.lost.contains(metric) || (!is_left && rust::names_one(word, services))
        })
    }
}

/// The alerts that still have what they watch.
fn watching(text: &str) -> String {
    const BEGINS: &str = "      - alert: ";
    let mut rules = text.split(BEGINS);
    let mut watching = rules.next().unwrap_or_default().to_owned();
    for rule in rules {
        let lines = rule.split_inclusive('\n');
        // What is less indented is the next group's.
        let own = lines.take_while(|line| line.starts_with("       ") || !line.starts_with(' '));
        let (own, rest) = rule.split_at(own.map(str::len).sum());
        if own.contains("\n        expr: ") {
            watching = watching + BEGINS + own;
        }
        watching += rest;
    }
    watching
}

fn deployment(tree: &mut Tree, going: &Going, metrics: &Metrics) -> anyhow::Result<()> {
    let services = &going.services;
    let snapshot = tree.clone();
    let names_one = |text: &str| metrics.tell_of(text, services);
    let is_named = |text: &str| {
        let quoted = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}' | ':');
        names_one(text)
            || text
                .split(quoted)
                .any(|it| it.contains('/') && snapshot.has_lost(&resolved("", it)))
    };
    for file in tree.texts(|it| it.ends_with(".yml") || it.ends_with(".yaml")) {
        tree.edit(&file, |text| yaml::without(text, &is_named));
    }
    tree.edit("observability/alerts.yml", watching);
    for file in tree.texts(|it| it.starts_with("observability/") && it.ends_with(".json")) {
        tree.edit(&file, |text| {
            without(text, Language::Json, |code, at| {
                code.tokens[at].kind == Kind::Text && names_one(code.of(at))
            })
        });
    }
    for file in tree.texts(|it| it.starts_with("xtask/") && it.ends_with(".py")) {
        tree.edit(&file, |text| {
            without(text, Language::Python, |code, at| {
                code.tokens[at].kind == Kind::Text && rust::names_one(code.of(at), services)
            })
        });
    }
    tree.edit("Dockerfile", |text| lists::image(text, services));
    tree.edit(".gitignore", |text| {
        let stays = |line: &&str| !is_in_lost(&snapshot, line.trim_matches('/'));
        text.split_inclusive('\n')
            .filter(|line| stays(&line.trim()))
            .collect()
    });
    Ok(())
}

/// Whether a path is in a folder that is gone.
fn is_in_lost(tree: &Tree, path: &str) -> bool {
    let mut path = path;
    loop {
        if tree.has_lost(path) {
            return true;
        }
        match path.rsplit_once('/') {
            Some((folder, _)) => path = folder,
            None => return false,
        }
    }
}

/// The pages, without what is not there any more.
fn of_pages(
    tree: &mut Tree,
    before: &Tree,
    going: &Going,
    names: &BTreeSet<String>,
    metrics: &Metrics,
) {
    let lost_tests: BTreeSet<String> = {
        let (was, is) = (functions(before), functions(tree));
        was.difference(&is).cloned().collect()
    };
    let lost_lanes: BTreeSet<String> = {
        let (was, is) = (lanes(before), lanes(tree));
        was.difference(&is).cloned().collect()
    };
    let snapshot = tree.clone();
    for file in tree.texts(|it| it.ends_with(".md")) {
        // What a service tells of itself has its own examples.
        let code = |text: &str| {
            let mut command = text.split(' ');
            let is_command = command.next() == Some("cargo") && command.next() == Some("xtask");
            let wanted = if is_command {
                command.next().unwrap_or_default()
            } else {
                ""
            };
            (wanted == "test" && command.any(|lane| lost_lanes.contains(lane)))
                || (wanted == "bench" && text.ends_with("functions") && going.has("aws"))
                || (is_command && going.parts.iter().any(|part| part.is_called(wanted)))
                || lost_tests.contains(text)
                || metrics.lost.contains(text)
                || names.contains(text)
                || (rust::names_one(text, &going.services) && !metrics.left.contains(text))
        };
        let link = |link: &str| {
            let path = link.split('#').next().unwrap_or_default();
            !path.is_empty()
                && !path.contains("://")
                && snapshot.has_lost(&resolved(folder(&file), path))
        };
        let words = |text: &str| {
            let said = text.to_lowercase();
            let headings = || going.parts.iter().flat_map(|part| part.headings);
            rust::names_one(text, &going.services)
                || (text.starts_with('#') && headings().any(|it| said.contains(it)))
        };
        let gone = pages::Gone {
            words: &words,
            code: &code,
            link: &link,
        };
        tree.edit(&file, |page| pages::without(page, &gone));
    }
}

/// The names of functions.
fn functions(tree: &Tree) -> BTreeSet<String> {
    let files = tree.texts(|it| it.ends_with(".rs"));
    let named = files
        .iter()
        .flat_map(|it| tree.files[it].split("fn ").skip(1));
    named
        .filter_map(|it| it.split(['(', '<']).next().map(str::to_owned))
        .filter(|it| it.len() > 12)
        .collect()
}

/// The parts of `cargo xtask test`.
fn lanes(tree: &Tree) -> BTreeSet<String> {
    let text = tree
        .files
        .get("xtask/src/test.rs")
        .map_or("", String::as_str);
    let rows = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\""));
    rows.filter_map(|row| row.split('"').next().map(str::to_owned))
        .collect()
}
