//! Takes modules that are gone out of Rust, and what names a service out of what puts the shop together; then what nobody uses any
//! more.

use std::collections::BTreeSet;

use super::{
    elements::{Code, without},
    tokens::{Kind, Language},
    tree::{Tree, folder, is_within, resolved},
};

/// The crate of a Rust file: its folder.
pub(super) fn crate_of<'a>(file: &'a str, manifests: &'a [String]) -> &'a str {
    let folders = manifests.iter().map(|it| folder(it));
    let folders = folders.filter(|it| !it.is_empty() && is_within(file, it));
    folders.max_by_key(|it| it.len()).unwrap_or_default()
}

/// Where the modules are that a file declares.
fn modules_of(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.trim_end_matches(".rs");
    let is_root = matches!(stem, "main" | "lib" | "mod") || folder.ends_with("/examples") || {
        folder.ends_with("/tests") && !folder.contains("/src/")
    };
    if is_root {
        folder.to_owned()
    } else {
        format!("{folder}/{stem}")
    }
}

/// Whether the module that a file declares was there and is no more.
fn has_lost_module(tree: &Tree, file: &str, module: &str) -> bool {
    let path = format!("{}/{module}", modules_of(file));
    tree.has_lost(&format!("{path}.rs")) && !tree.has(&path)
}

/// The modules that a file declares in other files.
fn declared(text: &str) -> BTreeSet<String> {
    let code = Code::new(text, Language::Rust);
    (1..code.tokens.len())
        .filter(|at| code.of(at - 1) == "mod" && code.of(at + 1) == ";")
        .map(|at| code.of(at).to_owned())
        .collect()
}

/// Files of modules that nobody declares any more go, and declarations of files that are gone, with what uses them.
pub(super) fn modules(tree: &mut Tree, before: &Tree, names: &BTreeSet<&str>) {
    loop {
        let mut is_changed = false;
        for file in tree.texts(|it| it.ends_with(".rs")) {
            // The file may have gone with a module meanwhile.
            let Some(text) = tree.files.get(&file).cloned() else {
                continue;
            };
            let lost: BTreeSet<String> = declared(&text)
                .into_iter()
                .filter(|it| has_lost_module(tree, &file, it))
                .collect();
            let in_commands = is_within(&file, "xtask/src") && !is_own(&file);
            let in_shop = is_within(&file, "services/terrace");
            let is_root =
                |module: &str| in_commands && tree.has_lost(&format!("xtask/src/{module}.rs"));
            let is_beside = |module: &str| tree.has_lost(&format!("{}/{module}.rs", folder(&file)));
            let new = without(&text, Language::Rust, |code, at| {
                let word = code.of(at);
                if code.tokens[at].kind == Kind::Text {
                    return names_path(tree, &file, word);
                }
                let is_name = names.contains(word) && (in_commands || in_shop);
                is_name
                    || (lost.contains(word) && (code.of(at + 1) != "(" || code.of(at - 1) == "mod"))
                    || ((is_root(word) || is_beside(word)) && is_module(code, at))
            });
            for module in declared(before.files.get(&file).unwrap_or(&text)) {
                if !declared(&new).contains(&module) {
                    let path = format!("{}/{module}", modules_of(&file));
                    let own = format!("{path}.rs");
                    if tree.has(&own) {
                        tree.remove(|it| it == own || is_within(it, &path));
                        is_changed = true;
                    }
                }
            }
            is_changed |= new != text;
            tree.edit(&file, |_| new);
        }
        if !is_changed {
            return;
        }
    }
}

/// What makes services and names of its own: it says them as examples.
pub(super) fn is_own(file: &str) -> bool {
    [
        "xtask/src/new",
        "xtask/src/adopt",
        "xtask/src/adopt.rs",
        "xtask/sdk",
    ]
    .iter()
    .any(|it| is_within(file, it))
}

/// Whether a text is the path of something that is gone.
fn names_path(tree: &Tree, file: &str, text: &str) -> bool {
    let path = text.trim_matches('"');
    // What begins with a slash is a path of the API.
    path.contains('/')
        && !path.starts_with('/')
        && !path.contains(' ')
        && !is_own(file)
        && (tree.has_lost(&resolved("", path)) || tree.has_lost(&resolved(folder(file), path)))
}

/// Whether a word is a module of the crate: before `::`, or in a `use`.
fn is_module(code: &Code, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |it| code.of(it));
    if code.of(at + 1) == ":" && code.of(at + 2) == ":" {
        let of_crate = at >= 3 && before == ":" && code.of(at - 3) == "crate";
        return before != ":" || of_crate;
    }
    if before == "mod" {
        return true;
    }
    let begins = (0..at)
        .rev()
        .find(|it| matches!(code.of(*it), "use" | ";" | "=" | "("));
    begins.is_some_and(|it| code.of(it) == "use") && matches!(before, "{" | "," | ":")
}

/// The words of a name or a text: `REPORTS__STORE` and `reportsKey` both begin with `reports`.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut all, mut word) = (Vec::new(), String::new());
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (was_small && c.is_uppercase()) {
            all.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    all.extend((!word.is_empty()).then_some(word));
    all
}

/// Whether one of the words of a text is one of these.
pub(super) fn names_one(text: &str, services: &BTreeSet<&str>) -> bool {
    words(text)
        .iter()
        .any(|word| services.contains(word.as_str()))
}

/// Takes services out of those that call them: names of code, and of their settings. What these services are for others, they say
/// in texts.
pub(super) fn callers(tree: &mut Tree, services: &BTreeSet<&str>, callers: &BTreeSet<&str>) {
    // The edge has addresses of all, and no other names of them.
    let upstream = "\"UPSTREAMS__";
    for file in tree.texts(|it| it.ends_with(".rs") && is_within(it, "services/edge")) {
        tree.edit(&file, |text| {
            without(text, Language::Rust, |code, at| {
                let said = code.of(at);
                said.starts_with(upstream) && names_one(said, services)
            })
        });
    }
    for caller in callers {
        let folder = format!("services/{caller}");
        // A program's test writes settings without the program's own prefix.
        let prefixes = services.iter().chain([caller]);
        let prefixes: Vec<String> = prefixes
            .map(|it| format!("\"{}__", it.to_uppercase()))
            .collect();
        for file in tree.texts(|it| it.ends_with(".rs") && is_within(it, &folder)) {
            tree.edit(&file, |text| {
                without(text, Language::Rust, |code, at| {
                    let said = code.of(at);
                    let is_setting = prefixes.iter().any(|it| said.starts_with(it));
                    let is_name = code.tokens[at].kind == Kind::Word || is_setting;
                    is_name && names_one(said, services)
                })
            });
        }
    }
}

/// Takes services out of what puts them together, starts, deploys and tests all of them, and the paths of theirs that are `gone`.
pub(super) fn services(tree: &mut Tree, services: &BTreeSet<&str>, gone: &BTreeSet<String>) {
    let shop = |file: &str| {
        file.ends_with(".rs")
            && (is_within(file, "services/terrace") || is_within(file, "xtask/src"))
            && !is_own(file)
    };
    for file in tree.texts(shop) {
        tree.edit(&file, |text| {
            without(text, Language::Rust, |code, at| {
                let said = code.of(at);
                names_one(said, services)
                    || (said.starts_with("\"/") && gone.contains(said.trim_matches('"')))
            })
        });
    }
}
