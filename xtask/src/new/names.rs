//! What a service and what it keeps may be called, and the template's words in those.

use anyhow::ensure;
use toml_edit::DocumentMut;

use super::{TEMPLATE, Tree};

/// What the template keeps, one and several.
pub(super) const NOUN: &str = "seedling";
const NOUNS: &str = "seedlings";

/// Where the template listens.
const PORT: u16 = 8099;

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

/// The names of a new service.
pub(super) struct Names {
    /// Of the crate, the program, the database, the document.
    pub(super) service: String,
    /// What it keeps, one of them and several.
    pub(super) noun: String,
    pub(super) nouns: String,
    pub(super) port: u16,
}

impl Names {
    /// Names that are free in the tree.
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
        let Self { service, nouns, .. } = self;
        let manifest: DocumentMut = tree.read("Cargo.toml")?.parse()?;
        let known = &manifest["workspace"]["dependencies"];
        let is_crate = known.get(service).is_some() || service == TEMPLATE || service == "xtask";
        ensure!(!is_crate, "`{service}`: a crate is called so already");
        let compose = tree.read("docker-compose.yml")?;
        let is_taken = compose
            .lines()
            .any(|line| line.starts_with(&format!("  {service}:")));
        ensure!(
            !is_taken,
            "`{service}`: docker-compose.yml has something of this name"
        );
        for document in tree.files("openapi")? {
            let text = tree.read(&format!("openapi/{document}"))?;
            ensure!(
                !text.contains(&format!("\"/v1/{nouns}\"")),
                "/v1/{nouns}: openapi/{document} has it already; choose another --noun"
            );
        }
        Ok(())
    }

    /// A text of the template, or a path, in these names.
    pub(super) fn of(&self, text: &str) -> String {
        let article = match self.noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
            true => ["An ", "an "],
            false => ["A ", "a "],
        };
        let (noun, nouns) = (&self.noun, &self.nouns);
        let words = [
            (format!("A {NOUN}"), format!("{}{noun}", article[0])),
            (format!(" a {NOUN}"), format!(" {}{noun}", article[1])),
            (NOUNS.to_owned(), nouns.clone()),
            (NOUN.to_owned(), noun.clone()),
            (capital(NOUNS), capital(nouns)),
            (capital(NOUN), capital(noun)),
            (TEMPLATE.to_owned(), self.service.clone()),
            (capital(TEMPLATE), capital(&self.service)),
            (TEMPLATE.to_uppercase(), self.service.to_uppercase()),
            (PORT.to_string(), self.port.to_string()),
            ((PORT + 1000).to_string(), (self.port + 1000).to_string()),
        ];
        let renamed = words.iter();
        renamed.fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
    }
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
            ("Reviews", None, "small letters"),
            ("gift-cards", None, "small letters"),
            ("", None, "small letters"),
            ("../reviews", None, "small letters"),
            ("review", None, "--noun"),
            ("orders", None, "services/orders"),
            ("kit", Some("tool"), "shared/kit"),
            ("selects", None, "word of Rust"),
            ("reviews", Some("match"), "word of Rust"),
            ("serde", Some("thing"), "a crate"),
            ("secrets", None, "docker-compose.yml"),
            ("goods", Some("product"), "/v1/products"),
        ] {
            let refused = names(service, noun).err().unwrap();
            assert!(refused.contains(words), "{service}: {refused}");
        }
    }
}
