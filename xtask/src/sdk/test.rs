//! `cargo xtask test sdk`: one story in each language, told against a really running shop: browse, sign up, buy, follow, cancel,
//! and be refused. And what `docs/sdks.md` says to begin with, as it stands there.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};

use super::{breaking, faults, folder, readme::quick_start, sdk, typescript::compile};
use crate::{
    drill::shoppers::{lint, people},
    needs,
    run::{output, root, run},
    shop::Shop,
};

/// A language, and what a machine needs for its programs.
struct Language {
    name: &'static str,
    /// Of its files.
    extension: &'static str,
    tools: fn() -> anyhow::Result<()>,
    /// Where a program of this name belongs in the client's folder.
    place: fn(&str) -> String,
    /// What compiles and runs the programs of these names, in this folder.
    commands: fn(&Path, &[&str]) -> anyhow::Result<Vec<Command>>,
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "typescript",
        extension: "ts",
        tools: needs::node_packages,
        place: |name| format!("{name}.ts"),
        commands: typescript,
    },
    Language {
        name: "python",
        extension: "py",
        tools: || needs::python::datamodel_codegen().map(drop),
        place: |name| format!("{name}.py"),
        commands: python,
    },
    Language {
        name: "rust",
        extension: "rs",
        tools: || Ok(()),
        place: |name| format!("examples/{name}.rs"),
        commands: rust,
    },
    Language {
        name: "go",
        extension: "go",
        tools: needs::go,
        place: |name| format!("{name}/main.go"),
        commands: go,
    },
    Language {
        name: "java",
        extension: "java",
        tools: needs::maven,
        place: |name| format!("{name}.java"),
        commands: java,
    },
    Language {
        name: "kotlin",
        extension: "kt",
        tools: needs::maven,
        place: |name| format!("src/test/kotlin/{}.kt", capitalised(name)),
        commands: kotlin,
    },
    Language {
        name: "swift",
        extension: "swift",
        tools: || needs::swift().map(drop),
        place: |name| format!("Examples/{}/main.swift", capitalised(name)),
        commands: swift,
    },
];

/// The shop that runs in one process is what the clients meet.
pub(crate) fn test(program: &Path, only: Option<&str>) -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join("docs/sdks.md"))?;
    let shop = Shop::start(program)?;
    let environment = [
        ("SHOP_API".to_owned(), shop.api()),
        ("SHOP_FAULTS".to_owned(), faults::start(shop.edge_port())?),
    ];
    let start = |language: &str, _: &str| {
        let start = quick_start(&page, language)?;
        Ok(Some(start.replace("http://localhost:8080", &shop.api())))
    };
    let environment = |_: &str| Ok(environment.to_vec());
    // What the beginning in docs/sdks.md ends with.
    tell(
        only,
        &["scenario", "start"],
        "invalid-body",
        start,
        environment,
    )
}

/// Makes the clients, and runs these programs of theirs; the last one says this, and has this text, by the language and what its files
/// end in, and a language without it is left out; the environment may be another for each. One whose tools the machine lacks is named at the
/// end; it is a fault when it is the only one that is asked for.
pub(crate) fn tell(
    only: Option<&str>,
    programs: &[&str],
    says: &str,
    text: impl Fn(&str, &str) -> anyhow::Result<Option<String>>,
    environment: impl Fn(&str) -> anyhow::Result<Vec<(String, String)>>,
) -> anyhow::Result<()> {
    let mut missing = String::new();
    for language in LANGUAGES {
        let name = language.name;
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let Some(text) = text(name, language.extension)? else {
            continue;
        };
        if let Err(fault) = (language.tools)() {
            ensure!(only.is_none(), fault);
            missing += &format!("  {name}: {fault}\n");
            continue;
        }
        sdk(&[name.to_owned()])?;
        let folder = folder(name);
        let place = programs.last().map(|last| (language.place)(last));
        let path = folder.join(place.context("there is a program")?);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, text)?;
        let environment = environment(name)?;
        let mut commands = (language.commands)(&folder, programs)?;
        for command in &mut commands {
            command.current_dir(&folder).envs(environment.clone());
        }
        let last = commands.pop();
        for command in &mut commands {
            run(command)?;
        }
        let told = output(&mut last.context("a program is run")?)?;
        println!("{told}");
        ensure!(
            told.contains(says),
            "{name}: the last program does not say {says:?}"
        );
    }
    if !missing.is_empty() {
        println!("\nNot told, for want of tools:\n{missing}");
    }
    Ok(())
}

/// They import the package that they are in by its name.
fn typescript(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    if programs.contains(&"scenario") {
        breaking::compiler_finds_it()?;
    }
    let scripts: Vec<String> = programs.iter().map(|name| format!("{name}.ts")).collect();
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    let run = |name: &&str| {
        let mut node = Command::new("node");
        node.arg(format!("run/{name}.js"));
        node
    };
    let mut commands = vec![compile(&scripts)];
    commands.extend(programs.iter().map(run));
    Ok(commands)
}

fn python(folder: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let packages = fs::read_to_string(folder.join("requirements.txt"))?;
    let python = needs::python::environment("sdk", &packages)?.join("python");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let scripts = programs.iter().map(|name| format!("{name}.py"));
    let mut check = run(&["-m", "mypy", "--strict", "--cache-dir", "/dev/null"]);
    check.arg("terrace_sdk").args(scripts.clone());
    let mut commands = vec![check];
    commands.extend(scripts.map(|script| run(&[&script])));
    Ok(commands)
}

fn rust(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let example = |name: &&str| {
        let mut cargo = Command::new("cargo");
        // The shop here speaks HTTP: TLS would take longest to compile.
        cargo
            .args(["run", "--example", name])
            .args(["--quiet", "--no-default-features"]);
        cargo
            .env("CARGO_TARGET_DIR", super::built())
            .env_remove("CARGO_MANIFEST_DIR");
        cargo
    };
    if programs.contains(&"scenario") {
        // The people of drills use it as well: here the compiler reads them.
        run(&mut lint())?;
        run(&mut people("test"))?;
    }
    Ok(programs.iter().map(example).collect())
}

fn go(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let go = |arguments: [&str; 2]| {
        let mut command = Command::new("go");
        command
            .args(arguments)
            .env("GOFLAGS", "-mod=mod")
            .env("GOTOOLCHAIN", "local");
        command
    };
    let mut commands = vec![go(["vet", "./..."])];
    commands.extend(
        programs
            .iter()
            .map(|name| go(["run", &format!("./{name}")])),
    );
    Ok(commands)
}

fn java(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let mut compile = maven();
    compile.arg("-Dmaven.compiler.failOnWarning=true");
    let run = |name: &&str| match *name {
        "scenario" => run_java("Scenario"),
        name => run_java(&format!("{name}.java")),
    };
    let mut commands = vec![compile];
    commands.extend(programs.iter().map(run));
    Ok(commands)
}

fn kotlin(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let run = |name: &&str| match *name {
        "scenario" => run_java("scenario.ScenarioKt"),
        name => run_java(&format!("{}Kt", capitalised(name))),
    };
    let mut commands = vec![maven()];
    commands.extend(programs.iter().map(run));
    Ok(commands)
}

fn swift(_: &Path, programs: &[&str]) -> anyhow::Result<Vec<Command>> {
    let run = |name: &&str| {
        let words = needs::swift()?;
        let mut swift = Command::new(&words[0]);
        swift.args(&words[1..]);
        swift.args(["--quiet", &capitalised(name)]);
        anyhow::Ok(swift)
    };
    programs.iter().map(run).collect()
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
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
