//! Takes out of the storefront what calls operations that are gone: whoever imports what is not there any more loses the statements
//! that use it, and what nobody imports any more goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    elements::{Code, without},
    tokens::{Kind, Language},
    tree::{Tree, folder, is_within, resolved},
};

const LIBRARY: &str = "web/src/lib/";
const ROUTES: &str = "web/src/routes";
/// The client of the API, which the pages call.
const CLIENT: &str = "xtask/sdk/typescript/src";

/// What the documents do not have any more, as code writes it in quotes: paths, names of schemas, kinds of problem.
pub(super) fn prune(tree: &mut Tree, before: &Tree, gone: &BTreeSet<String>) {
    let used = imported(before);
    loop {
        let mut is_changed = false;
        for file in tree.texts(is_code) {
            let text = tree.files[&file].clone();
            let new = pruned(tree, &file, &text, gone);
            if new != text {
                is_changed = true;
                tree.edit(&file, |_| new);
            }
        }
        let uses = imported(tree);
        let unused: Vec<String> = tree
            .texts(|it| it.starts_with(LIBRARY) && is_code(it))
            .into_iter()
            .filter(|it| used.contains(module(it)) && !uses.contains(module(it)))
            .collect();
        for file in unused {
            let own = module(&file).trim_end_matches(".svelte");
            let tests = [format!("{own}.test.ts"), format!("{own}.svelte.test.ts")];
            tree.remove(|it| it == file || tests.iter().any(|test| test == it));
            is_changed = true;
        }
        if !is_changed {
            return;
        }
    }
}

fn is_code(file: &str) -> bool {
    is_within(file, "web/src") && (file.ends_with(".ts") || file.ends_with(".svelte"))
        || (is_within(file, "web/e2e") || is_within(file, CLIENT)) && file.ends_with(".ts")
}

fn is_test(file: &str) -> bool {
    file.ends_with(".test.ts")
}

/// What an import names: a module without its ending.
fn module(file: &str) -> &str {
    file.strip_suffix(".ts").unwrap_or(file)
}

/// The modules that anything but a test imports.
fn imported(tree: &Tree) -> BTreeSet<String> {
    let files = tree.texts(|it| is_code(it) && !is_test(it));
    let modules = files.iter().flat_map(|file| {
        let (script, _) = script(file, &tree.files[file]);
        imports(file, script).into_iter().map(|(_, module)| module)
    });
    modules.collect()
}

/// Where an import leads, without the ending of TypeScript; nothing for a package's.
fn leads_to(file: &str, from: &str) -> Option<String> {
    let path = match from.strip_prefix("$lib/") {
        Some(rest) => format!("{LIBRARY}{rest}"),
        None if from.starts_with('.') => resolved(folder(file), from),
        None => return None,
    };
    Some(path.strip_suffix(".js").map_or(path.clone(), str::to_owned))
}

/// What a script imports: each name, and the module.
fn imports(file: &str, script: &str) -> Vec<(String, String)> {
    let code = Code::new(script, Language::Script);
    let mut all = Vec::new();
    for at in 0..code.tokens.len() {
        if code.of(at) != "import" || code.tokens[at].kind != Kind::Word {
            continue;
        }
        let Some(from) = (at..code.tokens.len()).find(|it| code.tokens[*it].kind == Kind::Text)
        else {
            continue;
        };
        let Some(module) = leads_to(file, code.of(from).trim_matches('\'')) else {
            continue;
        };
        let is_name = |it: &usize| {
            code.tokens[*it].kind == Kind::Word
                && !matches!(code.of(*it), "from" | "type" | "import")
        };
        for name in (at..from).filter(is_name) {
            all.push((code.of(name).to_owned(), module.clone()));
        }
    }
    all
}

/// The script of a page, and what follows it.
fn script<'a>(file: &str, text: &'a str) -> (&'a str, &'a str) {
    if file.ends_with(".svelte") {
        text.split_once("</script>").unwrap_or(("", text))
    } else {
        (text, "")
    }
}

