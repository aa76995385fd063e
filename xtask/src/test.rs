//! `cargo xtask test`: everything that a change must pass, and a plain summary at the end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
    time::Instant,
};

use anyhow::{Context, bail, ensure};

use crate::{
    adopt, aws, cluster, cognito, compose, drill, fork, functions, mail, needs, new, objects,
    private,
    run::{cargo, command, npm, root, run},
    shop::{Shop, free_ports},
    stores,
    up::Up,
};

/// A part of the whole.
type Part = (&'static str, fn() -> anyhow::Result<()>);

/// The parts, in order: what fails fast comes first.
const PARTS: &[Part] = &[
    ("format", format),
    ("sqlx", || crate::sqlx::sqlx(true)),
    ("lints", lints),
    ("contract", contract),
    ("dependencies", dependencies),
    ("k8s", k8s),
    ("aws-lint", aws::test::lint),
    ("policies", policies),
    ("redshift-sql", redshift_sql),
    ("rust", rust),
    ("web", web),
    ("tour", tour),
    ("clients", clients),
    ("mail", mail::test),
    ("blackbox", blackbox),
    ("browser", browser),
    ("fuzz", fuzz),
    // It builds the services anew, as functions.
    ("aws", aws::lane::test),
];

/// Parts that run only when they are named: they take long, or need what few machines have. What they
/// need and do not find makes them fail.
const NAMED: &[Part] = &[
    ("adopt", adopt::lane::test),
    ("advisories", advisories),
    ("aws-api", aws::test::api),
    ("aws-mock", aws::test::mock),
    ("cognito", cognito::test),
    ("compose", compose::test),
    ("cluster", cluster::test),
    ("drill", drill::all),
    ("events-aws", objects::events),
    ("fork", fork::test),
    ("functions", functions::test),
    ("new", new::lane::test),
    ("opensearch", stores::opensearch),
    ("private", private::test),
    ("s3", objects::s3),
    ("sdk", || sdk_story(None)),
    ("sdk-aws", aws::sdk::test),
    ("sdk-go", || sdk_story(Some("go"))),
    ("sdk-java", || sdk_story(Some("java"))),
    ("sdk-kotlin", || sdk_story(Some("kotlin"))),
    ("sdk-python", || sdk_story(Some("python"))),
    ("sdk-rust", || sdk_story(Some("rust"))),
    ("sdk-swift", || sdk_story(Some("swift"))),
    ("sdk-typescript", || sdk_story(Some("typescript"))),
    ("stores-aws", stores::aws),
];

/// Runs the parts of these names, or all of [`PARTS`]; stops at the first that fails.
pub(crate) fn test(names: &[String]) -> anyhow::Result<()> {
    let all = || PARTS.iter().chain(NAMED);
    if let Some(unknown) = names
        .iter()
        .find(|name| all().all(|(part, _)| part != *name))
    {
        let known: Vec<&str> = all().map(|(part, _)| *part).collect();
        bail!("{unknown} is no part; known: {}", known.join(", "));
    }
    let mut chosen: Vec<_> = all()
        .filter(|(part, _)| names.iter().any(|name| name == part))
        .collect();
    if names.is_empty() {
        chosen.extend(PARTS);
    }
    let mut passed = Vec::new();
    for (name, part) in chosen {
        let started = Instant::now();
        part().with_context(|| format!("{name} failed"))?;
        passed.push(format!("  {name} ({} s)", started.elapsed().as_secs()));
    }
    println!("\nPassed:\n{}", passed.join("\n"));
    println!("{} passed, 0 failed", passed.len());
    Ok(())
}

fn format() -> anyhow::Result<()> {
    drill::shoppers::are_formatted()?;
    run(&mut cargo(&["fmt", "--all", "--check"]))
}

/// As everybody builds it, and with what only functions and stores of AWS need.
fn lints() -> anyhow::Result<()> {
    drill::shoppers::are_linted()?;
    run(&mut lint(&[]))?;
    run(&mut lint(&["--all-features"]))
}

/// The compiler's and clippy's opinion of everything.
pub(crate) fn lint(features: &[&str]) -> Command {
    let mut lint = cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]);
    lint.args(features).args(["--", "--deny", "warnings"]);
    lint
}

