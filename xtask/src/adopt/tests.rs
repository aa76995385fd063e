//! Names that fit, and what is renamed.

use super::{parts::Going, rust, tree::Tree, unused::unused, *};
use std::{collections::BTreeSet, sync::LazyLock};

use crate::services::Service;

const LOCK: &str =
    "[[package]]\nname = \"tokio\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"users\"\n";

#[test]
fn a_name_fits_everywhere_or_is_refused() {
    for name in ["green", "a", "green2", "abcdefghijklmnopqrst"] {
        assert!(check(name, LOCK).is_ok(), "{name}");
    }
    for (name, why) in [
        ("", "no name"),
        ("Acme", "no name"),
        ("2green", "no name"),
        ("my-shop", "no name"),
        ("my_shop", "no name"),
        ("grün", "no name"),
        ("../up", "no name"),
        ("abcdefghijklmnopqrstu", "no name"),
        ("impl", "word of Rust"),
        ("self", "word of Rust"),
        ("tokio", "crate"),
        ("users", "crate"),
        ("std", "word of Rust"),
        (NAME, "already"),
    ] {
        let refused = check(name, LOCK).unwrap_err().to_string();
        assert!(refused.contains(why), "{name}: {refused}");
    }
}

#[test]
fn the_name_is_replaced_as_it_is_written_and_within_no_word() {
    let [small, title, big] = [NAME.to_owned(), title(NAME), NAME.to_uppercase()];
    let cases = [
        (format!("{big}_EDGE__PORT"), "GREEN_EDGE__PORT"),
        (format!("__Host-{small}_refresh"), "__Host-green_refresh"),
        (format!("use {small}::config;"), "use green::config;"),
        (format!("{title}: a shop"), "Green: a shop"),
        (format!("in{title}Shop"), "inGreenShop"),
        (format!("{small}{small}"), &*format!("{small}{small}")),
        (format!("{small}d gardens"), &*format!("{small}d gardens")),
        (format!("ASIA{big}EXAMPLE"), &*format!("ASIA{big}EXAMPLE")),
        (format!("{small}/{small} {small}"), "green/green green"),
    ];
    for (text, expected) in cases {
        assert_eq!(renamed(&text, "green"), expected);
    }
}

#[test]
fn a_file_moves_with_its_folder_and_what_does_not_change_is_left_alone() {
    let file = format!("services/{NAME}/src/main.rs");

    let moved = change(&file, "fn main() {}", "green").unwrap();

    assert_eq!(moved.to, "services/green/src/main.rs");
    assert_eq!(moved.text, "fn main() {}");
    assert_eq!(change("README.md", "A garden shop.", "green"), None);
}

fn service(name: &str, calls: &[&str]) -> Service {
    let listed = format!("name = \"{name}\"\nport = 1\ncalls = {calls:?}\n");
    let listed: toml_edit::DocumentMut = listed.parse().unwrap();
    Service::from(listed.as_table())
}

#[test]
fn a_part_that_there_is_not_or_that_others_need_is_refused() {
    let services = [
        service("users", &["orders", "notices"]),
        service("catalog", &[]),
        service("orders", &["catalog", "payments"]),
        service("payments", &[]),
        service("notices", &[]),
        service("reports", &[]),
        service("edge", &["users", "orders", "reports"]),
    ];
    let going = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        Going::of(&names, &services)
    };

    for (names, why) in [
        (&["cart"][..], "cart is no part"),
        (&[""], "is no part"),
        (&["aws", "catalog"], "others cannot be without it"),
        (&["reports"], "cannot go while aws stays"),
        (&["reports", "k8s"], "cannot go while aws stays"),
        (
            &["aws", "payments"],
            "payments cannot go while orders stays",
        ),
        (
            &["aws", "reports", "orders"],
            "orders cannot go while k8s stays",
        ),
        (
            &["aws", "k8s", "reports", "orders"],
            "orders cannot go while payments stays",
        ),
        (
            &["aws", "k8s", "payments", "orders"],
            "orders cannot go while reports stays",
        ),
    ] {
        let refused = going(names).err().map(|it| it.to_string());
        assert!(
            refused.as_ref().is_some_and(|it| it.contains(why)),
            "{names:?}: {refused:?}"
        );
    }
    let called = [service("users", &["reports"]), service("reports", &[])];
    let refused = Going::of(&["aws".to_owned(), "reports".to_owned()], &called);
    assert!(refused.is_err_and(|it| it.to_string().contains("users stays, which calls it")));
    let smallest = ["aws", "k8s", "reports", "payments", "notices", "orders"];
    assert_eq!(going(&smallest).unwrap().callers(), ["users"].into());
    let letters = going(&["aws", "notices"]).unwrap();
    assert!(letters.owns("services/notices/src/lib.rs") && letters.owns("xtask/mail/test_mail.py"));
    let both = going(&["aws", "reports"]).unwrap();
    assert!(both.owns("services/reports/src/lib.rs") && both.owns("openapi/reports.json"));
    assert!(!both.owns("services/orders/src/lib.rs") && !both.owns("k8s/base/edge.yaml"));
}

