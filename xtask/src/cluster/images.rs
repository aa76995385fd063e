//! Images without a registry and without an engine: programs of this machine with the libraries that
//! they need, as archives of one layer that `ctr` imports.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use serde_json::{Value, json};

use super::{output, settings};
use crate::{needs, run::root, services::names};

/// The users of all images: root, the stores', the services'.
const USERS: &str = "root:x:0:0::/:/bin/sh\nstore:x:999:999::/:/bin/sh\n\
                     nonroot:x:65532:65532::/:/bin/sh\n";

/// Packs all images into `folder`. `postgres` and `redis` are the names by which the manifests ask for
/// the public images, which those of this machine stand in for.
pub(super) fn pack(
    folder: &Path,
    bin: &Path,
    programs: &Path,
    postgres: &str,
    redis: &str,
) -> anyhow::Result<()> {
    let _ = fs::remove_dir_all(folder);
    for service in names() {
        let mut image = Image::new(folder, &format!("terrace/{service}:dev"))?;
        image.add(
            &programs.join(service),
            &format!("/usr/local/bin/{service}"),
        )?;
        // Where the Dockerfile has them.
        let files: &[(&str, &str, &str)] = match service {
            "edge" => &[
                ("openapi", "EDGE__DOCUMENTS", "openapi"),
                ("policies", "EDGE__POLICIES", "policies"),
            ],
            "site" => &[("web/build", "SITE__ROOT", "pages")],
            _ => &[],
        };
        let mut variables = Vec::new();
        for (folder, variable, name) in files {
            let place = format!("/usr/local/share/terrace/{name}");
            image.copy(&root().join(folder), &place)?;
            variables.push(format!("{variable}={place}"));
        }
        image.pack(&[service], &variables)?;
    }
    pack_postgres(Image::new(folder, postgres)?)?;
    let mut image = Image::new(folder, redis)?;
    image.add_found(&["sh", "redis-server", "redis-cli"])?;
    // The public image starts there, and its program is built without that mode.
    let start = "cd /data && exec \"$@\" --protected-mode no";
    image.pack(&["sh", "-c", start, "sh"], &[])?;

    let mut image = Image::new(folder, "terrace/coredns:dev")?;
    image.add(&bin.join("coredns"), "/usr/local/bin/coredns")?;
    image.pack(&["coredns"], &[])?;
    // Holds the network of each pod.
    let mut image = Image::new(folder, "terrace/pause:dev")?;
    image.add_found(&["sleep"])?;
    image.pack(&["sleep", "infinity"], &[])
}

/// PostgreSQL at its own place, because it finds its files from there.
fn pack_postgres(mut image: Image) -> anyhow::Result<()> {
    let server = needs::postgres_program("postgres")?.canonicalize()?;
    let folder = server.parent().context("a program has a folder")?;
    let ask = ["--sharedir", "--pkglibdir"];
    let told = output(Command::new(folder.join("pg_config")).args(ask))?;
    for program in ["postgres", "initdb", "pg_ctl", "psql", "pg_isready"] {
        let program = folder.join(program);
        image.add(&program, &program.display().to_string())?;
    }
    for folder in told.lines() {
        image.copy(Path::new(folder), folder)?;
    }
    image.copy(Path::new("/usr/share/zoneinfo"), "/usr/share/zoneinfo")?;
    image.add_found(&["sh", "cat", "mkdir", "head", "base64"])?;
    let entry = "/usr/local/bin/docker-entrypoint.sh";
    image.add(&settings().join("postgres.sh"), entry)?;
    let path = format!("PATH={}:/usr/local/bin:/usr/bin:/bin", folder.display());
    image.pack(&["docker-entrypoint.sh"], &[path])
}

/// An image that is put together.
struct Image {
    name: String,
    files: PathBuf,
    archive: PathBuf,
}

