//! `cargo xtask test sdk-aws`: the clients in other languages, at the shop that is deployed on the emulator. In each a shopper's
//! program signs with temporary credentials of AWS; a proxy in front refuses, and loses answers.

use std::{collections::BTreeMap, fs, io::ErrorKind};

use super::deployment::{Deployment, in_a_folder};
use crate::{
    run::{output, root},
    sdk::{faults, languages, test::tell},
};

pub(crate) fn test() -> anyhow::Result<()> {
    in_a_folder(|folder| {
        // One for each: who is declined too often has to wait.
        let shoppers = languages();
        let deployment = Deployment::start(folder, "https://garden.example", &shoppers)?;
        let url = faults::start(deployment.port().parse()?)?;
        // Its own form, for clients that cannot choose a host.
        let stage = |api: &str| {
            let api = deployment.told(api)?;
            anyhow::Ok(format!("{url}/_aws/execute-api/{api}/live"))
        };
        let addresses = BTreeMap::from([
            ("SHOP_API".to_owned(), stage("Api")?),
            ("SHOP_SIGNED".to_owned(), stage("SignedApi")?),
            ("SHOP_FAULTS".to_owned(), url.clone()),
            ("AWS_REGION".to_owned(), "us-east-1".to_owned()),
        ]);
        let environment = |shopper: &str| {
            let mut people = deployment.script("people.py");
            people
                .arg(shopper)
                .env("STACK", &deployment.outputs)
                .env("SHOP_DATA", folder);
            let person = output(&mut people)?;
            let mut all: BTreeMap<_, _> = serde_json::from_str(&person)?;
            all.extend(addresses.clone());
            Ok(all.into_iter().collect())
        };
        let text = |language: &str, extension: &str| {
            let program = root().join("xtask/aws/sdk/program");
            match fs::read_to_string(program.with_extension(extension)) {
                Err(fault) if fault.kind() == ErrorKind::NotFound => {
                    println!("{language}: has no program at AWS");
                    Ok(None)
                }
                text => Ok(Some(text?)),
            }
        };
        tell(None, &["program"], "products", text, environment)
    })
}
