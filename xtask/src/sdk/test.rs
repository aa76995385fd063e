//! `cargo xtask test sdk`: one story in each language, told against a really running shop: browse, sign up, buy, follow, cancel,
//! and be refused. And what `docs/sdks.md` says to begin with, as it stands there.

use std::{fs, path::Path, process::Command};

use anyhow::ensure;

use super::{breaking, faults, folder, readme::quick_start, sdk, typescript::compile};
use crate::{
    drill::shoppers::people,
    needs,
    run::{root, run},
    shop::Shop,
};

/// A language's story, and what a machine needs for it.
struct Story {
    language: &'static str,
    /// Of its files.
    extension: &'static str,
    tools: fn() -> anyhow::Result<()>,
    /// What compiles and runs `scenario` and `start`, in this folder.
    commands: fn(&Path) -> anyhow::Result<Vec<Command>>,
}

const STORIES: &[Story] = &[
    Story {
        language: "typescript",
        extension: "ts",
        tools: needs::node_packages,
        commands: typescript,
    },
    Story {
        language: "python",
        extension: "py",
        tools: || needs::datamodel_codegen().map(drop),
        commands: python,
    },
    Story {
        language: "rust",
        extension: "rs",
        tools: || Ok(()),
        commands: rust,
    },
    Story {
        language: "go",
        extension: "go",
        tools: needs::go,
        commands: go,
    },
    Story {
        language: "java",
        extension: "java",
        tools: needs::maven,
        commands: java,
    },
    Story {
        language: "kotlin",
        extension: "kt",
        tools: needs::maven,
        commands: kotlin,
    },
    Story {
        language: "swift",
        extension: "swift",
        tools: || needs::swift().map(drop),
        commands: swift,
    },
];

/// The shop that runs in one process is what the clients meet. A language whose tools the machine lacks is named at the end; it
/// is a fault when it is the only one that is asked for.
pub(crate) fn test(program: &Path, only: Option<&str>) -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join("docs/sdks.md"))?;
    let shop = Shop::start(program)?;
    let faults = faults::start(shop.edge_port())?;
    let mut missing = String::new();
    for story in STORIES {
        let language = story.language;
        if only.is_some_and(|only| only != language) {
            continue;
        }
        if let Err(fault) = (story.tools)() {
            ensure!(only.is_none(), fault);
            missing += &format!("  {language}: {fault}\n");
            continue;
        }
        sdk(&[language.to_owned()])?;
        let folder = folder(language);
        let start = quick_start(&page, language)?.replace("http://localhost:8080", &shop.api());
        fs::write(folder.join("start").with_extension(story.extension), start)?;
        for mut command in (story.commands)(&folder)? {
            let command = command.current_dir(&folder).env("SHOP_API", shop.api());
            run(command.env("SHOP_FAULTS", &faults))?;
        }
    }
    if !missing.is_empty() {
        println!("\nNot told, for want of tools:\n{missing}");
    }
    Ok(())
}

/// They import the package that they are in by its name.
fn typescript(_: &Path) -> anyhow::Result<Vec<Command>> {
    breaking::is_found()?;
    let compile = compile(&["scenario.ts", "start.ts"]);
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
        command.env("CARGO_TARGET_DIR", super::built());
        command.env_remove("CARGO_MANIFEST_DIR");
        command
    };
    // The people of drills use it as well: here the compiler reads them.
    run(people("clippy").args(["--all-targets", "--", "--deny", "warnings"]))?;
    run(&mut people("test"))?;
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

fn java(_: &Path) -> anyhow::Result<Vec<Command>> {
    let mut compile = maven();
    compile.arg("-Dmaven.compiler.failOnWarning=true");
    Ok(vec![compile, run_java("Scenario"), run_java("start.java")])
}

fn kotlin(folder: &Path) -> anyhow::Result<Vec<Command>> {
    let start = folder.join("src/test/kotlin/Start.kt");
    fs::rename(folder.join("start.kt"), start)?;
    Ok(vec![
        maven(),
        run_java("scenario.ScenarioKt"),
        run_java("StartKt"),
    ])
}

fn swift(folder: &Path) -> anyhow::Result<Vec<Command>> {
    let start = folder.join("Examples/Start");
    fs::create_dir_all(&start)?;
    fs::rename(folder.join("start.swift"), start.join("main.swift"))?;
    let run = |what: &str| {
        let words = needs::swift()?;
        let mut swift = Command::new(words[0]);
        swift.args(&words[1..]).args(["--quiet", what]);
        anyhow::Ok(swift)
    };
    Ok(vec![run("Scenario")?, run("Start")?])
}

/// Compiles, and shows what is wrong alone.
fn maven() -> Command {
    let mut maven = Command::new("mvn");
    maven
        .args("--batch-mode test-compile dependency:copy-dependencies".split(' '))
        .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    maven
}

fn run_java(class: &str) -> Command {
    let mut java = Command::new("java");
    let path = "target/classes:target/test-classes:target/dependency/*";
    java.args(["-cp", path, class]);
    java
}