impl Image {
    fn new(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let file = name.replace(['/', ':'], "-");
        let image = Self {
            name: name.to_owned(),
            files: folder.join(&file),
            archive: folder.join(format!("{file}.tar")),
        };
        for folder in ["etc", "tmp"] {
            fs::create_dir_all(image.files.join(folder))?;
        }
        std::os::unix::fs::symlink("usr/bin", image.files.join("bin"))?;
        fs::write(image.files.join("etc/passwd"), USERS)?;
        // Names of the pod itself come first.
        fs::write(image.files.join("etc/nsswitch.conf"), "hosts: files dns\n")?;
        Ok(image)
    }

    /// Adds a program, without what a debugger needs, and its libraries.
    fn add(&mut self, program: &Path, place: &str) -> anyhow::Result<()> {
        let target = self.place(place)?;
        fs::copy(program, &target).with_context(|| program.display().to_string())?;
        // A script has neither.
        let _ = Command::new("strip").arg(&target).output();
        let libraries = Command::new("ldd").arg(program).output()?.stdout;
        for word in String::from_utf8_lossy(&libraries).split_whitespace() {
            if word.starts_with('/') && Path::new(word).exists() {
                fs::copy(word, self.place(word)?)?;
            }
        }
        Ok(())
    }

    /// Adds programs of the machine to the folder that all images have in their path.
    fn add_found(&mut self, names: &[&str]) -> anyhow::Result<()> {
        for name in names {
            let found = needs::program(name)?;
            self.add(Path::new(&found), &format!("/usr/bin/{name}"))?;
        }
        Ok(())
    }

    fn copy(&mut self, folder: &Path, place: &str) -> anyhow::Result<()> {
        let target = self.place(place)?;
        let mut copy = Command::new("cp");
        output(
            copy.args(["-rL", "--no-target-directory"])
                .arg(folder)
                .arg(target),
        )
        .map(drop)
    }

    fn place(&self, place: &str) -> anyhow::Result<PathBuf> {
        let target = self.files.join(place.trim_start_matches('/'));
        let folder = target.parent().context("it is in the image")?;
        fs::create_dir_all(folder)?;
        Ok(target)
    }

    /// Makes the archive of what was added.
    fn pack(self, entrypoint: &[&str], variables: &[String]) -> anyhow::Result<()> {
        let work = self.archive.with_extension("work");
        fs::create_dir_all(&work)?;
        let (layer, files) = (work.join("layer.tar"), &self.files);
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&layer);
        output(
            tar.args(["--owner=0", "--group=0", "--directory"])
                .arg(files)
                .arg("."),
        )?;
        let digest = output(Command::new("sha256sum").arg(&layer))?;
        let digest = digest
            .split_whitespace()
            .next()
            .context("a digest")?
            .to_owned();
        let mut environment = vec!["PATH=/usr/local/bin:/usr/bin:/bin".to_owned()];
        environment.extend_from_slice(variables);
        let config: Value = json!({
            "architecture": architecture()?,
            "os": "linux",
            "config": { "Entrypoint": entrypoint, "Env": environment },
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{digest}")] },
        });
        let manifest = json!([{
            "Config": "config.json", "RepoTags": [self.name], "Layers": ["layer.tar"]
        }]);
        fs::write(work.join("config.json"), config.to_string())?;
        fs::write(work.join("manifest.json"), manifest.to_string())?;
        let mut tar = Command::new("tar");
        tar.arg("--create")
            .arg("--file")
            .arg(&self.archive)
            .arg("--directory")
            .arg(&work);
        output(tar.args(["config.json", "manifest.json", "layer.tar"]))?;
        fs::remove_dir_all(work)?;
        Ok(fs::remove_dir_all(self.files)?)
    }
}

/// This machine's, as images name it.
fn architecture() -> anyhow::Result<&'static str> {
    let known = [("x86_64", "amd64"), ("aarch64", "arm64")];
    let found = known
        .iter()
        .find(|(ours, _)| *ours == std::env::consts::ARCH);
    found
        .map(|(_, theirs)| *theirs)
        .context("no images are made for this processor")
}
