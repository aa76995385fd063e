//! The storefront's build: made when it is missing or older than its sources.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::SystemTime,
};

use crate::config::Config;

/// What the storefront is made of, in the source tree.
const SOURCES: [&str; 9] = [
    "web/scripts",
    "web/src",
    "web/static",
    "web/package.json",
    "web/package-lock.json",
    "web/svelte.config.js",
    "web/vite.config.ts",
    "xtask/sdk/typescript/src",
    "openapi",
];

/// Whether there are pages to serve.
#[derive(Debug, PartialEq, Eq)]
pub enum Storefront {
    /// There are.
    Built,
    /// There are none, for this reason; the API works without.
    Missing(String),
}

/// The folder that the site serves.
pub fn root(config: &Config) -> PathBuf {
    if config.site.root.as_os_str().is_empty() {
        source_tree().join("web/build")
    } else {
        config.site.root.clone()
    }
}

/// Builds the storefront of the source tree when that is needed, and says so. A folder of the
/// settings is taken as it is.
pub fn build(config: &Config) -> Storefront {
    let tree = source_tree();
    if !config.site.root.as_os_str().is_empty() || !tree.join("web/package.json").exists() {
        let built =
            root(config).join("index.html").exists() || root(config).join("200.html").exists();
        return match built {
            true => Storefront::Built,
            false => Storefront::Missing(format!("{} has no pages", root(config).display())),
        };
    }
    let built = modified(&tree.join("web/build/200.html")).ok();
    let changed = SOURCES
        .iter()
        .filter_map(|source| newest(&tree.join(source)).ok())
        .max();
    if built >= changed && built.is_some() {
        return Storefront::Built;
    }
    match npm(&tree.join("web")) {
        Ok(()) => Storefront::Built,
        // Yesterday's pages are better than none.
        Err(reason) if built.is_some() => {
            eprintln!("The storefront is older than its sources: {reason}");
            Storefront::Built
        }
        Err(reason) => Storefront::Missing(reason),
    }
}

fn npm(web: &Path) -> Result<(), String> {
    let installed = modified(&web.join("node_modules/.package-lock.json")).ok();
    if installed.is_none() || installed < modified(&web.join("package-lock.json")).ok() {
        eprintln!("Fetching what the storefront is built with (once, about a minute) ...");
        run(web, &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    }
    eprintln!("Building the storefront (about half a minute) ...");
    run(web, &["run", "--silent", "build"])
}

fn run(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    // What npm and its tools have to say matters only when they fail.
    match Command::new(program)
        .args(arguments)
        .current_dir(web)
        .output()
    {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            eprint!("{}", String::from_utf8_lossy(&output.stdout));
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            Err(format!(
                "`npm {}` failed: {}",
                arguments.join(" "),
                output.status
            ))
        }
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            Err("Node.js is needed to build it: install version 20.19, 22.13, 24 or newer from nodejs.org (`cargo xtask doctor` looks at the rest)".into())
        }
        Err(fault) => Err(format!("npm cannot be started: {fault}")),
    }
}

/// The source tree: around the program, else around the folder in which it was started, else where
/// it was when the program was built. It may have been renamed since.
fn source_tree() -> &'static Path {
    static TREE: LazyLock<PathBuf> = LazyLock::new(|| {
        let places = [env::current_exe(), env::current_dir()];
        let places = places.into_iter().flatten();
        let mut around = places.filter_map(|place| {
            let mut folders = place.ancestors();
            folders
                .find(|it| it.join("web/package.json").exists())
                .map(Path::to_owned)
        });
        let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        around.next().unwrap_or_else(built)
    });
    &TREE
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

fn newest(path: &Path) -> io::Result<SystemTime> {
    let mut newest = modified(path)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}
