//! Takes out of the clients of the API what files of theirs that are gone brought: members of classes, and names of lists. Rust does
//! so as everywhere, TypeScript as the storefront; in Go and Swift nobody names such a file.

use std::collections::BTreeSet;

use super::{
    elements::without,
    tokens::{Kind, Language},
    tree::{Tree, folder, is_within},
};

const CLIENTS: &str = "xtask/sdk";

pub(super) fn prune(tree: &mut Tree, before: &Tree) {
    // A file of Java is a class of its name.
    let lost = before.texts(|it| is_within(it, CLIENTS) && it.ends_with(".java") && !tree.has(it));
    let lost: BTreeSet<&str> = lost
        .iter()
        .filter_map(|it| it.rsplit('/').next()?.split('.').next())
        .collect();
    let is_of = |file: &str, ends: &[&str]| {
        is_within(file, CLIENTS) && ends.iter().any(|it| file.ends_with(it))
    };
    // Their members end where those of TypeScript do.
    for file in tree.texts(|it| is_of(it, &[".java", ".kt"])) {
        tree.edit(&file, |text| {
            let left = without(text, Language::Script, |code, at| {
                code.tokens[at].kind == Kind::Word && lost.contains(code.of(at))
            });
            match left == text {
                true => left,
                false => without_gaps(left),
            }
        });
    }
    let snapshot = tree.clone();
    for file in tree.texts(|it| is_of(it, &[".py"])) {
        let is_lost = |module: &str| snapshot.has_lost(&format!("{}/{module}.py", folder(&file)));
        tree.edit(&file, |text| without_imports(text, &is_lost));
    }
}

/// The text without the empty lines that stood around a member.
fn without_gaps(mut text: String) -> String {
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text.replace("\n\n}", "\n}")
}

/// The text of Python without what it imports from modules beside it that are gone. Where it uses them, each is alone on a line.
fn without_imports(text: &str, is_lost: &dyn Fn(&str) -> bool) -> String {
    let imported = |line: &'_ str| -> Option<String> {
        let (module, names) = line.strip_prefix("from .")?.split_once(" import ")?;
        is_lost(module).then(|| names.trim().to_owned())
    };
    let lost: Vec<String> = text.lines().filter_map(imported).collect();
    let lost: BTreeSet<&str> = lost.iter().flat_map(|it| it.split(", ")).collect();
    let stays = |line: &&str| {
        let name = line.trim().trim_matches(['"', ',']);
        imported(line).is_none() && !lost.contains(name)
    };
    text.split_inclusive('\n').filter(stays).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_brought_that_are_gone_goes_with_what_tells_of_it() {
        let java = "xtask/sdk/java/Shop.java";
        let kotlin = "xtask/sdk/kotlin/Shop.kt";
        let python = "xtask/sdk/python/shop/_client.py";
        let before = Tree::with(&[
            (
                java,
                "final class Shop {\n    /** All. */\n    int all() {\n        return 1;\n    }\n\n    \
                 /** Sold. */\n    Sales sales() {\n        return new Sales();\n    }\n}\n",
            ),
            ("xtask/sdk/java/Sales.java", "final class Sales {}\n"),
            (
                kotlin,
                "class Shop {\n    fun all() = flow {\n        emit(1)\n    }\n\n    /**\n     * Sold.\n     */\n    \
                 fun sales(): Flow<Sales> = flow {\n        emit(1)\n    }\n}\n",
            ),
            (
                python,
                "from ._orders import Sales, sold\nfrom ._sign import sign\n\n__all__ = [\n    \"Sales\",\n    \"sign\",\n]\n\n\n\
                 class Shop(\n    Base,\n    Sales,\n):\n    pass\n",
            ),
            ("xtask/sdk/python/shop/_orders.py", ""),
            ("xtask/sdk/python/shop/_sign.py", ""),
        ]);
        let mut tree = before.clone();
        tree.remove(|file| file.ends_with("/Sales.java") || file.ends_with("/_orders.py"));

        prune(&mut tree, &before);

        assert_eq!(
            tree.files[java],
            "final class Shop {\n    /** All. */\n    int all() {\n        return 1;\n    }\n}\n"
        );
        assert_eq!(
            tree.files[kotlin],
            "class Shop {\n    fun all() = flow {\n        emit(1)\n    }\n}\n"
        );
        assert_eq!(
            tree.files[python],
            "from ._sign import sign\n\n__all__ = [\n    \"sign\",\n]\n\n\nclass Shop(\n    Base,\n):\n    pass\n"
        );
    }
}
