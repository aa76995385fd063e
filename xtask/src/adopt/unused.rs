//! Takes away what was used before and is used nowhere now: imports, and what is private to a crate.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    elements::{Code, without},
    rust::{crate_of, is_own},
    tokens::{Kind, Language},
    tree::Tree,
};

/// How often each word is said.
#[derive(Clone, Default, PartialEq)]
struct Said {
    all: BTreeMap<String, usize>,
    /// But as a method or a field, which no import brings.
    plain: BTreeMap<String, usize>,
}

impl Said {
    fn of(text: &str) -> Self {
        let code = Code::new(text, Language::Rust);
        let mut said = Self::default();
        for at in 0..code.tokens.len() {
            match code.tokens[at].kind {
                Kind::Word => said.add(code.of(at), at == 0 || code.of(at - 1) != "."),
                // What a text to format names.
                Kind::Text => {
                    for part in code.of(at).split('{').skip(1) {
                        let end = part.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                        said.add(&part[..end.unwrap_or(part.len())], true);
                    }
                }
                _ => {}
            }
        }
        said
    }

    fn add(&mut self, word: &str, is_plain: bool) {
        *self.all.entry(word.to_owned()).or_default() += 1;
        if is_plain {
            *self.plain.entry(word.to_owned()).or_default() += 1;
        }
    }
}

fn times(said: &BTreeMap<String, usize>, word: &str) -> usize {
    said.get(word).copied().unwrap_or(0)
}

/// What each file of these crates says.
fn said_in(tree: &Tree, files: &[String]) -> BTreeMap<String, Said> {
    let texts = files
        .iter()
        .filter_map(|file| Some((file, tree.files.get(file)?)));
    texts
        .map(|(file, text)| (file.clone(), Said::of(text)))
        .collect()
}

fn said_by<'a>(
    files: &'a BTreeMap<String, Said>,
    manifests: &'a [String],
) -> BTreeMap<&'a str, BTreeMap<String, usize>> {
    let mut all: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (file, said) in files {
        let of = all.entry(crate_of(file, manifests)).or_default();
        for (word, times) in &said.all {
            *of.entry(word.clone()).or_default() += times;
        }
    }
    all
}

/// Takes it away, until there is no more of it.
pub(super) fn unused(tree: &mut Tree, before: &Tree) {
    let manifests = before.named("Cargo.toml");
    let is_changed = |file: &&String| before.files.get(*file) != tree.files.get(*file);
    let changed = before.files.keys().filter(|it| it.ends_with(".rs"));
    let crates: BTreeSet<&str> = changed
        .filter(is_changed)
        .map(|file| crate_of(file, &manifests))
        .collect();
    let of_them = |file: &str| file.ends_with(".rs") && crates.contains(crate_of(file, &manifests));
    let was = said_in(before, &before.texts(of_them));
    let was_by = said_by(&was, &manifests);
    let mut is = said_in(tree, &tree.texts(of_them));
    loop {
        let is_by = said_by(&is, &manifests);
        let mut new = BTreeMap::new();
        for (file, own) in is.iter().filter(|(file, _)| !is_own(file)) {
            let of = crate_of(file, &manifests);
            let text = &tree.files[file];
            let left = without(text, Language::Rust, |code, at| {
                if code.tokens[at].kind != Kind::Word {
                    return false;
                }
                let word = code.of(at);
                if is_let(code, at) {
                    return was.get(file).is_some_and(|it| *it != *own) && is_only_made(code, at);
                }
                if is_imported(code, at) {
                    let once = was.get(file).map_or(0, |said| times(&said.plain, word));
                    return times(&own.plain, word) == 1 && once > 1;
                }
                at > 0
                    && is_item(code, at - 1, file)
                    && times(&is_by[of], word) == 1
                    && times(&was_by[of], word) > 1
            });
            if left != *text {
                new.insert(file.clone(), left);
            }
        }
        if new.is_empty() {
            return;
        }
        for (file, text) in new {
            is.insert(file.clone(), Said::of(&text));
            tree.edit(&file, |_| text);
        }
    }
}

/// Whether a word is the name in `let name = …`.
fn is_let(code: &Code, at: usize) -> bool {
    at > 0 && code.of(at - 1) == "let" && code.of(at + 1) == "="
}

/// Whether what a `let` names is said no more until its block ends, and making it does nothing else.
pub(super) fn is_only_made(code: &Code, at: usize) -> bool {
    let word = code.of(at);
    let ends = |it: &usize| code.tokens[*it].kind == Kind::Close && code.tokens[*it].other < at;
    let end = (at..code.tokens.len()).find(ends);
    let end = end.unwrap_or(code.tokens.len());
    let mut made = at;
    while made < end && code.of(made) != ";" {
        let token = &code.tokens[made];
        made = 1 + if token.kind == Kind::Open {
            token.other
        } else {
            made
        };
    }
    // What a closure does is not done here.
    let (mut acts, mut next) = (false, at + 2);
    while next < made {
        acts |= matches!(code.of(next), "await" | "?");
        let is_closure = code.of(next) == "(" && matches!(code.of(next + 1), "|" | "move");
        next = 1 + if is_closure {
            code.tokens[next].other
        } else {
            next
        };
    }
    let is_closure = code.of(at + 2) == "|";
    let first = code.tokens[made.min(end - 1)].at.start;
    let said = Said::of(&code.text[first..code.tokens[end - 1].at.end]);
    !word.starts_with('_') && (is_closure || !acts) && times(&said.plain, word) == 0
}

/// Whether this keyword begins an item that its crate alone sees.
fn is_item(code: &Code, at: usize, file: &str) -> bool {
    let word = code.of(at);
    let is_module = word == "mod" && file == "xtask/src/main.rs";
    (is_module || matches!(word, "fn" | "const" | "static" | "struct" | "enum"))
        && is_private(code, at)
}

/// Whether what begins before this keyword is seen in its crate alone.
fn is_private(code: &Code, keyword: usize) -> bool {
    let mut at = keyword;
    while at > 0 && matches!(code.of(at - 1), "async" | "const" | "unsafe") {
        at -= 1;
    }
    at == 0 || code.of(at - 1) != "pub"
}

/// Whether a word is what a `use` brings.
fn is_imported(code: &Code, at: usize) -> bool {
    if !matches!(code.of(at + 1), "," | "}" | ";") {
        return false;
    }
    let begins = (0..at).rev().find(|it| {
        matches!(
            code.of(*it),
            "use" | ";" | "=" | "(" | "fn" | "let" | "struct" | "enum" | "match"
        )
    });
    begins.is_some_and(|it| {
        code.of(it) == "use" && it.checked_sub(1).is_none_or(|it| code.of(it) != "pub")
    })
}
