//! The proxies that the edge is measured beside, each with one worker or thread, as quick as they get:
//! connections are kept on both sides, nothing is logged.

use std::{fs, path::Path, process::Stdio};

use crate::bench::process::{Running, pinned};

/// Passes on; keeps the answers of `/v1/kept/`.
pub(super) fn nginx(
    program: &str,
    folder: &Path,
    port: u16,
    behind: u16,
) -> anyhow::Result<Running> {
    let at = folder.display();
    let text = format!(
        "daemon off; worker_processes 1; pid {at}/nginx.pid; error_log stderr error;
         events {{ worker_connections 1024; }}
         http {{
           access_log off; keepalive_requests 1000000000;
           client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;
           fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
           proxy_cache_path {at}/kept keys_zone=kept:1m;
           upstream plants {{
             server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 1000000000;
           }}
           server {{
             listen 127.0.0.1:{port};
             proxy_http_version 1.1; proxy_set_header Connection \"\";
             location / {{ proxy_pass http://plants; }}
             location /v1/kept/ {{
               proxy_pass http://plants; proxy_cache kept; proxy_cache_valid 1h;
             }}
           }}
         }}"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut nginx = pinned(program);
    nginx.arg("-c").arg(file).args(["-e", "stderr"]);
    Running::start(&mut nginx, port)
}

/// Passes on.
pub(super) fn haproxy(
    program: &str,
    folder: &Path,
    port: u16,
    behind: u16,
) -> anyhow::Result<Running> {
    let text = format!(
        "global\n  nbthread 1\n  maxconn 1024\n\
         defaults\n  mode http\n  http-reuse always\n  timeout connect 1s\n  timeout client 30s\n  \
         timeout server 30s\n\
         frontend shop\n  bind 127.0.0.1:{port}\n  default_backend plants\n\
         backend plants\n  server one 127.0.0.1:{behind}\n"
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, text)?;
    let mut haproxy = pinned(program);
    haproxy.args(["-db", "-q", "-f"]).arg(file);
    Running::start(&mut haproxy, port)
}

/// Keeps answers, in memory. It has a thread for each connection.
pub(super) fn varnish(
    program: &str,
    folder: &Path,
    port: u16,
    behind: u16,
) -> anyhow::Result<Running> {
    let mut varnish = pinned(program);
    varnish
        .args(["-F", "-j", "none", "-T", "none", "-s", "malloc,64m"])
        .args(["-p", "thread_pools=1", "-p", "default_ttl=3600"])
        .args(["-a", &format!("127.0.0.1:{port}")])
        .args(["-b", &format!("127.0.0.1:{behind}")])
        .arg("-n")
        .arg(folder.join("varnish"))
        // It tells of each step.
        .stderr(Stdio::null());
    Running::start(&mut varnish, port)
}
