//! Carts in DynamoDB, products found by OpenSearch and passwords in Secrets Manager: the suites that every adapter
//! passes, and what is particular to these, on emulators and on a real OpenSearch node.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
};

use crate::{
    cognito::{Emulator, one_crypto_provider},
    needs,
    run::{cargo, command, root, run},
    shop::free_ports,
};

/// `cargo xtask test stores-aws`: on ministack and osmem.
pub(crate) fn aws() -> anyhow::Result<()> {
    one_crypto_provider("orders", "dynamodb")?;
    one_crypto_provider("catalog", "opensearch")?;
    one_crypto_provider("kit", "aws-secrets")?;
    let ministack = Emulator::start(&needs::python::ministack()?)?;
    let opensearch = osmem()?;
    let features = "orders/dynamodb,catalog/opensearch,kit/aws-secrets,testkit/secrets";
    run(
        cargo(&["clippy", "--quiet", "--workspace", "--features"]).args([
            features,
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
    )?;
    let mut tests = cargo(&["test", "--quiet", "--workspace", "--features", features]);
    let tests = tests.args(["--lib", "--test", "store_contract", "--test", "api", "--"]);
    // Those of other services with such names pass too.
    let tests = tests.args([
        "apart",
        "deaths",
        "every_death",
        "opensearch::",
        "search::",
        "list_products::",
        "list_pages::",
        "list_facets::",
        // ministack answers one after the other.
        "--test-threads",
        "2",
    ]);
    run(tests
        .env("TERRACE_TEST_DYNAMODB", &ministack.url)
        .env("TERRACE_TEST_OPENSEARCH", &opensearch.url)
        .envs(CREDENTIALS))?;
    let mut passwords = cargo(&["test", "--quiet", "--workspace", "--features", features]);
    let passwords = passwords.args(["--test", "rotation"]);
    run(passwords
        .env("AWS_ENDPOINT_URL", &ministack.url)
        .envs(CREDENTIALS))
}

/// `cargo xtask test opensearch`: on a node of OpenSearch itself.
pub(crate) fn opensearch() -> anyhow::Result<()> {
    let node = Node::start()?;
    let mut tests = cargo(&["test", "--quiet", "--workspace"]);
    let tests = tests.args(["--features", "orders/dynamodb,catalog/opensearch"]);
    let tests = tests.args(["--test", "api", "--"]);
    let tests = tests.args([
        "opensearch::",
        "search::",
        "list_products::",
        "list_pages::",
        "list_facets::",
    ]);
    run(tests
        .env("TERRACE_TEST_OPENSEARCH", &node.server.url)
        .envs(CREDENTIALS))
}

const CREDENTIALS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// osmem, which speaks OpenSearch's REST interface and keeps all in memory.
pub(crate) fn osmem() -> anyhow::Result<Emulator> {
    let [port] = free_ports()?;
    let address = format!("127.0.0.1:{port}");
    let arguments = ["-addr", &address, "-no-stdin-watch"];
    let process = silent(&needs::python::osmem()?, &arguments)?;
    Emulator::ready(process, port, "/")
}

/// A node, with its data in a folder that goes with it.
struct Node {
    // Ends before its folder goes.
    server: Emulator,
    _folder: Folder,
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Node {
    fn start() -> anyhow::Result<Self> {
        let jars = needs::opensearch()?;
        let folder = root().join("target/opensearch");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let [http, transport] = free_ports()?;
        let source = root().join("xtask/aws/opensearch/Node.java");
        let arguments = [
            "-Xmx384m",
            "-cp",
            &jars,
            &source.to_string_lossy(),
            &folder.to_string_lossy(),
            &http.to_string(),
            &transport.to_string(),
        ];
        let server = Emulator::ready(silent("java", &arguments)?, http, "/")?;
        Ok(Self {
            server,
            _folder: Folder(folder),
        })
    }
}

fn silent(program: &str, arguments: &[&str]) -> anyhow::Result<Child> {
    let mut process = command(program, arguments);
    Ok(process
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}
