//! Files that are taken over while the process runs: settings, documents, policies. They are read again
//! when they change, and at SIGHUP where there is no terminal whose end that could mean. What cannot be used changes nothing: the last good ones stay, and
//! the log, a counter and `/readyz` say why.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{Context, SHA256};
use metrics::{counter, gauge};

use crate::serve::Note;

/// How often the files are looked at. To read them is what works on every file system, and where a folder
/// is swapped by a link, as Kubernetes does.
const EVERY: Duration = Duration::from_secs(2);

/// Takes over what the files say now, and tells which files those are; or why they cannot be used.
pub type Take = Box<dyn FnMut() -> Result<Vec<PathBuf>, String> + Send>;

/// Why the files of now are not in use, if they are not. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Refusal(Arc<ArcSwapOption<String>>);

impl Refusal {
    /// In a sentence.
    pub fn why(&self) -> Option<String> {
        self.0.load().as_deref().cloned()
    }

    /// The same for `/readyz`.
    pub fn note(self) -> Note {
        Arc::new(move || {
            let why = self.why()?;
            Some(format!("settings changed and are not in use: {why}"))
        })
    }
}

/// The files, and what was in them.
pub struct Reload {
    files: Vec<PathBuf>,
    take: Take,
    taken: Seen,
    last: Seen,
    refusal: Refusal,
}

/// A digest of the files, or why they could not be read.
type Seen = Result<Vec<u8>, String>;

impl Reload {
    /// These files, which have just been read. Of a folder, those that end in `.json`.
    pub fn new(files: Vec<PathBuf>, take: Take) -> Self {
        let seen = digest(&files);
        Self {
            taken: seen.clone(),
            last: seen,
            files,
            take,
            refusal: Refusal::default(),
        }
    }

    /// Whether what was read last is in use.
    pub fn refusal(&self) -> Refusal {
        self.refusal.clone()
    }

    /// Takes over what is put into the files, for ever.
    pub async fn follow(mut self) {
        let mut hang_ups = HangUps::new();
        loop {
            let is_asked = tokio::select! {
                () = tokio::time::sleep(EVERY) => false,
                () = hang_ups.next() => true,
            };
            let looked = tokio::task::spawn_blocking(move || {
                self.look(is_asked);
                self
            });
            self = match looked.await {
                Ok(reload) => reload,
                Err(fault) => {
                    return tracing::error!(%fault, "files are not read again any more");
                }
            };
        }
    }

    fn look(&mut self, is_asked: bool) {
        let seen = digest(&self.files);
        // What still changes may be half of something.
        let is_whole = std::mem::replace(&mut self.last, seen.clone()) == seen;
        if !is_asked && (seen == self.taken || !is_whole) {
            return;
        }
        self.taken = seen;
        match (self.take)() {
            Ok(files) => {
                if files != self.files {
                    self.files = files;
                    self.taken = digest(&self.files);
                    self.last = self.taken.clone();
                }
                self.refusal.0.store(None);
                tracing::info!("settings were read again");
                counter!("reloads_total", "outcome" => "taken").increment(1);
                gauge!("reload_refused").set(0);
            }
            Err(fault) => {
                tracing::error!(%fault, "the last good settings stay");
                self.refusal.0.store(Some(Arc::new(fault)));
                counter!("reloads_total", "outcome" => "refused").increment(1);
                gauge!("reload_refused").set(1);
            }
        }
    }
}

/// Whether SIGHUP asks to read again. A process with a terminal gets it when that is closed, and ends.
pub fn hears_hang_ups() -> bool {
    cfg!(unix) && fs::File::open("/dev/tty").is_err()
}

/// Signals that ask to read again.
struct HangUps {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl HangUps {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            signals: hears_hang_ups().then(|| {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::hangup()).expect("a process may listen to SIGHUP")
            }),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals {
            signals.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}

fn digest(files: &[PathBuf]) -> Seen {
    let mut digest = Context::new(&SHA256);
    for file in files {
        put(&mut digest, file).map_err(|fault| format!("{}: {fault}", file.display()))?;
    }
    Ok(digest.finish().as_ref().to_vec())
}

fn put(digest: &mut Context, file: &Path) -> io::Result<()> {
    if !file.is_dir() {
        let text = fs::read(file)?;
        digest.update(&text.len().to_le_bytes());
        digest.update(&text);
        return Ok(());
    }
    let entries = fs::read_dir(file)?.map(|entry| entry.map(|it| it.path()));
    let mut inside = entries.collect::<io::Result<Vec<_>>>()?;
    inside.retain(|it| it.extension().is_some_and(|end| end == "json"));
    inside.sort();
    for file in inside {
        digest.update(file.as_os_str().as_encoded_bytes());
        put(digest, &file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A folder with a file that holds a number, and what was taken over.
    struct World {
        folder: tempfile::TempDir,
        taken: Arc<Mutex<Vec<u32>>>,
        reload: Reload,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("number.json");
            fs::write(&file, "1").unwrap();
            let taken = Arc::new(Mutex::new(Vec::new()));
            let (noted, files) = (taken.clone(), vec![folder.path().to_owned()]);
            let known = files.clone();
            let take = move || {
                let text = fs::read_to_string(&file).map_err(|fault| fault.to_string())?;
                let number = text.parse().map_err(|_| format!("{text} is no number"))?;
                noted.lock().unwrap().push(number);
                Ok(known.clone())
            };
            Self {
                folder,
                taken,
                reload: Reload::new(files, Box::new(take)),
            }
        }

        fn put(&self, text: &str) {
            fs::write(self.folder.path().join("number.json"), text).unwrap();
        }

        fn look(&mut self) -> Vec<u32> {
            self.reload.look(false);
            std::mem::take(&mut self.taken.lock().unwrap())
        }
    }

    #[test]
    fn what_has_changed_is_taken_over_once_it_is_still() {
        let mut world = World::new();
        assert!(world.look().is_empty(), "nothing has changed");

        world.put("2");
        assert!(world.look().is_empty(), "it may be half of something");
        world.put("23");
        assert!(world.look().is_empty(), "it was");
        assert_eq!(world.look(), [23]);
        assert!(world.look().is_empty(), "that is known");
    }

    #[test]
    fn what_cannot_be_used_is_told_and_tried_once() {
        let mut world = World::new();
        world.put("two");
        world.look();
        let refusal = world.reload.refusal();
        assert_eq!(refusal.why(), None);

        world.look();
        assert_eq!(refusal.why().unwrap(), "two is no number");
        assert!(world.look().is_empty());

        world.put("2");
        world.look();
        assert_eq!(world.look(), [2]);
        assert_eq!(refusal.why(), None);
    }

    #[test]
    fn whoever_asks_gets_it_at_once() {
        let mut world = World::new();

        world.reload.look(true);

        assert_eq!(*world.taken.lock().unwrap(), [1]);
    }

    #[test]
    fn a_file_that_is_gone_and_comes_back_is_read() {
        let mut world = World::new();
        let file = world.folder.path().join("number.json");
        fs::remove_file(&file).unwrap();
        world.look();
        world.look();
        assert!(world.reload.refusal().why().is_some());

        world.put("1");
        world.look();
        assert_eq!(world.look(), [1]);
    }
}
