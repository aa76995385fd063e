//! Who may call whom, and which addresses answer somebody.

use std::process::Command;

use crate::{run::output, services::services};

/// Whom each service and store of the shop may call, at the port that serves.
pub(crate) fn map() -> Vec<(String, Vec<String>)> {
    let mut map = vec![("redis".to_owned(), Vec::new())];
    for service in services() {
        let mut calls = service.calls.clone();
        if service.database {
            let server = format!("postgres-{}", service.name);
            calls.push(server.clone());
            map.push((server, Vec::new()));
        }
        if service.redis {
            calls.push("redis".to_owned());
        }
        map.push((service.name.clone(), calls));
    }
    map
}

/// Whom everybody outside of the shop may call.
pub(crate) const PUBLIC: [&str; 2] = ["edge", "site"];

/// How long one may take is 2 s; all are tried at once.
const KNOCK: &str = "for target; do
    set -- $target
    (timeout 2 bash -c \"exec 3<>/dev/tcp/$1/$2\" && echo $target) 2>/dev/null &
done
wait";

/// Those of the addresses, each `<host> <port>`, that take a connection where this command starts `bash`.
pub(crate) fn open_from(bash: &mut Command, addresses: &[String]) -> anyhow::Result<Vec<String>> {
    let open = output(bash.args(["-c", KNOCK, "bash"]).args(addresses))?;
    Ok(open.lines().map(str::to_owned).collect())
}
