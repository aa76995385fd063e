//! `cargo xtask test new`: makes services and operations in a copy of this revision, tests them, opens the shop with them in
//! one process and as a process a service, calls them through the edge, also by clients in two languages, and takes the copy away.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context, ensure};

use crate::{
    http, needs,
    run::{command, output, root, run},
    sdk::typescript::compile,
    shop::Shop,
};

/// Seconds of processors from the command to the first answer through the edge, with everything else built: on an idle machine
/// it takes no longer, and on a busy one time says nothing.
const TARGET_S: u64 = 90;

const SERVICE: &str = "reviews";
const LIST: &str = "/v1/reviews";

/// A service like the first one.
const LIKE: &str = "ratings";
const LISTS: [&str; 2] = [LIST, "/v1/ratings"];

pub(crate) fn test() -> anyhow::Result<()> {
    let copy = Copy::of_this_revision()?;
    let program = root().join("target/debug/terrace");
    // What is built before: a team that adds a service has a build, as `cargo run` makes it.
    run(&mut copy.cargo(&["build", "--quiet"]))?;
    run(&mut copy.xtask(&["openapi", "--check"]))?;
    run(Command::new(&program)
        .arg("storefront")
        .current_dir(&copy.folder))?;
    // The program is in the tree around this copy, and builds the pages there.
    symlink(root().join("web/build"), copy.folder.join("web/build"))?;

    refuses(&copy, &["new", "service", "catalog"], "services/catalog")?;
    let like = ["new", "service", SERVICE, "--like", "catalog"];
    refuses(&copy, &like, "was not made by this command")?;
    let mut lacking = copy.xtask(&["new", "service", SERVICE]);
    refused(&copy, lacking.env("RUSTFMT", "/none"), "rustfmt is needed")?;
    let planned = output(&mut copy.xtask(&["new", "service", SERVICE, "--dry-run"]))?;
    ensure!(
        planned.contains("services/reviews/src/review.rs"),
        "{planned}"
    );
    ensure!(copy.changes()?.is_empty(), "a dry run writes nothing");

    let used = until_the_first_answer(&copy, &program)?;
    let made = copy.all()?;
    copy.undo()?;
    run(&mut copy.xtask(&["new", "service", SERVICE]))?;
    ensure!(copy.all()? == made, "made again it is another");

    let operation = ["new", "operation", SERVICE, "archive_review"];
    refuses(&copy, &operation, "commit or stash")?;
    copy.commit()?;
    refuses(&copy, &["new", "service", SERVICE], "services/reviews")?;
    let unlike = ["new", "service", LIKE, "--noun", "vote", "--like", SERVICE];
    refuses(&copy, &unlike, "renamed alike")?;
    run(&mut copy.xtask(&operation))?;
    copy.commit()?;
    run(&mut copy.xtask(&["new", "service", LIKE, "--like", SERVICE]))?;
    copy.commit()?;
    // A service that grew.
    run(&mut copy.xtask(&["new", "operation", "users", "count_devices"]))?;

    run(&mut copy.cargo(&["fmt", "--all", "--check"]))?;
    // It lints everything, with the databases there.
    run(&mut copy.xtask(&["sqlx", "--check"]))?;
    let mut tests = copy.xtask(&["test", "policies", "contract", "rust"]);
    // A fork may be without these.
    for (part, folder) in [("k8s", "k8s"), ("aws-lint", "aws")] {
        if root().join(folder).exists() {
            tests.arg(part);
        }
    }
    run(&mut tests)?;
    as_processes(&copy)?;

    copy.undo()?;
    ensure!(
        used <= TARGET_S,
        "the first answer took {used} s of processors"
    );
    Ok(())
}

/// Makes the service, builds the shop and asks it; the seconds of processors that it took.
fn until_the_first_answer(copy: &Copy, program: &Path) -> anyhow::Result<u64> {
    let (started, before) = (Instant::now(), children_s()?);
    let seconds = || started.elapsed().as_secs();
    run(&mut copy.xtask(&["new", "service", SERVICE]))?;
    let made = seconds();
    run(&mut copy.cargo(&["build", "--quiet"]))?;
    let built = seconds();
    let shop = Shop::start_in(&copy.folder, program)?;
    let answer = http::get(shop.edge_port(), LIST)?;
    let answered = seconds();
    ensure!(answer.contains("\"items\":[]"), "{answer}");
    drop(shop);
    let used = children_s()? - before;
    println!(
        "from the command to the first answer: {answered} s ({made} until it is made, {built} until it is built), {used} s of processors"
    );
    Ok(used)
}

/// The time of processors that processes took which this one started, and which have ended, in seconds.
fn children_s() -> anyhow::Result<u64> {
    let told = fs::read_to_string("/proc/self/stat").context("this needs Linux")?;
    let (_, fields) = told.rsplit_once(')').context("a process has a name")?;
    // Behind the name the first is the third: `cutime` and `cstime` of proc_pid_stat(5), in hundredths.
    let fields = fields.split_whitespace().skip(16 - 3).take(2);
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() / 100)
}

