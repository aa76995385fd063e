//! A program that a machine may have: what it is called, which versions will do, who has it. To look for it installs nothing.

use std::{
    cmp::Reverse,
    fs,
    process::{Command, Stdio},
};

use anyhow::{Error, bail};

use super::debian;
use crate::run::command;

#[derive(Clone, Copy)]
pub(crate) struct Tool<'a> {
    /// What it is called in sentences.
    pub(crate) name: &'a str,
    /// What starts it. The first that will do is taken; a `*` is any folder.
    pub(crate) programs: &'a [&'a str],
    /// The variable that may have the path of another, which comes before those.
    pub(crate) variable: Option<&'a str>,
    /// What it is asked for its version with.
    pub(crate) ask: &'a [&'a str],
    /// The oldest version that will do. Where older lines are kept as well, the oldest of each, the newest at last. Without one
    /// any will do.
    pub(crate) oldest: &'a [&'a str],
    /// Debian's packages that bring it.
    pub(crate) debian: Option<&'a str>,
    /// How else one gets it; it follows a semicolon.
    pub(crate) source: &'a str,
}

/// A tool that is there.
#[derive(Debug)]
pub(crate) struct Found {
    /// The program, and what begins its arguments.
    pub(crate) words: Vec<String>,
    /// Empty where it tells none.
    pub(crate) version: String,
}

impl Tool<'_> {
    /// What most are like.
    pub(super) const ANY: Self = Tool {
        name: "",
        programs: &[],
        variable: None,
        ask: &["--version"],
        oldest: &[],
        debian: None,
        source: "",
    };

    /// Looks for it; else says what is missing, and how one gets it.
    pub(crate) fn look(&self) -> Result<Found, String> {
        self.search().map_err(|old| self.lacks(old.as_ref()))
    }

    /// The same, and installs it where this is Debian.
    pub(crate) fn get(&self) -> anyhow::Result<Found> {
        match (self.search(), self.debian) {
            (Ok(found), _) => Ok(found),
            (Err(None), Some(packages)) => {
                debian(packages, &self.what())?;
                self.look().map_err(Error::msg)
            }
            (Err(old), _) => bail!(self.lacks(old.as_ref())),
        }
    }

    /// The first that will do; else the first that is too old.
    fn search(&self) -> Result<Found, Option<Found>> {
        let set = self.variable.and_then(|name| std::env::var(name).ok());
        let known = self.programs.iter().flat_map(|program| places(program));
        let known = known.map(|it| it.split(' ').map(str::to_owned).collect());
        let mut old = None;
        for words in set.into_iter().map(|path| vec![path]).chain(known) {
            if let Some(told) = told(&words, self.ask) {
                let version = version(&told).to_owned();
                let found = Found { words, version };
                if self.will_do(&found.version) {
                    return Ok(found);
                }
                old.get_or_insert(found);
            }
        }
        Err(old)
    }

    fn will_do(&self, version: &str) -> bool {
        let Some((newest, kept)) = self.oldest.split_last() else {
            return true;
        };
        let version = numbers(version);
        let is_kept = |oldest: Vec<u32>| version.first() == oldest.first() && version >= oldest;
        version >= numbers(newest) || kept.iter().any(|it| is_kept(numbers(it)))
    }

    /// `Redis 7 or newer`.
    fn what(&self) -> String {
        let mut what = self.name.to_owned();
        if !self.oldest.is_empty() {
            what += &format!(" {} or newer", self.oldest.join(", "));
        }
        match self.variable {
            Some(variable) => format!("{what} (or set {variable} to its path)"),
            None => what,
        }
    }

    fn lacks(&self, old: Option<&Found>) -> String {
        let how = match (self.debian, self.source) {
            (Some(packages), "") => format!("on Debian: apt-get install {packages}"),
            (_, source) => source.to_owned(),
        };
        let there = match old {
            Some(old) => format!("there is {} ({})", old.version, old.words.join(" ")),
            None => "it is not found".to_owned(),
        };
        format!("{} is needed, and {there}; {how}", self.what())
    }
}

impl Found {
    /// It, with these arguments, in the workspace's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.words[0], &[]);
        command.args(&self.words[1..]).args(arguments);
        command
    }
}

