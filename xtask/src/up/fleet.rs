//! The processes of a shop: started, their logs told apart, restarted when they die, stopped in
//! order.

use std::{
    io::{BufRead, BufReader, IsTerminal, Read, Write},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use super::{LOOK, attached::Record, wait_until};
use crate::run::succeeds;

/// How long a process may take to stop before it is killed: longer than a service drains.
const STOP: Duration = Duration::from_secs(30);

/// How long one that died is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// The colours of the names, as ANSI codes.
const COLOURS: [u8; 6] = [32, 33, 34, 35, 36, 31];

/// When a process stops: those that call others before those that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// What the world calls.
    First,
    /// What calls others.
    Middle,
    /// What calls nobody but a store.
    Last,
    /// What stores.
    Server,
}

/// A process to run.
pub(super) struct Unit {
    name: String,
    command: Command,
    /// What takes its place when it is replaced.
    next: Option<Command>,
    tier: Tier,
    /// What makes it stop.
    signal: &'static str,
}

impl Unit {
    pub(super) fn new(name: String, command: Command, tier: Tier) -> Self {
        Self {
            name,
            command: apart(command),
            next: None,
            tier,
            signal: "-TERM",
        }
    }

    /// Is replaced by this one.
    pub(super) fn followed_by(mut self, next: Command) -> Self {
        self.next = Some(apart(next));
        self
    }

    /// Stops by another signal than SIGTERM.
    pub(super) fn stopped_by(mut self, signal: &'static str) -> Self {
        self.signal = signal;
        self
    }
}

/// A command whose output is ours, and whose signals are.
fn apart(mut command: Command) -> Command {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // Ctrl-C is for us alone, so that the order is ours.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

struct Running {
    unit: Unit,
    child: Child,
    colour: u8,
    again: Option<Instant>,
    record: Option<Record>,
}

impl Running {
    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        if !succeeds(Command::new("kill").args([signal, &id])) {
            bail!("{} does not run", self.unit.name);
        }
        Ok(())
    }

    /// Stops calmly.
    fn stop(&mut self) -> anyhow::Result<()> {
        let name = &self.unit.name;
        self.signal(self.unit.signal)?;
        if !wait_until(STOP, || !matches!(self.child.try_wait(), Ok(None))) {
            bail!("{name} does not stop");
        }
        let status = self.child.wait()?;
        if !status.success() {
            bail!("{name} did not stop calmly: {status}");
        }
        Ok(())
    }

    fn start(&mut self) -> anyhow::Result<()> {
        self.child = spawn(&mut self.unit, self.colour)?;
        self.again = None;
        self.note()
    }

    fn note(&self) -> anyhow::Result<()> {
        let (unit, id) = (&self.unit, self.child.id());
        let record = self.record.iter();
        let mut noted = record.map(|it| it.note(id, unit.signal, &unit.command));
        noted.next().unwrap_or(Ok(()))
    }
}

/// All processes. They are stopped when this is dropped.
#[derive(Default)]
pub(super) struct Fleet {
    all: Vec<Running>,
    /// Where they are noted, for the case that nobody stops them.
    record: Option<Record>,
}

impl Fleet {
    /// None yet; ends what an earlier one of the same record left.
    pub(super) fn recorded(record: Record) -> Self {
        record.end_those_left();
        Self {
            all: Vec::new(),
            record: Some(record),
        }
    }

    pub(super) fn start(&mut self, mut unit: Unit) -> anyhow::Result<()> {
        let colour = COLOURS[self.all.len() % COLOURS.len()];
        let child = spawn(&mut unit, colour)?;
        self.all.push(Running {
            unit,
            child,
            colour,
            again: None,
            record: self.record.clone(),
        });
        self.all.last().map_or(Ok(()), Running::note)
    }

    /// Runs `command` to its end. Fails when it fails, when a process dies meanwhile, after
    /// `timeout`, and when `stop` is set.
    pub(super) fn wait_for(
        &mut self,
        mut command: Command,
        timeout: Duration,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let mut waiter = command.spawn().context("the welcome cannot be started")?;
        let mut outcome = Err(anyhow::anyhow!("the shop did not open in time"));
        wait_until(timeout, || {
            outcome = match waiter.try_wait() {
                Ok(None) if stop.load(Ordering::SeqCst) => Err(anyhow::anyhow!("stopped")),
                Ok(None) => match self.first_dead() {
                    None => return false,
                    Some(dead) => Err(anyhow::anyhow!("{dead} ended; its log says why")),
                },
                Ok(Some(status)) if status.success() => Ok(()),
                Ok(Some(status)) => Err(anyhow::anyhow!("the shop did not open: {status}")),
                Err(fault) => Err(fault.into()),
            };
            true
        });
        if outcome.is_err() {
            let _ = waiter.kill();
            let _ = waiter.wait();
        }
        outcome
    }

