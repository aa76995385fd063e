//! `cargo xtask stage`: which stage of its settings the edge serves. One name in the file changes, and the
//! edge takes it over; nothing is restarted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use toml_edit::{DocumentMut, value};

const STAGE: &str = "stage";
const BEFORE: &str = "stage_before";

/// What to do with the stages of the edge's settings.
#[derive(Subcommand)]
pub(crate) enum Stage {
    /// Names the stages, and says which is served.
    Show {
        /// The edge's settings.
        #[arg(long, value_name = "FILE", default_value = "edge.toml")]
        config: PathBuf,
    },
    /// Serves another stage.
    Promote {
        /// Its name.
        stage: String,
        /// The edge's settings.
        #[arg(long, value_name = "FILE", default_value = "edge.toml")]
        config: PathBuf,
    },
    /// Serves the stage that was served before.
    Rollback {
        /// The edge's settings.
        #[arg(long, value_name = "FILE", default_value = "edge.toml")]
        config: PathBuf,
    },
}

impl Stage {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let told = match self {
            Self::Show { config } => show(&read(config)?),
            Self::Promote { stage, config } => promote(config, stage)?,
            Self::Rollback { config } => roll_back(config)?,
        };
        println!("{told}");
        Ok(())
    }
}

/// Makes this stage the one that is served.
pub(crate) fn promote(config: &Path, stage: &str) -> anyhow::Result<String> {
    change(config, |settings| {
        let known = stages(settings);
        if !known.contains(&stage) {
            bail!(
                "no stage is called {stage}; there are: {}",
                known.join(", ")
            );
        }
        Ok(stage.to_owned())
    })
}

/// Makes the stage before the one that is served.
pub(crate) fn roll_back(config: &Path) -> anyhow::Result<String> {
    change(config, |settings| {
        let before = text(settings, BEFORE).context("no stage was served before")?;
        Ok(before.to_owned())
    })
}

fn change(
    config: &Path,
    choose: impl FnOnce(&DocumentMut) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let mut settings = read(config)?;
    let now = text(&settings, STAGE).unwrap_or_default().to_owned();
    let next = choose(&settings)?;
    ensure!(next != now, "{now} is served already");
    settings[STAGE] = value(&next);
    settings[BEFORE] = value(&now);
    // At once, so that nobody reads half of it.
    let new = config.with_extension("toml.new");
    fs::write(&new, settings.to_string())?;
    fs::rename(&new, config)?;
    Ok(format!(
        "{next} is served now, in place of {}. The edge takes it over within seconds; its /readyz says if it cannot.",
        if now.is_empty() { "none" } else { &now }
    ))
}

fn read(config: &Path) -> anyhow::Result<DocumentMut> {
    let text = fs::read_to_string(config).with_context(|| config.display().to_string())?;
    text.parse().with_context(|| config.display().to_string())
}

fn text<'a>(settings: &'a DocumentMut, key: &str) -> Option<&'a str> {
    settings.get(key)?.as_str()
}

fn stages(settings: &DocumentMut) -> Vec<&str> {
    let stages = settings.get("stages").and_then(|it| it.as_table_like());
    let stages = stages.into_iter().flat_map(|stages| stages.iter());
    stages.map(|(name, _)| name).collect()
}

fn show(settings: &DocumentMut) -> String {
    let (served, before) = (text(settings, STAGE), text(settings, BEFORE));
    let line = |name: &str| match () {
        () if Some(name) == served => format!("{name}  (served)"),
        () if Some(name) == before => format!("{name}  (before)"),
        () => name.to_owned(),
    };
    let stages = stages(settings).into_iter().map(line);
    stages.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> PathBuf {
        let file = format!("terrace-stage-{}.toml", std::process::id());
        let file = std::env::temp_dir().join(file);
        let text = "# what it is\nstage = \"old\" # the pointer\n\n[stages.old]\n[stages.new]\nmocks = []\n";
        fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn one_name_changes_and_back_and_all_else_stays() {
        let file = file();

        assert!(roll_back(&file).unwrap_err().to_string().contains("before"));
        let unknown = promote(&file, "newest").unwrap_err().to_string();
        assert_eq!(unknown, "no stage is called newest; there are: old, new");
        promote(&file, "new").unwrap();
        assert!(
            promote(&file, "new")
                .unwrap_err()
                .to_string()
                .contains("already")
        );
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# what it is\nstage = \"new\""), "{text}");
        assert!(text.contains("[stages.new]\nmocks = []\n"), "{text}");
        assert_eq!(show(&read(&file).unwrap()), "old  (before)\nnew  (served)");

        roll_back(&file).unwrap();
        assert_eq!(show(&read(&file).unwrap()), "old  (served)\nnew  (before)");
        fs::remove_file(file).unwrap();
    }
}
