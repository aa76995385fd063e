//! `cargo xtask test aws`: the template, deployed on an emulator of AWS before a real PostgreSQL, and the shop asked there by
//! those who have nothing but its addresses. docs/aws.md says what of it AWS itself would do differently.

use std::{path::Path, process::Stdio};

use super::{
    deployment::{Deployment, Process, account, in_a_folder},
    test::pytest,
};
use crate::{
    run::{cargo, command, root, run},
    shop::free_ports,
    test::SUITE,
};

/// What of the black-box suite is the edge's own, or our own accounts', and so not asked here.
const ELSEWHERE: [(&str, &str); 7] = [
    (
        "the_stream_of_an_order_tells_all_that_happens_and_goes_on_where_it_broke",
        "API Gateway has no streams: docs/aws.md, What is left out",
    ),
    (
        "anothers_order_looks_like_none_and_staff_alone_sees_all",
        "it asks for such a stream too",
    ),
    (
        "what_is_listed_has_a_page_and_a_picture",
        "the emulator sends pictures as base64: docs/aws.md, What is shown",
    ),
    (
        "what_is_inside_cannot_be_reached_and_what_is_public_is_described",
        "the document is the edge's",
    ),
    (
        "an_ended_sessions_access_token_is_refused_within_seconds_and_others_are_not",
        "Cognito's access tokens name no session: docs/identity.md",
    ),
    (
        "a_demoted_members_access_token_is_refused_within_seconds",
        "the same",
    ),
    (
        "a_session_is_refreshed_by_its_cookie_and_ends_when_signed_out",
        "Cognito's refresh token stays the same when it renews: docs/identity.md",
    ),
];

pub(crate) fn test() -> anyhow::Result<()> {
    in_a_folder(deployed)
}

fn deployed(folder: &Path) -> anyhow::Result<()> {
    let [api, site, own_site, admin] = free_ports()?;
    let site_origin = format!("http://localhost:{site}");
    let deployment = Deployment::start(folder, &site_origin, &[])?;
    let mut forward = deployment.script("forward.py");
    let told = |key: &str| deployment.told(key);
    forward
        .arg(&deployment.emulator.url)
        .arg(format!(
            "{api}={}.execute-api.localhost:{}/live",
            told("Api")?,
            deployment.port()
        ))
        .arg(format!("{site}={}", told("SiteDomain")?));
    let _forwarder = Process(forward.stdin(Stdio::null()).spawn()?);

    let mut suite = cargo(&SUITE);
    suite.args(["blackbox", "--"]);
    // The emulator answers one after the other.
    suite.args(["--test-threads", "1"]);
    for (test, why) in ELSEWHERE {
        println!("  left out: {test}: {why}");
        suite.args(["--skip", test]);
    }
    run(suite
        .env("SHOP_API", format!("http://localhost:{api}"))
        .env("SHOP_SITE", &site_origin)
        .env("SHOP_DATA", folder))?;
    let own_site = format!("127.0.0.1:{own_site}");
    let mut serve = command(&root().join("target/debug/site").to_string_lossy(), &[]);
    serve
        .env("SITE__ROOT", "web/build")
        .env("SITE__LISTEN", &own_site)
        .env("SITE__ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .env("SITE__API_URL", &site_origin)
        .env("SITE__UPLOADS_URL", &deployment.emulator.url);
    let _site = Process(serve.stdout(Stdio::null()).spawn()?);
    let environment = [
        ("STACK", deployment.outputs.as_str()),
        ("SHOP_DATA", &folder.display().to_string()),
        ("SHOP_INDEX", &deployment.index),
        ("SHOP_CACHE", &deployment.cache),
        ("SITE", &format!("http://{own_site}")),
        ("SITE_ORIGIN", &site_origin),
    ];
    let asked = |test: &str| {
        let mut tests = pytest(&deployment.python, &deployment.emulator, &[test]);
        run(tests
            .envs(deployment.administrator.clone())
            .envs(environment))
    };
    asked("xtask/aws/test_stack.py")?;
    asked("xtask/aws/test_data.py")?;
    asked("xtask/aws/test_site.py")?;
    asked("xtask/aws/test_kills.py")?;
    asked("xtask/aws/test_private.py")?;
    run(account(&mut deployment.stack.command("delete")?))?;
    asked("xtask/aws/test_deleted.py")
}
