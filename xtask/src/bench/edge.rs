//! What the edge adds to a request: CPU time of a proxied GET, beside nginx's `proxy_pass` and
//! HAProxy with one worker or thread each, the same service behind all three.
//!
//! The others pass bytes. The edge does all that it does in the shop meanwhile: checks the access
//! token, throttles (at a limit that nobody meets), refuses ambiguous requests, mints a caller
//! token, records metrics, request id and `Server-Timing`.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;
use serde_json::json;

use super::{
    Bench,
    figure::{self, Figure},
    folder::Folder,
    machine::first_line,
    process::{Running, cpu_s},
    release, wrk,
};
use crate::{needs, shop::free_ports};

/// Compares the three.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let (nginx, haproxy) = (needs::program("nginx")?, needs::program("haproxy")?);
    let (edge, upstream) = (release("--bin", "edge")?, release("--example", "upstream")?);
    let [behind, ports @ .., admin] = free_ports::<5>()?;
    let folder = Folder::new("edge")?;
    let folder = folder.path();

    let mut upstream = Command::new(upstream);
    upstream.arg(behind.to_string()).stdout(Stdio::piped());
    let mut upstream = Running::start(&mut upstream, behind)?;
    let printed = upstream.child().stdout.take().context("it was piped")?;
    let mut token = String::new();
    BufReader::new(printed).read_line(&mut token)?;
    let headers = [
        format!("Authorization: Bearer {}", token.trim()),
        "Accept: application/json".to_owned(),
        "Origin: http://localhost:3000".to_owned(),
    ];

    let [edge_port, nginx_port, haproxy_port] = ports;
    let proxies = [
        (
            "edge",
            start_edge(&edge, folder, edge_port, admin, behind)?,
            edge_port,
        ),
        (
            "nginx",
            start_nginx(&nginx, folder, nginx_port, behind)?,
            nginx_port,
        ),
        (
            "HAProxy",
            start_haproxy(&haproxy, folder, haproxy_port, behind)?,
            haproxy_port,
        ),
    ];
    // CPU microseconds and requests of each run, by proxy.
    let mut costs = [const { Vec::new() }; 3];
    let mut rates = [const { Vec::new() }; 3];
    for round in 0..=bench.runs {
        for (at, (_, process, port)) in proxies.iter().enumerate() {
            let url = format!("http://localhost:{port}/v1/plants/fern");
            let before = cpu_s(process.id())?;
            let answers = wrk::get(&url, &headers, bench.seconds)?;
            let spent = cpu_s(process.id())? - before;
            // The first round warms up.
            if round > 0 {
                costs[at].push(spent * 1e6 / answers);
                rates[at].push(answers / bench.seconds as f64);
            }
        }
    }

    let row = |at: usize| {
        // Each round's own quotient: the machine was the same for both.
        let quotients = costs[at]
            .iter()
            .zip(&costs[1])
            .map(|(own, nginx)| own / nginx);
        vec![
            proxies[at].0.to_owned(),
            format!("{:.1}", Figure::of(costs[at].iter().copied())),
            format!("{:.2}", Figure::of(quotients)),
            format!("{:.0}", Figure::of(rates[at].iter().copied())),
        ]
    };
    println!(
        "\n{}; {}",
        first_line("nginx", "-v"),
        first_line("haproxy", "-v")
    );
    figure::print(
        "Edge: CPU of a proxied GET of 1 KiB with an access token, one worker or thread each",
        &["proxy", "CPU µs a request", "× nginx", "requests a second"],
        &[row(0), row(1), row(2)],
    );
    Ok(())
}

fn start_edge(
    program: &Path,
    folder: &Path,
    port: u16,
    admin: u16,
    behind: u16,
) -> anyhow::Result<Running> {
    let document = json!({ "paths": {
        "/v1/plants/{id}": { "get": {
            "operationId": "read_plant", "security": [{ "bearer": [] }],
        } },
    } });
    fs::write(folder.join("users.json"), document.to_string())?;
    let policies = folder.join("policies");
    fs::create_dir_all(&policies)?;
    let plants = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": "arn:terrace:execute-api:local:shop:v1/GET/plants/{id}",
    } });
    fs::write(policies.join("plants.json"), plants.to_string())?;
    let roles = json!({ "user": { "callers": ["user"], "policies": ["plants"] } });
    fs::write(policies.join("roles.json"), roles.to_string())?;
    let mut edge = Command::new(program);
    edge.env("EDGE__LISTEN", format!("127.0.0.1:{port}"))
        .env("EDGE__ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .env("EDGE__DOCUMENTS", folder)
        .env("EDGE__POLICIES", policies)
        .env(
            "EDGE__UPSTREAMS__USERS__URL",
            format!("http://127.0.0.1:{behind}"),
        )
        .env(
            "EDGE__UPSTREAMS__USERS__INVOKE_KEY",
            "an-invoke-key-of-a-bench-only-32b",
        )
        .env("EDGE__CLIENT_RATE_PER_S", "1000000")
        .env("EDGE__CLIENT_BURST", "1000000")
        // The others log no requests either.
        .env("EDGE__LOG_LEVEL", "warn")
        .env("TOKIO_WORKER_THREADS", "1");
    Running::start(&mut edge, port)
}

fn start_nginx(program: &str, folder: &Path, port: u16, behind: u16) -> anyhow::Result<Running> {
    let at = folder.display();
    // As quick as it gets: connections are kept on both sides, nothing is logged.
    let text = format!(
        "daemon off; worker_processes 1; pid {at}/nginx.pid; error_log stderr error;
         events {{ worker_connections 1024; }}
         http {{
           access_log off; keepalive_requests 1000000000;
           client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;
           fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
           upstream plants {{
             server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 1000000000;
           }}
           server {{
             listen 127.0.0.1:{port};
             location / {{
               proxy_pass http://plants; proxy_http_version 1.1; proxy_set_header Connection \"\";
             }}
           }}
         }}"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut nginx = Command::new(program);
    nginx.arg("-c").arg(file).args(["-e", "stderr"]);
    Running::start(&mut nginx, port)
}

fn start_haproxy(program: &str, folder: &Path, port: u16, behind: u16) -> anyhow::Result<Running> {
    let text = format!(
        "global\n  nbthread 1\n  maxconn 1024\n\
         defaults\n  mode http\n  http-reuse always\n  timeout connect 1s\n  timeout client 30s\n  \
         timeout server 30s\n\
         frontend shop\n  bind 127.0.0.1:{port}\n  default_backend plants\n\
         backend plants\n  server one 127.0.0.1:{behind}\n"
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, text)?;
    let mut haproxy = Command::new(program);
    haproxy.args(["-db", "-q", "-f"]).arg(file);
    Running::start(&mut haproxy, port)
}