/// Debian keeps the versions of a server in folders beside each other; the newest comes first.
fn places(program: &str) -> Vec<String> {
    let Some((before, after)) = program.split_once('*') else {
        return vec![program.to_owned()];
    };
    let folders = fs::read_dir(before).into_iter().flatten().flatten();
    let names = folders.map(|it| it.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort_by_key(|name| Reverse(numbers(name)));
    let path = |name: &String| format!("{before}{name}{after}");
    names.iter().map(path).collect()
}

/// What a program answers; nothing where it is missing or fails.
fn told(words: &[String], ask: &[&str]) -> Option<String> {
    let mut asked = command(&words[0], &[]);
    let answer = asked.args(&words[1..]).args(ask).stdin(Stdio::null());
    let answer = answer.output().ok()?;
    let told = String::from_utf8_lossy(&answer.stdout).into_owned();
    answer.status.success().then_some(told)
}

/// The version in what a program tells: the first number with a point in it, else the first number.
fn version(told: &str) -> &str {
    let numbers = || {
        told.split(|it: char| !(it.is_ascii_digit() || it == '.'))
            .map(|it| it.trim_matches('.'))
            .filter(|it| !it.is_empty())
    };
    let pointed = numbers().find(|it| it.contains('.'));
    pointed.or_else(|| numbers().next()).unwrap_or_default()
}

/// Compared as they stand: `1.10` is newer than `1.9`, and `7.0` is as new as `7`.
fn numbers(version: &str) -> Vec<u32> {
    let numbers = version.split('.');
    numbers.map_while(|it| it.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::needs::{COMPOSE, DOCKER, GO, JDK, NODE, POSTGRES, REDIS, SWIFT};

    #[test]
    fn a_version_is_read_from_what_programs_tell() {
        for (told, read) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)\n", "1.95.0"),
            ("rustc 1.97.0-nightly (abc 2026-06-01)\n", "1.97.0"),
            ("v22.13.1\n", "22.13.1"),
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                "15.18",
            ),
            ("postgres (PostgreSQL) 19beta2\n", "19"),
            (
                "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0\n",
                "7.0.15",
            ),
            (
                "Chromium 156.0.8078.108 built on Debian GNU/Linux 12 (bookworm)\n",
                "156.0.8078.108",
            ),
            ("go version go1.26.8 linux/amd64\n", "1.26.8"),
            // In colours, although nobody looks.
            (
                "\u{1b}[1mApache Maven 3.8.7\u{1b}[m\nMaven home: /usr/share/maven\n",
                "3.8.7",
            ),
            ("javac 17.0.15\n", "17.0.15"),
            ("javac 25\n", "25"),
            ("Swift Package Manager - Swift 6.0.3\n", "6.0.3"),
            ("20.10.24+dfsg1\n", "20.10.24"),
            ("v2.39.1\n", "2.39.1"),
            ("", ""),
        ] {
            assert_eq!(version(told), read, "{told}");
        }
    }

    #[test]
    fn what_is_too_old_will_not_do() {
        for (tool, good, bad) in [
            (&POSTGRES, ["15.18", "19"], ["14.20", "9.6"]),
            (&REDIS, ["7.0.15", "8.2.1"], ["6.2.14", ""]),
            (&GO, ["1.25", "1.100.0"], ["1.24.13", "1.9"]),
            (&JDK, ["17.0.15", "25"], ["11.0.2", "8"]),
            (&SWIFT, ["6.0.3", "6"], ["5.10", "4.1.0"]),
            (&DOCKER, ["20.10.24", "28.2.2"], ["20.9", "19.03.15"]),
            (&COMPOSE, ["1.29.2", "2.39.1"], ["1.28.6", "1.3"]),
        ] {
            assert!(good.iter().all(|it| tool.will_do(it)), "{}", tool.name);
            assert!(!bad.iter().any(|it| tool.will_do(it)), "{}", tool.name);
        }
    }

    #[test]
    fn a_version_of_node_that_the_packages_refuse_is_refused_at_once() {
        for version in ["20.19.0", "20.20.2", "22.13.1", "24.0.0", "26.1.0"] {
            assert!(NODE.will_do(version), "{version}");
        }
        for version in [
            "18.20.4", "20.18.9", "21.7.0", "22.12.0", "23.9.0", "", "node",
        ] {
            assert!(!NODE.will_do(version), "{version}");
        }
    }

    #[test]
    fn the_first_that_will_do_is_taken_from_all_places() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = |path: &str, told: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            // Written by another program: who starts one that he has just written may be told that it is busy.
            let script = format!("printf '#!/bin/sh\\necho {told}\\n' > {0}", path.display());
            let written = Command::new("sh").args(["-c", &script]).status();
            assert!(written.expect("sh is there").success());
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may");
        };
        let path = |path: &str| folder.path().join(path).display().to_string();
        let (old, any) = (path("old"), path("*/bin/server"));
        let programs = ["/none/server", &old, &any];
        let tool = Tool {
            name: "A server",
            programs: &programs,
            oldest: &["7"],
            source: "server.example has it",
            ..Tool::ANY
        };

        let none = tool.look().expect_err("there is none");
        program("old", "server 6.2");
        let too_old = tool.look().expect_err("it is too old");
        program("8/bin/server", "server 8.0");
        program("10/bin/server", "server 10.1");
        let found = tool.look().expect("there is one");

        assert_eq!(
            none,
            "A server 7 or newer is needed, and it is not found; server.example has it"
        );
        assert!(
            too_old.contains(&format!("there is 6.2 ({old})")),
            "{too_old}"
        );
        assert_eq!(found.words, [path("10/bin/server")]);
        assert_eq!(found.version, "10.1");
        let taken = tool.get().expect("there is one");
        assert_eq!(taken.words, found.words);
    }
}
