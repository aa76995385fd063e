//! `cargo xtask test sdk`: one story in each language, told against a really running shop: browse, sign up, buy, follow, cancel,
//! and be refused. And what `docs/sdks.md` says to begin with, as it stands there.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};

use super::{faults, folder, sdk};
use crate::{
    needs,
    run::{root, run},
    shop::Shop,
};

/// The shop that runs in one process is what the clients meet.
pub(crate) fn test(program: &Path) -> anyhow::Result<()> {
    sdk(&[])?;
    let page = fs::read_to_string(root().join("docs/sdks.md"))?;
    let shop = Shop::start(program)?;
    let faults = faults::start(shop.edge_port())?;
    for (language, extension, story) in [
        (
            "typescript",
            "ts",
            typescript as fn(&Path) -> anyhow::Result<Vec<Command>>,
        ),
        ("python", "py", python),
        ("rust", "rs", rust),
        ("go", "go", go),
    ] {
        let folder = folder(language);
        let start = quick_start(&page, language)?.replace("http://localhost:8080", &shop.api());
        fs::write(folder.join("start").with_extension(extension), start)?;
        for mut command in story(&folder)? {
            let command = command.current_dir(&folder).env("SHOP_API", shop.api());
            run(command.env("SHOP_FAULTS", &faults))?;
        }
    }
    Ok(())
}

/// What compiles and runs `scenario` and `start`; they import the package that they are in by its name.
fn typescript(_: &Path) -> anyhow::Result<Vec<Command>> {
    let packages = root().join("web/node_modules");
    let mut compile = Command::new(packages.join(".bin/tsc"));
    compile
        .args(
            "--strict --skipLibCheck --target es2022 --module nodenext --types node --rootDir . --outDir run"
                .split(' '),
        )
        .arg("--typeRoots")
        .arg(packages.join("@types"))
        .args(["scenario.ts", "start.ts"]);
    let run = |script: &str| {
        let mut node = Command::new("node");
        node.arg(script);
        node
    };
    Ok(vec![compile, run("run/scenario.js"), run("run/start.js")])
}

fn python(folder: &Path) -> anyhow::Result<Vec<Command>> {
    let packages = fs::read_to_string(folder.join("requirements.txt"))?;
    let python = needs::python("sdk", &packages)?.join("python");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let check = [
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        "/dev/null",
        "terrace_sdk",
        "scenario.py",
        "start.py",
    ];
    Ok(vec![run(&check), run(&["scenario.py"]), run(&["start.py"])])
}

fn rust(folder: &Path) -> anyhow::Result<Vec<Command>> {
    fs::rename(folder.join("start.rs"), folder.join("examples/start.rs"))?;
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        // The shop here speaks HTTP: TLS would take longest to compile.
        command
            .args(arguments)
            .args(["--quiet", "--no-default-features"]);
        // What others wrote is compiled once.
        command.env("CARGO_TARGET_DIR", root().join("target/sdk-build"));
        command.env_remove("CARGO_MANIFEST_DIR");
        command
    };
    Ok(vec![
        cargo(&["run", "--example", "scenario"]),
        cargo(&["run", "--example", "start"]),
    ])
}

fn go(folder: &Path) -> anyhow::Result<Vec<Command>> {
    needs::go()?;
    let start = folder.join("start");
    fs::create_dir_all(&start)?;
    fs::rename(folder.join("start.go"), start.join("main.go"))?;
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command
            .args(arguments)
            .env("GOFLAGS", "-mod=mod")
            .env("GOTOOLCHAIN", "local");
        command
    };
    Ok(vec![
        go(&["vet", "./..."]),
        go(&["run", "./scenario"]),
        go(&["run", "./start"]),
    ])
}

/// The first block of a language on the page; its lines are few.
fn quick_start(page: &str, language: &str) -> anyhow::Result<String> {
    let (_, rest) = page
        .split_once(&format!("```{language}\n"))
        .with_context(|| format!("docs/sdks.md has no beginning in {language}"))?;
    let text = rest.split("```").next().unwrap_or_default();
    ensure!(
        text.lines().count() <= 15,
        "the beginning in {language} has over 15 lines"
    );
    Ok(text.to_owned())
}