fn pruned(tree: &Tree, file: &str, text: &str, gone: &BTreeSet<String>) -> String {
    let (own, markup) = script(file, text);
    // The tag is no part of the first statement.
    let tag = own.find("<script").filter(|_| file.ends_with(".svelte"));
    let begun = tag.and_then(|at| own[at..].find('>').map(|end| at + end + 1));
    let (tag, own) = own.split_at(begun.unwrap_or(0));
    let mut lost = BTreeSet::new();
    for (name, module) in imports(file, own) {
        let candidates = [module.clone(), format!("{module}.ts")];
        let there = candidates.iter().find_map(|it| tree.files.get(it));
        let is_there = match there {
            Some(text) if is_script(&module) => exports(text).contains(&name),
            Some(_) => true,
            None => !candidates.iter().any(|it| tree.has_lost(it)),
        };
        if !is_there {
            lost.insert(name);
        }
    }
    let is_route = |path: &str| {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.starts_with('/')
            && path.len() > 1
            && tree.has_lost(&format!("{ROUTES}{path}/+page.svelte"))
    };
    let is_lost_module = |from: &str| {
        leads_to(file, from)
            .is_some_and(|it| tree.has_lost(&it) || tree.has_lost(&format!("{it}.ts")))
    };
    let new = without(own, Language::Script, |code, at| {
        match code.tokens[at].kind {
            Kind::Word => lost.contains(code.of(at)),
            Kind::Text => {
                let text = code.of(at).trim_matches(['\'', '"', '`']);
                gone.contains(text) || is_route(text) || is_lost_module(text)
            }
            _ => false,
        }
    });
    let new = unused_imports(own, &new, markup);
    if markup.is_empty() && !file.ends_with(".svelte") {
        return new;
    }
    let markup = without_elements(markup, &lost, &is_route);
    format!("{tag}{new}</script>{markup}")
}

fn is_script(module: &str) -> bool {
    !module.ends_with(".svelte") || module.ends_with(".svelte.ts")
}

/// The names that a module exports.
fn exports(text: &str) -> BTreeSet<String> {
    let code = Code::new(text, Language::Script);
    let mut names = BTreeSet::new();
    for at in 0..code.tokens.len() {
        if code.of(at) != "export" {
            continue;
        }
        let mut next = at + 1;
        while matches!(code.of(next), "async" | "abstract" | "declare") {
            next += 1;
        }
        match code.of(next) {
            "const" | "let" | "function" | "class" | "interface" | "type" | "enum" => {
                // A generator has a star before its name.
                let name = next + 1 + usize::from(code.of(next + 1) == "*");
                names.insert(code.of(name).to_owned());
                if code.of(next) == "type" && code.of(next + 1) == "{" {
                    names.extend(list(&code, next + 1));
                }
            }
            "{" => names.extend(list(&code, next)),
            _ => {}
        }
    }
    names
}

fn list(code: &Code, open: usize) -> Vec<String> {
    (open + 1..code.tokens[open].other)
        .map(|it| code.of(it).to_owned())
        .collect()
}

/// Imports that were used and are not any more.
fn unused_imports(before: &str, now: &str, markup: &str) -> String {
    if before == now {
        return now.to_owned();
    }
    let said = |text: &str| {
        let code = Code::new(text, Language::Script);
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        for at in 0..code.tokens.len() {
            if code.tokens[at].kind == Kind::Word {
                *said.entry(code.of(at).to_owned()).or_default() += 1;
            }
        }
        said
    };
    let (was, is) = (said(before), said(now));
    without(now, Language::Script, |code, at| {
        let word = code.of(at);
        code.tokens[at].kind == Kind::Word
            && is_imported(code, at)
            && is.get(word) == Some(&1)
            && was.get(word).is_some_and(|it| *it > 1)
            && !markup.contains(word)
    })
}

fn is_imported(code: &Code, at: usize) -> bool {
    let begins = (0..at)
        .rev()
        .find(|it| matches!(code.of(*it), "import" | ";"));
    begins.is_some_and(|it| code.of(it) == "import") && !matches!(code.of(at), "from" | "type")
}