#[test]
fn a_module_goes_with_what_it_declares_with_who_calls_it_and_with_what_only_that_needed() {
    let before = Tree::with(&[
        ("Cargo.toml", ""),
        ("xtask/Cargo.toml", ""),
        (
            "xtask/src/main.rs",
            "mod cloud;\nmod needs;\nmod run;\n\nuse crate::run::run;\n\n\
             const PARTS: [(&str, fn()); 2] = [(\"cloud\", cloud::lane), (\"all\", run)];\n\n\
             fn main() {\n    cloud::deploy(needs::python());\n    run();\n}\n",
        ),
        (
            "xtask/src/cloud.rs",
            "mod stack;\npub(crate) fn lane() { crate::needs::linter() }",
        ),
        ("xtask/src/cloud/stack.rs", ""),
        (
            "xtask/src/needs.rs",
            "/// A linter.\npub(crate) fn linter() {}\n\npub(crate) fn shell() {}\n",
        ),
        (
            "xtask/src/run.rs",
            "pub(crate) fn run() { crate::needs::shell() }",
        ),
    ]);
    let mut tree = before.clone();
    tree.remove(|file| file == "xtask/src/cloud.rs" || file.starts_with("xtask/src/cloud/"));

    rust::modules(&mut tree, &before, &BTreeSet::new());
    unused(&mut tree, &before);

    let main = &tree.files["xtask/src/main.rs"];
    assert!(!main.contains("cloud::"), "{main}");
    assert!(
        main.contains("run::run") && main.contains("mod needs;"),
        "{main}"
    );
    assert_eq!(
        tree.files["xtask/src/needs.rs"].trim(),
        "pub(crate) fn shell() {}"
    );
}

#[test]
fn a_name_parts_or_both_may_be_told() {
    let parsed = |arguments: &[&str]| {
        let adopt = <Adopt as clap::Args>::augment_args(clap::Command::new("adopt"));
        adopt.try_get_matches_from([&["adopt"], arguments].concat())
    };

    for arguments in [
        &["--name", "acme"][..],
        &["--without", "aws,k8s"],
        &["--name", "acme", "--without", "aws", "--dry-run"],
    ] {
        assert!(parsed(arguments).is_ok(), "{arguments:?}");
    }
    for arguments in [&[][..], &["--dry-run"], &["acme"]] {
        assert!(parsed(arguments).is_err(), "{arguments:?}");
    }
}

#[test]
fn a_caller_loses_what_names_a_service_and_keeps_what_it_is_for_it() {
    let main = "services/users/src/main.rs";
    let before = Tree::with(&[
        (
            main,
            "fn main() {\n    let keepers = Keepers::default();\n    \
             let keepers = keepers.with_orders(&config.orders);\n    \
             only(&[\"orders\"]);\n    start(keepers);\n}\n",
        ),
        (
            "services/users/tests/settings.rs",
            "const LEFT: [&str; 2] = [\"USERS__STORE\", \"USERS__ORDERS__KEY\"];\n\
             const OWN: [&str; 2] = [\"STORE\", \"ORDERS__KEY\"];\n",
        ),
        ("services/site/src/main.rs", "fn orders() {}\n"),
    ]);
    let mut tree = before.clone();

    rust::callers(&mut tree, &["orders"].into(), &["users"].into());

    let left = &tree.files[main];
    assert!(
        !left.contains("with_orders") && left.contains("only(&[\"orders\"]);"),
        "{left}"
    );
    assert_eq!(
        tree.files["services/users/tests/settings.rs"],
        "const LEFT: [&str; 1] = [\"USERS__STORE\"];\nconst OWN: [&str; 1] = [\"STORE\"];\n"
    );
    let other = "services/site/src/main.rs";
    assert_eq!(tree.files[other], before.files[other]);
}