/// The documents: they say what the code does, and keep what was promised.
fn contract() -> anyhow::Result<()> {
    crate::openapi(true)?;
    crate::api::changes(None)
}

/// Licences, sources, and one crypto provider; without the network.
fn dependencies() -> anyhow::Result<()> {
    let deny = needs::cargo_deny()?;
    let deny = deny.to_string_lossy();
    run(&mut command(
        &deny,
        &[
            "check",
            "--hide-inclusion-graph",
            "licenses",
            "bans",
            "sources",
        ],
    ))
}

/// Known vulnerabilities of what comes through Cargo and npm, from databases outside.
fn advisories() -> anyhow::Result<()> {
    let deny = needs::cargo_deny()?;
    let deny = deny.to_string_lossy();
    let check = ["check", "--hide-inclusion-graph", "advisories"];
    run(&mut command(&deny, &check))?;
    run(&mut npm(&["audit", "--package-lock-only"]))
}

/// The manifests of Kubernetes, rendered: their form, their policy, their network, and that the
/// checks find what is broken.
fn k8s() -> anyhow::Result<()> {
    let python = needs::python::kubernetes()?;
    run(command(
        &python.to_string_lossy(),
        &[
            "-m",
            "pytest",
            "--quiet",
            "-p",
            "no:cacheprovider",
            "xtask/k8s",
        ],
    )
    .env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// The policies as they are shipped, linted; and generated ones, decided by a second evaluator as well.
fn policies() -> anyhow::Result<()> {
    crate::policy(&["lint".to_owned()])?;
    let python = needs::python::ministack()?;
    let cases = [
        "run",
        "--quiet",
        "--package",
        "policy",
        "--example",
        "cases",
        "--",
        "1000",
    ];
    let mut cases = cargo(&cases).stdout(Stdio::piped()).spawn()?;
    let told = cases.stdout.take().context("its output is piped")?;
    let compare = ["xtask/policies/compare.py"];
    run(command(&python.to_string_lossy(), &compare).stdin(told))?;
    ensure!(cases.wait()?.success(), "the generator of cases failed");
    Ok(())
}

/// The statements of dashboards, read as Redshift's.
fn redshift_sql() -> anyhow::Result<()> {
    let python = needs::python::sqlglot()?;
    run(&mut command(
        &python.to_string_lossy(),
        &["xtask/reports/redshift.py"],
    ))
}

fn rust() -> anyhow::Result<()> {
    needs::postgres()?;
    needs::redis()?;
    needs::PEBBLE.get()?;
    run(&mut cargo(&["test", "--workspace", "--quiet"]))
}

fn web() -> anyhow::Result<()> {
    needs::node_packages()?;
    for script in ["check", "lint", "test", "build"] {
        run(&mut npm(&["run", "--silent", script]))?;
    }
    crate::sdk::breaking::compiler_finds_it()?;
    Ok(())
}

/// What the docs say to type, typed; whatever the shop sells.
fn tour() -> anyhow::Result<()> {
    let program = program()?;
    for shop in [Shop::start(&program)?, three_products(&program)?] {
        crate::tour::run(&root().join("docs/tour.md"), &shop)?;
    }
    let alone = ["build", "--quiet", "--workspace", "--bin", "edge"];
    run(&mut cargo(&alone))?;
    let programs = program.parent().context("a program is in a folder")?;
    crate::tour::run_alone(&root().join("docs/gateway.md"), programs)
}

/// Clients of AWS that sign their requests: botocore, aws4fetch and curl.
fn clients() -> anyhow::Result<()> {
    let (python, node) = needs::signing_clients()?;
    let shop = Shop::start(&program()?)?;
    let arguments = [
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "xtask/clients",
    ];
    run(command(&python.to_string_lossy(), &arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS4FETCH", node)
        .env("SHOP_API", shop.api())
        .env("SHOP_DATA", shop.data()))
}

/// What a shop does for those who have nothing but its addresses, in one process and in many,
/// whatever it sells.
fn blackbox() -> anyhow::Result<()> {
    let program = program()?;
    for shop in [Shop::start(&program)?, three_products(&program)?] {
        visit(&shop.api(), &shop.site(), shop.data())?;
    }

    let data = std::env::temp_dir().join(format!("terrace-up-{}", std::process::id()));
    let shop = Up::for_tests(&data, &["catalog", "orders"]).open(&AtomicBool::new(false))?;
    let visited = visit(&shop.api(), &shop.site(), &data);
    drop(shop);
    std::fs::remove_dir_all(data)?;
    visited
}

/// The suite of the whole shop.
pub(crate) const SUITE: [&str; 5] = ["test", "--quiet", "--workspace", "--test", "shop"];

/// Runs the black-box suite on the shop at these addresses; `data` has its `demo-accounts.json`.
pub(crate) fn visit(api: &str, site: &str, data: &Path) -> anyhow::Result<()> {
    visit_by(&mut cargo(&[]), api, site, data)
}

/// The same, by a Cargo that reaches them.
pub(crate) fn visit_by(
    cargo: &mut Command,
    api: &str,
    site: &str,
    data: &Path,
) -> anyhow::Result<()> {
    run(cargo
        .args(SUITE)
        .arg("blackbox")
        .env("SHOP_API", api)
        .env("SHOP_SITE", site)
        .env("SHOP_DATA", data))
}

/// Everything a visitor does, in a real browser against a really running shop.
fn browser() -> anyhow::Result<()> {
    needs::node_packages()?;
    let chromium = needs::chromium()?;
    let program = program()?;
    // Where the tests start a provider of OpenID Connect, which the shop knows from the beginning.
    let [port] = free_ports()?;
    let provider = format!("http://localhost:{port}");
    let visit = |shop: Shop, specs: &[&str]| {
        run(npm(&["run", "--silent", "e2e", "--"])
            .args(specs)
            .env("SHOP_PROVIDER", &provider)
            .env("CHROMIUM", &chromium)
            .env("SHOP_API", shop.api())
            .env("SHOP_SITE", shop.site())
            .env("SHOP_ADMIN", shop.admin())
            .env("SHOP_DATA", shop.data()))
    };
    visit(Shop::start_with_provider(&program, provider.clone())?, &[])?;
    visit(three_products(&program)?, &["purchase", "list"])
}

/// Requests made from the public document, by the thousand: no fault of ours, and no answer that
/// the document does not describe.
fn fuzz() -> anyhow::Result<()> {
    let schemathesis = needs::python::schemathesis()?;
    let shop = Shop::start(&program()?)?;
    let document = format!("{}/v1/openapi.json", shop.api());
    let (settings, work) = (root().join("xtask/fuzz"), root().join("target/fuzz"));
    fs::create_dir_all(&work)?;
    run(command(&schemathesis.to_string_lossy(), &[])
        .arg("--config-file")
        .arg(settings.join("schemathesis.toml"))
        .args(["run", &document])
        .env("PYTHONPATH", &settings)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SHOP_API", shop.api())
        .env("SHOP_DATA", shop.data())
        // What it leaves behind is nothing to keep.
        .current_dir(work))
}

/// A shop that sells something else: three products, without a picture, in categories of its own.
fn three_products(program: &Path) -> anyhow::Result<Shop> {
    Shop::start_with(&root().join("xtask/three-products"), program)
}

/// The clients in other languages, or the one in this.
fn sdk_story(only: Option<&str>) -> anyhow::Result<()> {
    crate::sdk::test::test(&program()?, only)
}

/// The shop's program, built.
fn program() -> anyhow::Result<PathBuf> {
    // The whole workspace says which features of dependencies are on: a package alone would have
    // them compiled anew.
    let build = ["build", "--quiet", "--workspace", "--bin", "terrace"];
    run(&mut cargo(&build))?;
    Ok(root().join("target/debug/terrace"))
}
