//! What a service and what it keeps may be called, and the words of another service in those.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde_json::Value;
use toml_edit::DocumentMut;

use super::{TEMPLATE, Tree};

/// Words of Rust, of SQL and of the template's own code.
const RESERVED: &str = "abstract action all alloc and app array as async await become bool box break by char check column config const \
     continue core crate cursor default delete do dyn else end enum error extern false final fn for foreign from gen grant group if \
     impl in index insert internal into key let limit list loop macro match mod move mut name new not null of offset on or order \
     override primary priv proc pub query ref references request return route row select self service state static std store \
     str struct super table test then to trait true try type typeof union unique unsafe unsized update use user using values view virtual \
     where while with yield";

/// Whether nothing of the project can be called this.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.split_whitespace().any(|word| word == name)
}

/// The names of a service.
#[derive(Clone)]
pub(super) struct Names {
    /// Of the crate, the program, the database, the document.
    pub(super) service: String,
    /// What it keeps, one of them and several.
    pub(super) noun: String,
    pub(super) nouns: String,
    pub(super) port: u16,
}

impl Names {
    /// Those of the template.
    pub(super) fn template() -> Self {
        Self {
            service: TEMPLATE.to_owned(),
            noun: "seedling".to_owned(),
            nouns: "seedlings".to_owned(),
            port: 8099,
        }
    }

    /// Those of a new service, which are free in the tree.
    pub(super) fn new(
        tree: &Tree,
        service: &str,
        noun: Option<&str>,
        port: u16,
    ) -> anyhow::Result<Self> {
        check("service", service)?;
        for folder in ["services", "shared"] {
            let folder = format!("{folder}/{service}");
            ensure!(!tree.has(&folder), "`{service}`: {folder} is there already");
        }
        let shortened = service.strip_suffix('s').filter(|it| it.len() > 1);
        let noun = match (noun, shortened) {
            (Some(noun), _) => noun,
            (None, Some(noun)) => noun,
            (None, None) => anyhow::bail!(
                "`{service}` is no plural: say by --noun what one of the things is called that it keeps"
            ),
        };
        check("noun", noun)?;
        let names = Self {
            service: service.to_owned(),
            noun: noun.to_owned(),
            nouns: plural(noun),
            port,
        };
        names.refuse_taken(tree)?;
        Ok(names)
    }

    fn refuse_taken(&self, tree: &Tree) -> anyhow::Result<()> {
        let Self {
            service,
            noun,
            nouns,
            ..
        } = self;
        let manifest: DocumentMut = tree.read("Cargo.toml")?.parse()?;
        let known = &manifest["workspace"]["dependencies"];
        let locked = tree.read("Cargo.lock")?;
        let is_crate = known.get(service).is_some()
            || locked.contains(&format!("\nname = \"{service}\"\n"))
            || service == TEMPLATE;
        ensure!(!is_crate, "`{service}`: a crate is called so already");
        let compose = tree.read("docker-compose.yml")?;
        let is_taken = compose
            .lines()
            .any(|line| line.starts_with(&format!("  {service}:")));
        ensure!(
            !is_taken,
            "`{service}`: docker-compose.yml has something of this name"
        );
        let document: Value = serde_json::from_str(&tree.read("openapi/terrace.json")?)?;
        let path = format!("/v1/{nouns}");
        let is_there = document["paths"].get(&path).is_some();
        ensure!(
            !is_there,
            "{path}: openapi/terrace.json has it already; choose another --noun"
        );
        let ids = [
            format!("add_{noun}"),
            format!("get_{noun}"),
            format!("list_{nouns}"),
            format!("remove_{noun}"),
        ];
        if let Some(id) = operation_ids(&document).find(|id| ids.iter().any(|it| it == id)) {
            anyhow::bail!("{id}: an operation is called so already; choose another --noun");
        }
        let schema = capital(noun);
        ensure!(
            document["components"]["schemas"].get(&schema).is_none(),
            "{schema}: openapi/terrace.json describes another thing by this name; choose another --noun"
        );
        Ok(())
    }

    /// Fails when one of the names is a word of this code too, where nobody could tell them apart afterwards.
    pub(super) fn refuse_words_of<'a>(
        &self,
        code: impl Iterator<Item = &'a str>,
    ) -> anyhow::Result<()> {
        let lines = code.flat_map(str::lines);
        let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
        let words: BTreeSet<&str> = lines
            .flat_map(|line| line.split(|it: char| !it.is_ascii_lowercase()))
            .collect();
        for name in [&self.service, &self.noun, &self.nouns] {
            ensure!(
                !words.contains(name.as_str()),
                "`{name}`: is a word of the code that is copied"
            );
        }
        Ok(())
    }

    /// A text or a path of the service `from`, in these names.
    pub(super) fn instead_of(&self, from: &Self, text: &str) -> String {
        let article = |names: &Self, upper: bool| {
            let an = names.noun.starts_with(['a', 'e', 'i', 'o', 'u']);
            let article = match (an, upper) {
                (true, true) => "An ",
                (true, false) => " an ",
                (false, true) => "A ",
                (false, false) => " a ",
            };
            article.to_owned() + &names.noun
        };
        let words = [
            (article(from, true), article(self, true)),
            (article(from, false), article(self, false)),
            (from.nouns.clone(), self.nouns.clone()),
            (from.noun.clone(), self.noun.clone()),
            (capital(&from.nouns), capital(&self.nouns)),
            (capital(&from.noun), capital(&self.noun)),
            (from.service.clone(), self.service.clone()),
            (capital(&from.service), capital(&self.service)),
            (from.service.to_uppercase(), self.service.to_uppercase()),
            (from.port.to_string(), self.port.to_string()),
            (
                (from.port + 1000).to_string(),
                (self.port + 1000).to_string(),
            ),
        ];
        let (mut renamed, mut at) = (String::new(), 0);
        while let Some(next) = text[at..].chars().next() {
            let is_here = |(old, _): &&(String, String)| {
                text[at..].starts_with(old.as_str()) && stands_alone(text, at, old)
            };
            match words.iter().find(is_here) {
                Some((old, new)) => {
                    renamed += new;
                    at += old.len();
                }
                None => {
                    renamed.push(next);
                    at += next.len_utf8();
                }
            }
        }
        renamed
    }

    /// A text of the template in these names.
    #[cfg(test)]
    fn of(&self, text: &str) -> String {
        self.instead_of(&Self::template(), text)
    }
}