/// The markup without components and words that are gone, and without links to pages that are.
fn without_elements(
    markup: &str,
    lost: &BTreeSet<String>,
    is_route: &dyn Fn(&str) -> bool,
) -> String {
    let mut kept = markup.to_owned();
    for name in lost {
        while let Some(begun) = kept.find(&format!("<{name}")) {
            let Some(end) = end_of(&kept, begun, name) else {
                break;
            };
            kept = without_line(&kept, begun, end);
        }
        let words = format!("{{{name}}}");
        while let Some(begun) = kept.find(&words) {
            kept = without_line(&kept, begun, begun + words.len());
        }
    }
    let mut from = 0;
    while let Some(begun) = kept[from..].find("<a ").map(|it| it + from) {
        let tag = kept[begun..].split('>').next().unwrap_or_default();
        let path = tag
            .split("href=\"")
            .nth(1)
            .and_then(|it| it.split('"').next());
        let is_gone = path.is_some_and(is_route);
        match end_of(&kept, begun, "a").filter(|_| is_gone) {
            Some(end) => kept = without_line(&kept, begun, end),
            None => from = begun + 3,
        }
    }
    kept
}

fn end_of(text: &str, begun: usize, name: &str) -> Option<usize> {
    let close = format!("</{name}>");
    let alone = text[begun..].find("/>").map(|it| begun + it + 2);
    let with = text[begun..]
        .find(&close)
        .map(|it| begun + it + close.len());
    match (alone, with) {
        (Some(alone), Some(with)) if text[begun..alone].contains('>') && name == "a" => Some(with),
        (Some(alone), Some(with)) => Some(alone.min(with)),
        (alone, with) => alone.or(with),
    }
}

/// The text without this, and without the lines, the paragraph and the item of a list that only held it.
fn without_line(text: &str, begun: usize, end: usize) -> String {
    let (mut before, mut after) = (&text[..begun], &text[end..]);
    for (open, close) in [("<p>", "</p>"), ("<li>", "</li>")] {
        let around = before.trim_end().strip_suffix(open);
        if let Some((outer, rest)) = around.zip(after.trim_start().strip_prefix(close)) {
            (before, after) = (outer, rest);
        }
    }
    let line = before.rfind('\n').map_or(0, |it| it + 1);
    if before[line..].trim().is_empty() && after.starts_with('\n') {
        before = &before[..line];
        after = &after[1..];
    } else {
        before = before.trim_end_matches(' ');
    }
    format!("{before}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_imported_from_a_folder_that_is_gone_goes_with_the_elements_that_hold_it() {
        let page = "web/src/routes/+layout.svelte";
        let index = "xtask/sdk/typescript/src/index.ts";
        let before = Tree::with(&[
            (
                page,
                "<script>\n\timport CartLink from '$lib/orders/CartLink.svelte';\n\
                 \timport { kept, sold } from '$lib/orders/words';\n\n\
                 \tconst all = ['profile', ...kept];\n</script>\n\n\
                 <p>All of it. {sold}</p>\n\
                 <CartLink current={here('/cart')} />\n\
                 <p><a class=\"button\" href=\"/cart\">Your cart</a></p>\n\
                 <p><a href=\"/shop\">Shop</a></p>\n",
            ),
            ("web/src/routes/cart/+page.svelte", "<h1>Your cart</h1>\n"),
            ("web/src/routes/shop/+page.svelte", "<h1>Shop</h1>\n"),
            (
                "web/src/lib/orders/CartLink.svelte",
                "<a href=\"/cart\">Cart</a>\n",
            ),
            (
                "web/src/lib/orders/words.ts",
                "export const kept = ['cart'];\nexport const sold = 'No.';\n",
            ),
            (
                index,
                "export { Shop } from './client.js';\nexport type { Order } from './orders.js';\n",
            ),
            (
                "xtask/sdk/typescript/src/client.ts",
                "export class Shop {}\n",
            ),
            (
                "xtask/sdk/typescript/src/orders.ts",
                "export type Order = string;\n",
            ),
        ]);
        let mut tree = before.clone();
        tree.remove(|file| file.contains("/orders") || file.contains("/cart/"));

        prune(&mut tree, &before, &BTreeSet::new());

        assert_eq!(
            tree.files[page],
            "<script>\n\n\tconst all = ['profile'];\n</script>\n\n\
             <p>All of it.</p>\n<p><a href=\"/shop\">Shop</a></p>\n"
        );
        assert_eq!(tree.files[index], "export { Shop } from './client.js';\n");
        let client = "xtask/sdk/typescript/src/client.ts";
        assert_eq!(tree.files[client], before.files[client]);
    }
}
