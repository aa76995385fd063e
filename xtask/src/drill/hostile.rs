//! The drill `hostile`: the whole shop in one process, where API, pages and health share what an attack uses
//! up, and the program of this name.

use anyhow::ensure;

use super::shoppers;
use crate::{
    run::{self, cargo, command, root},
    shop::Shop,
};

pub(super) fn run(attack: Option<&str>) -> anyhow::Result<()> {
    ensure!(
        cfg!(target_os = "linux"),
        "this drill needs Linux, where each address of 127.0.0.0/8 is this machine"
    );
    let build = ["build", "--quiet", "--workspace", "--bin", "terrace"];
    run::run(&mut cargo(&build))?;
    let hostile = shoppers::build("hostile")?;
    let shop = Shop::start_limited(&root().join("target/debug/terrace"))?;
    let ports = [shop.api(), shop.site()].map(|url| url.replace("http://localhost", "127.0.0.1"));
    run::run(
        command(&hostile.display().to_string(), &[])
            .args(ports)
            .arg(shop.accounts())
            .arg(shop.id().to_string())
            .args(attack),
    )
}