/// Whether what stands there is a word, or one within `snake_case` and `CamelCase`, and no part of a longer one.
fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let before = text[..at].chars().next_back().unwrap_or(' ');
    let after = text[at + word.len()..].chars().next().unwrap_or(' ');
    let all = |is: fn(&char) -> bool| word.chars().all(|it| is(&it));
    if all(char::is_ascii_digit) {
        return !before.is_ascii_alphanumeric() && !after.is_ascii_alphanumeric();
    }
    if all(char::is_ascii_uppercase) {
        return !before.is_ascii_uppercase() && !after.is_ascii_uppercase();
    }
    // A capital begins a word wherever it stands.
    let begins =
        word.starts_with(|it: char| it.is_ascii_uppercase()) || !before.is_ascii_lowercase();
    begins && !after.is_ascii_lowercase()
}

/// The names of a document's operations.
pub(super) fn operation_ids(document: &Value) -> impl Iterator<Item = &str> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    operations.filter_map(|(_, operation)| operation["operationId"].as_str())
}

/// Small letters, and no word that means something else in what is written.
fn check(what: &str, name: &str) -> anyhow::Result<()> {
    let is_word = name.bytes().all(|it| it.is_ascii_lowercase());
    ensure!(
        is_word && (2..=20).contains(&name.len()),
        "{what} `{name}`: expected one word of 2 to 20 small letters"
    );
    ensure!(
        !is_reserved(name),
        "{what} `{name}`: is a word of Rust, of SQL or of every service"
    );
    Ok(())
}

/// Several of them, as far as letters tell.
fn plural(noun: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|it| noun.ends_with(it));
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if ends(&["s", "x", "ch", "sh"]) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

pub(super) fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    fn names(service: &str, noun: Option<&str>) -> Result<Names, String> {
        let names = Names::new(&Tree::at(root()), service, noun, 8123);
        names.map_err(|fault| format!("{fault:#}"))
    }

    #[test]
    fn every_word_of_the_template_is_renamed() {
        let names = names("loyalty", Some("entry")).unwrap();

        let text = names
            .of("Nursery (NURSERY__X) keeps seedlings at 8099 and 9099: a Seedling, a seedling. A seedling.");

        assert_eq!(
            text,
            "Loyalty (LOYALTY__X) keeps entries at 8123 and 9123: a Entry, an entry. An entry."
        );
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused_in_a_sentence() {
        for (service, noun, words) in [
            ("Quinces", None, "small letters"),
            ("gift-cards", None, "small letters"),
            ("", None, "small letters"),
            ("../quinces", None, "small letters"),
            ("quince", None, "--noun"),
            ("catalog", None, "services/catalog"),
            ("kit", Some("tool"), "shared/kit"),
            ("selects", None, "word of Rust"),
            ("quinces", Some("match"), "word of Rust"),
            ("serde", Some("thing"), "a crate"),
            ("syn", Some("thing"), "a crate"),
            ("xtask", Some("thing"), "a crate"),
            ("secrets", None, "docker-compose.yml"),
            ("goods", Some("product"), "/v1/products"),
            ("places", Some("address"), "an operation is called so"),
            ("bills", Some("money"), "Money: openapi/terrace.json"),
        ] {
            let refused = names(service, noun).err().unwrap();
            assert!(refused.contains(words), "{service}: {refused}");
        }
    }

    #[test]
    fn a_word_of_the_code_is_refused_and_one_of_its_comments_is_not() {
        let code = "// A garden.\nlet page = json[\"items\"];";
        let names = |noun: &str| names("goods", Some(noun)).unwrap();

        for taken in ["item", "page"] {
            let refused = names(taken).refuse_words_of([code].into_iter());
            refused.unwrap_err();
        }
        names("garden").refuse_words_of([code].into_iter()).unwrap();
    }

    #[test]
    fn a_longer_word_and_a_longer_number_stay_what_they_are() {
        let (old, new) = (
            names("quinces", None).unwrap(),
            names("medlars", None).unwrap(),
        );
        let text = "A prequince of quincewood: an_quince, list_quinces, QUINCES__X, getQuince, 81239, x8123.";

        let renamed = new.instead_of(&old, text);

        assert_eq!(
            renamed,
            "A prequince of quincewood: an_medlar, list_medlars, MEDLARS__X, getMedlar, 81239, x8123."
        );
    }
}