#[test]
fn what_a_let_makes_and_nobody_uses_goes_unless_making_it_does_something() {
    let file = "services/shop/src/main.rs";
    let before = Tree::with(&[
        ("Cargo.toml", ""),
        ("services/shop/Cargo.toml", ""),
        (
            file,
            "fn main() {\n    let key = made(1);\n    let told = tell().await;\n    \
             let by = |it| ask(it)?;\n    sell(key, told, by);\n    let _lock = lock();\n    open();\n}\n",
        ),
    ]);
    let mut tree = before.clone();
    tree.edit(file, |text| text.replace("    sell(key, told, by);\n", ""));

    unused(&mut tree, &before);

    assert_eq!(
        tree.files[file],
        "fn main() {\n    let told = tell().await;\n    let _lock = lock();\n    open();\n}\n"
    );
}

/// What was, what goes of it, and what is left.
static SMALLEST: LazyLock<(Tree, Going, Tree)> = LazyLock::new(|| {
    let names = ["aws", "k8s", "reports", "payments", "notices", "orders"];
    let going = Going::of(&names.map(str::to_owned), services()).unwrap();
    let before = Tree::of(root()).unwrap();
    let tree = prune::prune(&before, &going).unwrap();
    (before, going, tree)
});

#[test]
fn the_smallest_fork_keeps_four_services_and_no_list_names_others() {
    let (before, going, tree) = &*SMALLEST;

    for name in ["users", "catalog", "edge", "site"] {
        assert!(tree.has(&format!("services/{name}/src/lib.rs")), "{name}");
    }
    let lists = |file: &str| {
        file.ends_with("Cargo.toml")
            || file.starts_with("policies/")
            || matches!(file, "Dockerfile" | "services/terrace/src/shop.rs")
            || file.starts_with("docker-compose")
    };
    for file in tree.texts(lists) {
        let lines = tree.files[&file].lines();
        let code = lines.filter(|line| !line.trim_start().starts_with(['#', '/']));
        for line in code {
            assert!(!rust::names_one(line, &going.services), "{file}: {line}");
        }
    }
    for file in tree.texts(|it| it.starts_with(".sqlx/")) {
        assert!(!tree.files[&file].contains("from fact_"), "{file}");
    }
    for file in tree.texts(|it| it.starts_with("policies/")) {
        assert!(!tree.files[&file].contains("\n\n"), "{file}");
    }
    let kept = &tree.files["services/users/src/keepers.rs"];
    assert!(kept.contains("pub fn keeping") && !kept.contains("with_orders"));
    assert!(tree.has("services/catalog/src/routes/reserve.rs"));

    let settings = &tree.files["xtask/src/up/services.rs"];
    assert!(settings.contains("INVOKE_KEYS_FILE"), "{settings}");

    let alerts = &tree.files["observability/alerts.yml"];
    for left in ["acme_orders_failed_total", "outbox_oldest_seconds"] {
        assert!(alerts.contains(left), "{left}");
    }
    let count = |what: &str| alerts.matches(what).count();
    assert_eq!(count("- alert: "), count(" expr: "), "{alerts}");

    let modules = |tree: &Tree| -> BTreeSet<String> {
        let files = tree.texts(|it| it.starts_with("xtask/src/") && it.ends_with(".rs"));
        let stems = files.iter().filter_map(|it| it.rsplit('/').next());
        stems
            .map(|it| it.trim_end_matches(".rs").to_owned())
            .collect()
    };
    for module in modules(before).difference(&modules(tree)) {
        for file in tree.texts(|it| it.starts_with("xtask/src/") && it.ends_with(".rs")) {
            let is_called = tree.files[&file].contains(&format!("::{module}::"));
            assert!(!is_called, "{file} calls {module}");
        }
    }

    for file in tree.texts(|it| it.starts_with("web/src/") || it.starts_with("web/e2e/")) {
        for word in ["cart", "checkout", "orders"] {
            let is_there = rust::names_one(&tree.files[&file], &[word].into());
            assert!(!is_there, "{file} tells of {word}");
        }
    }
}

#[test]
fn no_client_of_the_smallest_fork_follows_orders() {
    let (before, _, tree) = &*SMALLEST;

    for file in tree.texts(|it| it.starts_with("xtask/sdk/") || it == "docs/sdks.md") {
        let said = tree.files[&file].to_lowercase().replace('_', "");
        for word in ["followorder", "orderevent", "ordermoment", "orderstatus"] {
            assert!(!said.contains(word), "{file}: {word}");
        }
    }
    for language in crate::sdk::languages() {
        let folder = format!("xtask/sdk/{language}/");
        let files = |tree: &Tree| tree.texts(|it| it.starts_with(&folder)).len();
        assert!((1..=files(before)).contains(&files(tree)), "{language}");
        let begun = format!("```{language}\n");
        assert!(tree.files["docs/sdks.md"].contains(&begun), "{language}");
    }
}
