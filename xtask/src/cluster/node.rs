//! The node: a machine of its own in namespaces, and the programs that run on it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{output, settings};

/// How long anything may take on a slow machine.
pub(super) const TIMEOUT: Duration = Duration::from_secs(300);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(300);

/// A machine inside this one. With all that runs on it, it ends when this is dropped, or the process is
/// killed that has it.
pub(super) struct Node {
    holder: Child,
    id: String,
    programs: Vec<(&'static str, Child)>,
    bin: PathBuf,
    logs: PathBuf,
}

impl Node {
    /// An empty one. What its programs say is kept in `logs`.
    pub(super) fn start(bin: &Path, logs: &Path) -> anyhow::Result<Self> {
        let _ = fs::remove_dir_all(logs);
        fs::create_dir_all(logs)?;
        let mut holder = Command::new("sh")
            .arg(settings().join("node.sh"))
            .arg(control_group())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for us: it learns of our end, and clears up.
            .process_group(0)
            .spawn()?;
        let mut id = String::new();
        let said = holder.stdout.take().context("it was piped")?;
        BufReader::new(said).read_line(&mut id)?;
        let node = Self {
            holder,
            id: id.trim().to_owned(),
            programs: Vec::new(),
            bin: bin.to_owned(),
            logs: logs.to_owned(),
        };
        ensure!(
            !node.id.is_empty(),
            "this machine gives nobody namespaces of their own; what `unshare` or `mount` said stands above"
        );
        Ok(node)
    }

    /// A command on the node, which sees its files, processes and network.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}:/usr/sbin:/sbin", self.bin.display());
        let mut command = Command::new("nsenter");
        command
            .env("PATH", path)
            .env("KUBECONFIG", in_settings("kubeconfig.yaml"));
        command.args(["--target", &self.id, "--all", "--", program]);
        command.args(arguments);
        command
    }

    /// A command of this machine, in the network of the node.
    pub(super) fn in_network(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.id));
        command.args(["--", program]);
        command
    }

    pub(super) fn kubectl(&self, arguments: &[&str]) -> Command {
        self.command("kubectl", arguments)
    }

    /// What the API server tells of these objects.
    pub(super) fn get(&self, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
        let mut get = self.kubectl(&["get", "--output", "json"]);
        let mut told: Value = serde_json::from_str(&output(get.args(arguments))?)?;
        match told["items"].take() {
            Value::Array(items) => Ok(items),
            _ => Ok(vec![told]),
        }
    }

    /// Starts a program that stays.
    pub(super) fn run(&mut self, name: &'static str, arguments: &[&str]) -> anyhow::Result<()> {
        let log = File::create(self.log(name))?;
        let mut command = self.command(name, arguments);
        command.stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        let child = command.process_group(0).spawn();
        let child = child.with_context(|| format!("{name} cannot be started"))?;
        self.programs.push((name, child));
        Ok(())
    }

    /// Waits until it is so, as long as all programs run. What was not so stands in the error.
    pub(super) fn wait<T>(
        &mut self,
        what: &str,
        mut is_so: impl FnMut(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        loop {
            let fault = match is_so(self) {
                Ok(found) => return Ok(found),
                Err(fault) => fault,
            };
            self.all_run()?;
            if started.elapsed() > TIMEOUT {
                let waited = format!("{what}: not within {} s", TIMEOUT.as_secs());
                return Err(fault.context(waited));
            }
            thread::sleep(LOOK);
        }
    }

    fn all_run(&mut self) -> anyhow::Result<()> {
        for (name, child) in &mut self.programs {
            if let Some(status) = child.try_wait()? {
                let log = self.logs.join(format!("{name}.log"));
                let said = fs::read_to_string(&log).unwrap_or_default();
                let last: Vec<_> = said.lines().rev().take(5).collect();
                let last: Vec<_> = last.into_iter().rev().collect();
                bail!(
                    "{name} ended ({status}); {} ends with\n{}",
                    log.display(),
                    last.join("\n")
                );
            }
        }
        Ok(())
    }

    /// Keeps what the pods say, which would go with the node.
    pub(super) fn keep_logs_of_pods(&self) {
        let kept = self.logs.join("pods").display().to_string();
        let _ = self
            .command("cp", &["-rL", "/var/log/pods", &kept])
            .output();
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
        for (_, child) in &mut self.programs {
            let _ = child.wait();
        }
    }
}

/// The control group of all pods: no other kubelet of this machine may take them for its own.
pub(super) fn control_group() -> String {
    format!("terrace-{}", std::process::id())
}

/// Where a file of [`settings`] is on the node.
pub(super) fn in_settings(file: &str) -> String {
    format!("/run/cluster/{file}")
}
