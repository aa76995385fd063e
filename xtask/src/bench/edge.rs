//! What the edge adds to a request: CPU time of a proxied GET, beside nginx's `proxy_pass` and HAProxy, and
//! of a kept answer, beside nginx's `proxy_cache` and Varnish. One worker or thread each, on one processor,
//! the same service behind all.
//!
//! The others pass bytes. What the edge does beside that comes one after the other: nothing but what every
//! request passes, then an access token, a policy with a condition, parameters held against the document,
//! throttling at a limit that nobody meets; last a signature in place of the token.

pub(super) mod ours;
mod peers;

use super::{
    Bench,
    figure::{self, Figure},
    folder::Folder,
    machine::first_line,
    process::{Running, cpu_s},
    wrk,
};
use crate::{needs, shop::free_ports};
use ours::Programs;

/// What is measured: one proxy, asked for one thing.
struct Subject<'a> {
    name: &'static str,
    process: &'a Running,
    url: String,
    headers: Vec<String>,
    /// How many times nginx's CPU it may take.
    aim: Option<f64>,
    costs: Vec<f64>,
    rates: Vec<f64>,
    p99s: Vec<f64>,
}

impl Subject<'_> {
    fn measure(&mut self, seconds: u64, counts: bool) -> anyhow::Result<()> {
        let before = cpu_s(self.process.id())?;
        let load = wrk::load(&self.url, &self.headers, seconds)?;
        let spent = cpu_s(self.process.id())? - before;
        if counts {
            self.costs.push(spent * 1e6 / load.answers);
            self.rates.push(load.answers / seconds as f64);
            self.p99s.push(load.p99_ms);
        }
        Ok(())
    }

    /// `nginx` is what is compared with.
    fn row(&self, nginx: &Self) -> Vec<String> {
        // Each round's own quotient: the machine was the same for both.
        let quotients = self.costs.iter().zip(&nginx.costs);
        let quotient = Figure::of(quotients.map(|(own, nginx)| own / nginx));
        let aim = self.aim.map(|aim| match quotient.median <= aim {
            true => format!("{aim}"),
            false => format!("{aim}, missed"),
        });
        vec![
            self.name.to_owned(),
            format!("{:.1}", Figure::of(self.costs.iter().copied())),
            format!("{quotient:.2}"),
            aim.unwrap_or_default(),
            format!("{:.2}", Figure::of(self.p99s.iter().copied())),
            format!("{:.0}", Figure::of(self.rates.iter().copied())),
        ]
    }
}

/// Compares all of them.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let (nginx, haproxy) = (needs::program("nginx")?, needs::program("haproxy")?);
    let varnish = needs::varnish();
    let programs = Programs::build()?;
    let [
        behind,
        bare_port,
        bare_admin,
        full_port,
        full_admin,
        ports @ ..,
    ] = free_ports::<8>()?;
    let [nginx_port, haproxy_port, varnish_port] = ports;
    let folder = Folder::new("edge")?;
    let folder = folder.path();

    let (_upstream, token) = programs.upstream(behind)?;
    let unlimited = [("EDGE__THROTTLE", "off")];
    let bare = programs.edge(folder, [bare_port, bare_admin, behind], &unlimited)?;
    let full = programs.edge(folder, [full_port, full_admin, behind], &[])?;
    let nginx = peers::nginx(&nginx, folder, nginx_port, behind)?;
    let haproxy = peers::haproxy(&haproxy, folder, haproxy_port, behind)?;
    let varnish = varnish.and_then(|it| peers::varnish(&it, folder, varnish_port, behind));

    let subject = |name, process, port: u16, path: &str, aim| Subject {
        name,
        process,
        url: format!("http://localhost:{port}/v1/{path}"),
        headers: vec![
            "Accept: application/json".to_owned(),
            "Origin: http://localhost:3000".to_owned(),
        ],
        aim,
        costs: Vec::new(),
        rates: Vec::new(),
        p99s: Vec::new(),
    };
    let bearer = format!("Authorization: Bearer {token}");
    let signed_in = |name, process, port, path, aim| {
        let mut subject = subject(name, process, port, path, aim);
        subject.headers.push(bearer.clone());
        subject
    };
    let checked = "checked/fern?limit=12";
    let mut passed = [
        subject("nginx", &nginx, nginx_port, "plants/fern", None),
        subject("HAProxy", &haproxy, haproxy_port, "plants/fern", None),
        subject("edge, bare", &bare, bare_port, "plants/fern", None),
        signed_in("+ token", &bare, bare_port, "owned/fern", None),
        signed_in("+ policy", &bare, bare_port, "guarded/fern", None),
        signed_in("+ validation", &bare, bare_port, checked, None),
        signed_in("everything on", &full, full_port, checked, Some(1.4)),
        subject("signed instead", &full, full_port, checked, Some(2.5)),
    ];
    let mut kept = vec![
        subject("nginx", &nginx, nginx_port, "kept/fern", None),
        subject("edge", &bare, bare_port, "kept/fern", Some(1.0)),
    ];
    match &varnish {
        Ok(varnish) => kept.push(subject("Varnish", varnish, varnish_port, "kept/fern", None)),
        Err(fault) => println!("Varnish is not measured: {fault:#}"),
    }
    let plain = passed[0].headers.clone();
    for round in 0..=bench.runs {
        let signed = passed.last_mut().expect("there are some");
        signed.headers = programs.sign(full_port, &bearer, &signed.url)?;
        signed.headers.extend(plain.iter().cloned());
        for subject in passed.iter_mut().chain(&mut kept) {
            // The first round warms up.
            subject.measure(bench.seconds, round > 0)?;
        }
    }

    println!(
        "\n{}; {}; {}",
        first_line("nginx", "-v"),
        first_line("haproxy", "-v"),
        first_line("varnishd", "-V")
    );
    let heads = [
        "",
        "CPU µs a request",
        "× nginx",
        "aim",
        "p99 ms",
        "requests a second",
    ];
    for (title, subjects) in [
        ("Edge: a proxied GET of 1 KiB", &passed[..]),
        ("Edge: the same, kept", &kept[..]),
    ] {
        let rows: Vec<_> = subjects.iter().map(|it| it.row(&subjects[0])).collect();
        figure::print(title, &heads, &rows);
    }
    Ok(())
}
