//! Processes that end with whoever started them, and those that did not.
//!
//! Whoever is killed stops nobody. On Linux the kernel tells its children, by util-linux's `setpriv`.
//! Elsewhere they go on, so their ids are kept in a file, and the next start ends them.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::Duration,
};

use super::wait_until;
use crate::run::succeeds;

/// How long one that was left behind may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(30);

static HAS_SETPRIV: LazyLock<bool> =
    LazyLock::new(|| succeeds(Command::new("setpriv").args(["--pdeathsig", "TERM", "true"])));

/// A program that gets this signal (`TERM`, `INT`) when the thread ends that started it.
pub(crate) fn attached(program: &str, signal: &str) -> Command {
    if !*HAS_SETPRIV {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--", program]);
    command
}

/// The program of a command that may be [`attached`], by its file's name.
fn program_of(command: &Command) -> Option<String> {
    let program = match command.get_program().to_str()? {
        "setpriv" => command.get_args().nth(3)?,
        _ => command.get_program(),
    };
    file_name(program.to_str()?)
}

fn file_name(path: &str) -> Option<String> {
    Some(Path::new(path).file_name()?.to_str()?.to_owned())
}

/// The file that names the processes of a shop, each with its signal and its program.
#[derive(Clone)]
pub(super) struct Record(PathBuf);

impl Record {
    pub(super) fn at(file: PathBuf) -> Self {
        Self(file)
    }

    /// Notes a process that runs.
    pub(super) fn note(&self, id: u32, signal: &str, command: &Command) -> anyhow::Result<()> {
        let program = program_of(command).unwrap_or_default();
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        Ok(writeln!(file, "{id} {signal} {program}")?)
    }

    /// Ends what an earlier shop left, and says so: the last to start first, so that nothing loses
    /// its store before its end.
    pub(super) fn end_those_left(&self) {
        let noted = fs::read_to_string(&self.0).unwrap_or_default();
        for line in noted.lines().rev() {
            let mut words = line.splitn(3, ' ');
            if let (Some(id), Some(signal), Some(program)) =
                (words.next(), words.next(), words.next())
            {
                end(id, signal, program);
            }
        }
        self.forget();
    }

    /// All have ended.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn end(id: &str, signal: &str, program: &str) {
    // Another process may have the number by now.
    let runs = || running(id).as_deref() == Some(program);
    if !runs() {
        return;
    }
    eprintln!("An earlier shop left {program} running (process {id}); it is ended.");
    succeeds(Command::new("kill").args([signal, id]));
    if !wait_until(STOP, || !runs()) {
        succeeds(Command::new("kill").args(["-KILL", id]));
    }
}

/// The program of a process; none when there is no such process, or it has ended.
fn running(id: &str) -> Option<String> {
    let mut ps = Command::new("ps");
    let output = ps.args(["-o", "stat=", "-o", "args=", "-p", id]).output();
    let output = String::from_utf8(output.ok()?.stdout).ok()?;
    let mut words = output.split_whitespace();
    let state = words.next()?;
    file_name(words.next()?).filter(|_| !state.starts_with('Z'))
}

/// Whether a hang-up of the terminal is to be survived, as `nohup` has it. Only Linux tells.
pub(super) fn survives_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// A folder for a server that runs as `user`; where that user may not enter `folder`, one in
/// `/var/tmp` that is named after it. A clone in the home of root is such a place.
pub(super) fn enterable(folder: &Path, can_enter: impl Fn(&Path) -> bool) -> PathBuf {
    match can_enter(folder) {
        true => folder.to_owned(),
        false => elsewhere(folder),
    }
}

/// The folder in `/var/tmp` that stands for this one.
pub(crate) fn elsewhere(folder: &Path) -> PathBuf {
    let name = folder.display().to_string().replace('/', "-");
    Path::new("/var/tmp").join(format!("terrace{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Command {
        let mut sleep = attached("sleep", "TERM");
        sleep.arg("1000");
        sleep
    }

    /// Once it is what was asked for.
    fn sleep() -> std::process::Child {
        let child = sleeper().spawn().unwrap();
        let id = child.id().to_string();
        assert!(wait_until(STOP, || running(&id).as_deref() == Some("sleep")));
        child
    }

    #[test]
    fn what_an_earlier_shop_left_is_ended_and_nothing_else() {
        let file = std::env::temp_dir().join(format!("terrace-record-{}", std::process::id()));
        let record = Record::at(file.clone());
        let (mut left, mut other) = (sleep(), sleep());
        record.note(left.id(), "-TERM", &sleeper()).unwrap();
        record
            .note(other.id(), "-TERM", &Command::new("/bin/postgres"))
            .unwrap();

        // Its parent takes note of the end, as init does.
        let waited = std::thread::spawn(move || left.wait().unwrap());
        record.end_those_left();

        assert!(!waited.join().unwrap().success());
        assert!(
            other.try_wait().unwrap().is_none(),
            "its number was another's"
        );
        assert!(!file.exists());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_process_ends_with_whoever_started_it() {
        if !*HAS_SETPRIV {
            return;
        }
        let mut child = std::thread::spawn(sleep).join().unwrap();

        assert!(wait_until(STOP, || child.try_wait().unwrap().is_some()));
    }

    #[test]
    fn a_folder_that_the_servers_user_may_not_enter_is_kept_elsewhere() {
        let folder = Path::new("/root/terrace/data/up/postgres");

        assert_eq!(enterable(folder, |_| true), folder);
        let elsewhere = Path::new("/var/tmp/terrace-root-terrace-data-up-postgres");
        assert_eq!(enterable(folder, |_| false), elsewhere);
    }
}
