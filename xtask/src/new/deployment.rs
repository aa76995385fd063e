//! What containers, the cluster and who watches them have to know of a new service: what the files say of `reports`, which is
//! behind the edge too and owns a database, said once more.

use super::{
    Change, Tree,
    edit::{after_last, once},
    names::{Names, capital},
};

/// The service whose lines are repeated, and where it listens.
const MODEL: &str = "reports";
const MODEL_PORT: u16 = 8086;

/// What stands in lines of the model that a new service does not have.
const ITS_OWN: [&str; 4] = ["reader", "pseudonym", "redis", "staff's queries"];

/// The files in which each line or block that names the model gets one like it.
const REPEATED: [&str; 7] = [
    "docker-compose.yml",
    "docker-compose.mtls.yml",
    "observability/prometheus.yml",
    "k8s/base/kustomization.yaml",
    "k8s/overlays/local/kustomization.yaml",
    "k8s/overlays/production/kustomization.yaml",
    "k8s/overlays/production/network.yaml",
];

/// How the edge reaches the model in the cluster.
const WAY: &str = "    - to:
        - podSelector: { matchLabels: { app.kubernetes.io/name: reports } }
      ports: [{ port: 8086 }]
";

pub(super) fn deploy(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    anyhow::ensure!(
        tree.has("services/reports") && tree.has("k8s/base"),
        "a service is deployed as {MODEL} is, in containers and on Kubernetes: a fork without these adds services by hand"
    );
    let service = &names.service;
    for path in REPEATED {
        change.edit(tree, path, |text| Ok(repeated(&text, names)))?;
    }
    change.edit(tree, "k8s/base/edge.yaml", |text| {
        // Here the block names the service within.
        let text = once(&text, WAY, "    way\n")?;
        let both = format!("{WAY}{}", like(WAY, names));
        once(&repeated(&text, names), "    way\n", &both)
    })?;
    image(tree, names, change)?;
    let pod = like(&tree.read("k8s/base/reports.yaml")?, names);
    let (_, pod) = pod.split_once('\n').unwrap_or_default();
    change.new.insert(
        format!("k8s/base/{service}.yaml"),
        format!("# {service}: {}, behind the edge.\n{pod}", names.nouns),
    );
    let server = tree.read("k8s/overlays/local/postgres/payments/kustomization.yaml")?;
    change.new.insert(
        format!("k8s/overlays/local/postgres/{service}/kustomization.yaml"),
        server.replace("payments", service),
    );
    change.edit(tree, "k8s/overlays/local/network.yaml", |text| {
        let policies = text.split("---\n").filter(|policy| {
            let name = policy
                .lines()
                .find_map(|line| line.strip_prefix("  name: "));
            name.is_some_and(|name| name.contains(MODEL))
        });
        let own: Vec<String> = policies.map(|policy| like(policy, names)).collect();
        Ok(format!("{}---\n{}", text, own.join("---\n")))
    })?;
    change.edit(tree, "k8s/README.md", |text| {
        let text = once(
            &text,
            "notices reports",
            &format!("notices reports {service}"),
        )?;
        let key = "`reports_invoke_key`, ";
        let text = once(&text, key, &format!("{key}`{service}_invoke_key`, "))?;
        let row = format!("| `{service}` | `store`, `invoke_keys` |\n");
        after_last(&text, "| `reports` | `store`", &row)
    })
}

fn image(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let service = &names.service;
    change.edit(tree, "Dockerfile", |text| {
        let text = once(
            &text,
            "notices reports",
            &format!("notices reports {service}"),
        )?;
        let folders = "/out/secrets/postgres-payments /out/secrets/authority \\\n";
        let own = format!("      /out/secrets/{service} /out/secrets/postgres-{service} \\\n");
        let text = once(&text, folders, &format!("{folders}{own}"))?;
        let begins = "FROM runtime AS reports\n";
        let at = text.find(begins).unwrap_or_default();
        let stage = text[at..].split("\n\n").next().unwrap_or_default();
        let lines =
            stage
                .split_inclusive('\n')
                .map(|line| match line.contains("image.description") {
                    true => format!(
                        "      org.opencontainers.image.description=\"Terrace: {}\"\n",
                        names.nouns
                    ),
                    false => like(line, names),
                });
        let own: String = lines.collect();
        once(&text, stage, &format!("{stage}\n\n{own}"))
    })
}

/// What is said of the model, said of the new service.
fn like(text: &str, names: &Names) -> String {
    let text = text.replace(", redis]", "]");
    let text = text.replace(", secrets/postgres-reports/reader_password]", "]");
    let lines = text.split_inclusive('\n').filter(|line| {
        let line = line.to_lowercase();
        ITS_OWN.iter().all(|own| !line.contains(own))
    });
    let ports = [
        (MODEL_PORT, names.port),
        (MODEL_PORT + 1000, names.port + 1000),
    ];
    let named = lines
        .collect::<String>()
        .replace(MODEL, &names.service)
        .replace(&MODEL.to_uppercase(), &names.service.to_uppercase())
        .replace(&capital(MODEL), &capital(&names.service));
    ports.iter().fold(named, |text, (old, new)| {
        text.replace(&old.to_string(), &new.to_string())
    })
}

/// The text with one more of each line or block of YAML that names the model, behind it.
fn repeated(text: &str, names: &Names) -> String {
    let service = &names.service;
    let text = text
        .replace(
            "payments, notices, reports",
            &format!("payments, notices, reports, {service}"),
        )
        .replace(
            "payments|notices|reports",
            &format!("payments|notices|reports|{service}"),
        );
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let (mut all, mut at) = (String::new(), 0);
    while at < lines.len() {
        let line = lines[at];
        // Comments tell of the model alone, and lists of several have their own rule above, or none.
        let is_of_several = line.trim_start().starts_with('#') || line.contains("values: [");
        if is_of_several || !line.to_lowercase().contains(MODEL) || line.contains(service) {
            all += line;
            at += 1;
            continue;
        }
        let more = lines[at + 1..].iter();
        let inner = more
            .take_while(|it| !it.trim().is_empty() && depth(it) > depth(line))
            .count();
        let block = lines[at..=at + inner].concat();
        at += inner + 1;
        let own = like(&block, names);
        let is_apart = inner > 0 && lines.get(at).is_some_and(|it| it.trim().is_empty());
        all += &block;
        if is_apart && !own.is_empty() {
            all += "\n";
        }
        all += &own;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    #[test]
    fn each_line_and_block_of_the_model_gets_one_like_it_without_what_is_its_own() {
        let names = Names::new(&Tree::at(root()), "reviews", None, 8087).unwrap();
        let text = "  reports:\n    env:\n      REPORTS__STORE: a\n      REPORTS__READER: b\n    networks: [shop, redis]\n\n\
             x:\n  - reports.yaml\n  of: [payments, notices, reports]\n  - { values: [notices, reports] }\n";

        let more = repeated(text, &names);

        assert_eq!(
            more,
            "  reports:\n    env:\n      REPORTS__STORE: a\n      REPORTS__READER: b\n    networks: [shop, redis]\n\n\
             \x20 reviews:\n    env:\n      REVIEWS__STORE: a\n    networks: [shop]\n\nx:\n  - reports.yaml\n  - reviews.yaml\n  \
             of: [payments, notices, reports, reviews]\n  - { values: [notices, reports] }\n"
        );
    }
}
