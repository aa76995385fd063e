//! The machine that figures come from.

use std::{fs, process::Command};

/// Prints what a reader needs to compare figures with their own.
pub(super) fn print() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let kernel = first_line("uname", "-sr");
    println!("{cores} cores, {processor}, {memory}; {kernel}; load average before: {load}");
    println!("{}", first_line("rustc", "--version"));
}

/// What a program says of its version, in one line.
pub(super) fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    // nginx and wrk tell their versions on standard error, or with a failure.
    let text = output.map(|output| [output.stdout, output.stderr].concat());
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
