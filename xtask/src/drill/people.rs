//! People who do what they are asked to: the program `leaving` of `xtask/shoppers`.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::up::Shop;

/// How long they may take: longer than they try.
const TIMEOUT: Duration = Duration::from_secs(300);

/// They leave when this is dropped.
pub(super) struct People {
    process: Child,
    lines: Receiver<String>,
}

impl People {
    /// By the program that was built, in a shop with its accounts to try.
    pub(super) fn enter(program: &Path, shop: &Shop, data: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(program)
            .arg(shop.all_of("edge"))
            .arg(data.join("demo-accounts.json"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the people cannot be started")?;
        let said = BufReader::new(process.stdout.take().context("it was piped")?);
        let (hear, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = hear.send(line);
            }
        });
        Ok(Self { process, lines })
    }

    /// Has them do something, until they are done; what they say then.
    pub(super) fn ask(&mut self, shop: &mut Shop, command: &str) -> anyhow::Result<String> {
        self.tell(command)?;
        self.hear(shop)
    }

    /// Has them begin something; it is under way when this ends.
    pub(super) fn begin(&mut self, command: &str) -> anyhow::Result<()> {
        self.tell(command)?;
        let going = self.lines.recv_timeout(TIMEOUT);
        going.context("the people say nothing").map(drop)
    }

    fn tell(&mut self, command: &str) -> anyhow::Result<()> {
        let stdin = self.process.stdin.as_mut().context("it was piped")?;
        Ok(writeln!(stdin, "{command}")?)
    }

    /// What they say next. Meanwhile what died is started again.
    pub(super) fn hear(&mut self, shop: &mut Shop) -> anyhow::Result<String> {
        let mut heard = Err(TryRecvError::Empty);
        let is_heard = shop.pass(TIMEOUT, || {
            heard = self.lines.try_recv();
            heard != Err(TryRecvError::Empty)
        })?;
        ensure!(is_heard, "the people say nothing");
        heard.context("the people have gone home")
    }
}

impl Drop for People {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
