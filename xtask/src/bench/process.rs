//! What a process costs, from `/proc` (proc(5)), and processes that end with their owner.

use std::{
    ffi::OsStr,
    fs,
    net::TcpStream,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// Ticks of a second in `/proc/<pid>/stat`: the same for every Linux that a program can see.
const TICKS_PER_S: f64 = 100.0;

/// A program that stays on the last processor of the machine, where there are several: whoever asks it may
/// have the others.
pub(super) fn pinned(program: impl AsRef<OsStr>) -> Command {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg((processors - 1).to_string());
    command.arg(program);
    command
}

/// A program that is ended when this is dropped.
pub(super) struct Running(Child);

impl Running {
    /// Starts it, and waits until something listens on its port.
    pub(super) fn start(command: &mut Command, port: u16) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn();
        let mut running = Self(child.with_context(|| format!("{name} cannot be started"))?);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = running.0.try_wait()? {
                bail!("{name} ended: {status}");
            }
            if started.elapsed() > Duration::from_secs(10) {
                bail!("{name} does not listen");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(running)
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A master that is killed outright leaves its workers behind; one that lives starts them anew.
        let workers = children(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
        for worker in workers {
            let _ = Command::new("kill").arg(worker.to_string()).status();
        }
    }
}

/// CPU time that the process and its children have used, user and system, in seconds.
pub(super) fn cpu_s(process: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may hold spaces; the times are the 12th and 13th word after it.
    let (_, rest) = stat.rsplit_once(") ").context("stat has a name")?;
    let words: Vec<&str> = rest.split(' ').collect();
    let ticks = words[11].parse::<u64>()? + words[12].parse::<u64>()?;
    let own = ticks as f64 / TICKS_PER_S;
    children(process)
        .into_iter()
        .try_fold(own, |sum, child| Ok(sum + cpu_s(child)?))
}

/// Resident memory of the process in MiB: now, and the most there ever was.
pub(super) fn memory_mib(process: u32) -> anyhow::Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib = kib.and_then(|kib| kib.parse::<f64>().ok());
        Ok::<_, anyhow::Error>(kib.with_context(|| format!("no {name}"))? / 1024.0)
    };
    Ok((mib("VmRSS:")?, mib("VmHWM:")?))
}

fn children(process: u32) -> Vec<u32> {
    let file = format!("/proc/{process}/task/{process}/children");
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}
