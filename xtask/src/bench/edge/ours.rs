//! The edge before a service that costs nothing, with an operation for each thing that a document or a
//! policy can ask for.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    bench::{
        process::{Running, pinned},
        release,
    },
    http,
    run::output,
};

/// The programs, built.
pub(in crate::bench) struct Programs {
    edge: PathBuf,
    upstream: PathBuf,
    sign: PathBuf,
}

impl Programs {
    pub(in crate::bench) fn build() -> anyhow::Result<Self> {
        Ok(Self {
            edge: release("--bin", "edge")?,
            upstream: release("--example", "upstream")?,
            sign: release("--example", "sign")?,
        })
    }

    /// The service, and a user's access token.
    pub(in crate::bench) fn upstream(&self, port: u16) -> anyhow::Result<(Running, String)> {
        let mut upstream = Command::new(&self.upstream);
        upstream.arg(port.to_string()).stdout(Stdio::piped());
        let mut upstream = Running::start(&mut upstream, port)?;
        let printed = upstream.child().stdout.take().context("it was piped")?;
        let mut token = String::new();
        BufReader::new(printed).read_line(&mut token)?;
        Ok((upstream, token.trim().to_owned()))
    }

    /// An edge with these settings beside those that it needs.
    pub(in crate::bench) fn edge(
        &self,
        folder: &Path,
        [port, admin, behind]: [u16; 3],
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Running> {
        fs::write(folder.join("users.json"), document().to_string())?;
        let folder_of_policies = folder.join("policies");
        fs::create_dir_all(&folder_of_policies)?;
        for (name, policy) in policies() {
            fs::write(folder_of_policies.join(name), policy.to_string())?;
        }
        let mut edge = pinned(&self.edge);
        edge.env("EDGE__LISTEN", format!("127.0.0.1:{port}"))
            .env("EDGE__ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
            .env("EDGE__DOCUMENTS", folder)
            .env("EDGE__POLICIES", folder_of_policies)
            .env(
                "EDGE__UPSTREAMS__USERS__URL",
                format!("http://127.0.0.1:{behind}"),
            )
            .env(
                "EDGE__UPSTREAMS__USERS__INVOKE_KEY",
                "an-invoke-key-of-a-bench-only-32b",
            )
            .env("EDGE__SESSION_KEYS", "a-session-key-of-a-bench-only-32b")
            .env("EDGE__CLIENT_RATE_PER_S", "1000000")
            .env("EDGE__CLIENT_BURST", "1000000")
            // The others log no requests either.
            .env("EDGE__LOG_LEVEL", "warn")
            .env("TOKIO_WORKER_THREADS", "1")
            .envs(settings.iter().copied());
        Running::start(&mut edge, port)
    }

    /// The headers of a signed GET: good for five minutes, as often as one likes.
    pub(in crate::bench) fn sign(
        &self,
        edge: u16,
        bearer: &str,
        url: &str,
    ) -> anyhow::Result<Vec<String>> {
        let path = "/v1/me/credentials";
        let credentials = http::send(edge, "POST", path, &[bearer.to_owned()], &json!({}))?;
        let part = |name: &str| credentials[name].as_str().context("no credentials");
        let mut sign = Command::new(&self.sign);
        sign.arg(url)
            .env("AWS_ACCESS_KEY_ID", part("access_key_id")?)
            .env("AWS_SECRET_ACCESS_KEY", part("secret_access_key")?)
            .env("AWS_SESSION_TOKEN", part("session_token")?);
        Ok(output(&mut sign)?.lines().map(str::to_owned).collect())
    }
}

/// Each operation asks for one thing more than the one before it; the last for none but a kept answer.
fn document() -> Value {
    let id = json!({
        "name": "id", "in": "path", "required": true,
        "schema": { "type": "string", "pattern": "^[a-z]{1,40}$" },
    });
    let limit = json!({
        "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 100 },
    });
    let user = json!([{ "bearer": [] }]);
    json!({ "paths": {
        "/v1/plants/{id}": { "get": { "operationId": "bare" } },
        "/v1/owned/{id}": { "get": { "operationId": "owned", "security": user } },
        "/v1/guarded/{id}": { "get": { "operationId": "guarded", "security": user } },
        "/v1/checked/{id}": { "get": {
            "operationId": "checked", "security": user, "parameters": [id, limit],
        } },
        "/v1/kept/{id}": { "get": {
            "operationId": "kept", "x-edge": { "cache": { "ttl_s": 3600, "scope": "public" } },
        } },
    } })
}

/// Who may call them; of some it depends on the request.
fn policies() -> [(&'static str, Value); 3] {
    let allow = |operations: &[&str], condition: Value| {
        let arn = |it: &&str| format!("arn:terrace:execute-api:local:shop:v1/{it}");
        let resources: Vec<_> = operations.iter().map(arn).collect();
        let mut statement = json!({
            "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources,
        });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        statement
    };
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let from_here = json!({ "IpAddress": { "aws:SourceIp": ["127.0.0.0/8", "::1/128"] } });
    let open = allow(&["GET/plants/{id}", "GET/kept/{id}"], Value::Null);
    let owned = allow(&["GET/owned/{id}", "POST/me/credentials"], Value::Null);
    let guarded = allow(&["GET/guarded/{id}", "GET/checked/{id}"], from_here);
    let roles = json!({
        "anyone": { "callers": ["anyone"], "policies": ["open"] },
        "user": { "callers": ["user"], "policies": ["own"] },
    });
    [
        ("open.json", policy(open)),
        ("own.json", policy(json!([owned, guarded]))),
        ("roles.json", roles),
    ]
}