    /// Runs `command` again and again until it succeeds. Fails as [`Fleet::wait_for`] does.
    pub(super) fn wait_until_succeeds(
        &mut self,
        command: &mut Command,
        timeout: Duration,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let (mut dead, mut succeeded) = (None, false);
        wait_until(timeout, || {
            dead = self.first_dead();
            succeeded = succeeds(command);
            dead.is_some() || succeeded || stop.load(Ordering::SeqCst)
        });
        match dead {
            Some(dead) => bail!("{dead} ended; its log says why"),
            None if succeeded => Ok(()),
            None => bail!("a server did not start in time"),
        }
    }

    fn first_dead(&mut self) -> Option<String> {
        self.all.iter_mut().find_map(|running| {
            let lives = matches!(running.child.try_wait(), Ok(None));
            (!lives).then(|| running.unit.name.clone())
        })
    }

    /// Says what has died, and starts it again after a pause.
    pub(super) fn restart_the_dead(&mut self) -> anyhow::Result<()> {
        for running in &mut self.all {
            let Some(status) = running.child.try_wait()? else {
                continue;
            };
            let name = &running.unit.name;
            match running.again {
                None => {
                    eprintln!("{name} ended: {status}; it is started again");
                    running.again = Some(Instant::now() + PAUSE);
                }
                Some(again) if Instant::now() >= again => running.start()?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The id of a process.
    pub(super) fn id(&mut self, name: &str) -> anyhow::Result<u32> {
        Ok(self.find(name)?.child.id())
    }

    /// Sends a process a signal, as `kill` names it.
    pub(super) fn signal(&mut self, name: &str, signal: &str) -> anyhow::Result<()> {
        self.find(name)?.signal(signal)
    }

    /// Stops a process calmly, and starts it again.
    pub(super) fn restart(&mut self, name: &str) -> anyhow::Result<()> {
        let running = self.find(name)?;
        running.stop()?;
        running.start()
    }

    /// Stops a process calmly, and starts what follows it.
    pub(super) fn replace(&mut self, name: &str) -> anyhow::Result<()> {
        let running = self.find(name)?;
        let next = running.unit.next.take();
        let next = next.with_context(|| format!("nothing follows {name}"))?;
        running.stop()?;
        running.unit.command = next;
        running.start()
    }

    fn find(&mut self, name: &str) -> anyhow::Result<&mut Running> {
        let found = self
            .all
            .iter_mut()
            .find(|running| running.unit.name == name);
        found.with_context(|| format!("no process is called {name}"))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for tier in [Tier::First, Tier::Middle, Tier::Last, Tier::Server] {
            let mut stopping: Vec<_> = self
                .all
                .iter_mut()
                .filter(|running| running.unit.tier == tier)
                .collect();
            for running in &mut stopping {
                if let Ok(None) = running.child.try_wait() {
                    let id = running.child.id().to_string();
                    let _ = Command::new("kill")
                        .args([running.unit.signal, &id])
                        .status();
                }
            }
            wait_until(STOP, || {
                stopping
                    .iter_mut()
                    .all(|running| !matches!(running.child.try_wait(), Ok(None)))
            });
            for running in stopping {
                if let Ok(None) = running.child.try_wait() {
                    eprintln!("{} does not stop and is killed", running.unit.name);
                    let _ = running.child.kill();
                    let _ = running.child.wait();
                }
            }
        }
        if let Some(record) = &self.record {
            record.forget();
        }
        // What the last ones said is on its way to the screen.
        thread::sleep(LOOK);
    }
}

fn spawn(unit: &mut Unit, colour: u8) -> anyhow::Result<Child> {
    let child = unit.command.spawn();
    let mut child = child.with_context(|| format!("{} cannot be started", unit.name))?;
    if let Some(out) = child.stdout.take() {
        tell(out, &unit.name, colour);
    }
    if let Some(err) = child.stderr.take() {
        tell(err, &unit.name, colour);
    }
    Ok(child)
}

/// Shows what a process says, each line with its name.
fn tell(pipe: impl Read + Send + 'static, name: &str, colour: u8) {
    let plain = std::env::var_os("NO_COLOR").is_some() || !std::io::stderr().is_terminal();
    let prefix = match plain {
        true => format!("{name:10}| "),
        false => format!("\x1b[{colour}m{name:10}|\x1b[0m "),
    };
    thread::spawn(move || {
        let mut lines = BufReader::new(pipe).split(b'\n');
        while let Some(Ok(line)) = lines.next() {
            // The terminal may be gone; the process is read on all the same.
            let _ = writeln!(
                std::io::stderr(),
                "{prefix}{}",
                String::from_utf8_lossy(&line)
            );
        }
    });
}
