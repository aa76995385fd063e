//! `cargo xtask test mail`: letters by a real mail server, which refuses them, goes away and comes back.

use crate::{
    needs,
    run::{cargo, command, root, run},
};

pub(crate) fn test() -> anyhow::Result<()> {
    let python = needs::python::mail_server()?;
    needs::redis()?;
    let build = ["build", "--quiet", "--workspace", "--bin", "notices"];
    run(&mut cargo(&build))?;
    let arguments = [
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "xtask/mail",
    ];
    run(command(&python.to_string_lossy(), &arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NOTICES", root().join("target/debug/notices")))
}