/// Calls it where every service is a process of its own.
fn as_processes(copy: &Copy) -> anyhow::Result<()> {
    let data = copy.folder.join("data");
    let mut up = copy.xtask(&["up", "--store", "sqlite", "--free-ports"]);
    up.arg("--data").arg(data).stdout(Stdio::piped());
    let mut up = Running(up.spawn()?);
    let said = up.0.stdout.take().context("its output is piped")?;
    for line in BufReader::new(said).lines() {
        let line = line?;
        let address = line.trim().strip_prefix("API ");
        let Some((_, port)) = address.and_then(|it| it.rsplit_once(':')) else {
            continue;
        };
        for list in LISTS {
            let answer = http::get(port.parse()?, list)?;
            ensure!(answer.contains("\"items\":[]"), "{answer}");
        }
        return by_clients(copy, &format!("http://localhost:{port}"));
    }
    anyhow::bail!("the shop with a process a service ended")
}

/// Calls it by clients that are made of the copy's document.
fn by_clients(copy: &Copy, api: &str) -> anyhow::Result<()> {
    run(&mut copy.xtask(&["sdk", "python", "typescript"]))?;
    let clients = copy.folder.join("target/sdk");

    let script = format!(
        "from terrace_sdk import Terrace\nassert Terrace('{api}').list_reviews()['items'] == []"
    );
    call_python(&clients.join("python"), &script)?;
    let script = format!(
        "import {{ Terrace }} from 'terrace-sdk';\n\
         const page = await new Terrace({{ url: '{api}' }}).listReviews();\n\
         if (page.items.length > 0) throw new Error('reviews');\n"
    );
    call_typescript(&clients.join("typescript"), &script)
}

/// Runs a script that imports this client.
pub(crate) fn call_python(client: &Path, script: &str) -> anyhow::Result<()> {
    let packages = fs::read_to_string(client.join("requirements.txt"))?;
    let python = needs::python::environment("sdk", &packages)?.join("python");
    let mut called = Command::new(python);
    called.args(["-c", script]).current_dir(client);
    run(called.env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// The same in TypeScript.
pub(crate) fn call_typescript(client: &Path, script: &str) -> anyhow::Result<()> {
    needs::node_packages()?;
    fs::write(client.join("call.ts"), script)?;
    run(compile(&["call.ts"]).current_dir(client))?;
    run(Command::new("node").arg("run/call.js").current_dir(client))
}

/// Fails unless this command fails in a sentence with these words, and changes nothing.
fn refuses(copy: &Copy, arguments: &[&str], words: &str) -> anyhow::Result<()> {
    refused(copy, &mut copy.xtask(arguments), words)
}

fn refused(copy: &Copy, command: &mut Command, words: &str) -> anyhow::Result<()> {
    let before = copy.changes()?;
    let refused = command.output()?;
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(
        !refused.status.success() && told.contains(words),
        "{command:?}: {told}"
    );
    ensure!(copy.changes()? == before, "{command:?} wrote something");
    Ok(())
}

/// A shop that is told to close when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A work tree of this revision, taken away when this is dropped.
struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn of_this_revision() -> anyhow::Result<Self> {
        let folder = root().join("target/new");
        let copy = Self { folder };
        copy.take_away();
        let path = copy.folder.to_string_lossy().into_owned();
        let add = ["worktree", "add", "--quiet", "--detach", &path, "HEAD"];
        run(&mut command("git", &add))?;
        // What others wrote is built there already, and tools are there.
        symlink(root().join("target"), copy.folder.join("target"))?;
        Ok(copy)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        self.command("cargo", arguments)
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let xtask = ["run", "--quiet", "--package", "xtask", "--"];
        self.cargo(&[&xtask[..], arguments].concat())
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<()> {
        run(&mut self.command("git", arguments))
    }

    fn commit(&self) -> anyhow::Result<()> {
        self.git(&["add", "--all", "."])?;
        let who = [
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@terrace.example",
        ];
        let commit = ["commit", "--quiet", "--no-verify", "--message", "A service"];
        self.git(&[&who[..], &commit].concat())
    }

    /// What names the content of all files, of new ones too.
    fn all(&self) -> anyhow::Result<String> {
        self.git(&["add", "--all", "."])?;
        let tree = output(&mut self.command("git", &["write-tree"]));
        self.git(&["reset", "--quiet"])?;
        tree
    }

    /// Takes back what is not committed, as docs/fork.md says.
    fn undo(&self) -> anyhow::Result<()> {
        let page = fs::read_to_string(self.folder.join("docs/fork.md"))?;
        let words = page.split("undone\nby `").nth(1);
        let words = words.and_then(|it| it.split('`').next());
        let words = words.context("docs/fork.md says how it is undone")?;
        run(&mut self.command("sh", &["-c", words]))?;
        ensure!(self.changes()?.is_empty(), "undone is {}", self.changes()?);
        Ok(())
    }

    /// What is not committed.
    fn changes(&self) -> anyhow::Result<String> {
        output(&mut self.command("git", &["status", "--porcelain"]))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(program, arguments);
        command
            .current_dir(&self.folder)
            .env_remove("CARGO_MANIFEST_DIR")
            .stdin(Stdio::null());
        command
    }

    fn take_away(&self) {
        let path = self.folder.to_string_lossy().into_owned();
        let _ = command("git", &["worktree", "remove", "--force", &path]).output();
        let _ = command("git", &["worktree", "prune"]).output();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.take_away();
    }
}
