//! Docs that could drift from the code, compared with it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The kinds of problems that the code makes, as `<status> <slug>`: what each `Kind::new(` begins with.
fn problems_in_code() -> BTreeSet<String> {
    let mut files = Vec::new();
    rust_files(&root().join("shared/kit/src"), &mut files);
    for service in fs::read_dir(root().join("services")).unwrap() {
        rust_files(&service.unwrap().path().join("src"), &mut files);
    }
    let mut kinds = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for made in text.split("Kind::new(").skip(1) {
            let mut parts = made.split(',').map(str::trim);
            let (status, slug) = (parts.next().unwrap(), parts.next().unwrap());
            if status.parse::<u16>().is_ok() {
                kinds.insert(format!("{status} {}", slug.trim_matches('"')));
            }
        }
    }
    kinds
}

#[test]
fn every_kind_of_problem_is_described_with_its_status_and_no_other() {
    let page = fs::read_to_string(root().join("docs/problems.md")).unwrap();
    let lines: Vec<&str> = page.lines().collect();
    let described: BTreeSet<String> = lines
        .windows(2)
        .filter_map(|pair| {
            let slug = pair[0].strip_prefix("### `")?.strip_suffix('`')?;
            Some(format!("{} {slug}", pair[1].split('.').next()?))
        })
        .collect();

    let made = problems_in_code();

    assert!(
        made.len() > 20,
        "the code is not read as it should be: {made:?}"
    );
    let missing: Vec<_> = made.difference(&described).collect();
    let stale: Vec<_> = described.difference(&made).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "missing {missing:?}, stale {stale:?}"
    );
}

#[test]
fn the_public_document_lists_every_kind_of_problem() {
    let text = fs::read_to_string(root().join("openapi/terrace.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let kind = &document["components"]["schemas"]["Problem"]["properties"]["type"];
    let listed = kind["x-extensible-enum"].as_array().unwrap();
    let listed: BTreeSet<&str> = listed.iter().map(|it| it.as_str().unwrap()).collect();

    let made: BTreeSet<String> = problems_in_code()
        .iter()
        .filter_map(|kind| Some(format!("/problems/{}", kind.split_once(' ')?.1)))
        .collect();

    assert_eq!(listed, made.iter().map(String::as_str).collect());
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let names = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "k8s/README.md",
    ];
    let mut pages: Vec<_> = names.map(|name| root().join(name)).into();
    for service in fs::read_dir(root().join("services")).unwrap() {
        pages.push(service.unwrap().path().join("README.md"));
    }
    pages.retain(|page| page.exists());
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "md" => pages.push(path),
                _ => {}
            }
        }
    }
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}

#[test]
fn every_test_that_a_page_names_exists() {
    let page = fs::read_to_string(root().join("docs/failures.md")).unwrap();
    let mut files = Vec::new();
    for folder in ["services", "shared"] {
        rust_files(&root().join(folder), &mut files);
    }
    let code: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();

    // The last column of each row; the first two rows are the table's head.
    let rows = page.lines().filter(|line| line.starts_with('|')).skip(2);
    let mut named = 0;
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            let exists = match test.strip_prefix("cargo xtask ") {
                Some(command) => is_command(command),
                None => code.contains(&format!("fn {test}(")),
            };
            assert!(exists, "{test}");
            named += 1;
        }
    }
    assert!(named > 15, "the page is not read as it should be");
}

/// Whether the project has this command; it is not run.
fn is_command(words: &str) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let helped = command.args(words.split(' ')).arg("--help").output();
    helped.unwrap().status.success()
}
