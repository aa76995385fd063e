//! What the cluster has to know of a new service: the manifests of the same model as in containers, once more.

use super::{
    Change, Tree,
    deployment::{MODEL, Model},
    edit::{after_last, once},
    names::Names,
};

/// The files in which each line or block that names the model gets one like it.
const REPEATED: [&str; 3] = [
    "k8s/base/kustomization.yaml",
    "k8s/overlays/local/kustomization.yaml",
    "k8s/overlays/production/kustomization.yaml",
];

/// How the edge reaches the model.
const WAY: &str = "    - to:
        - podSelector: { matchLabels: { app.kubernetes.io/name: catalog } }
      ports: [{ port: 8082 }]
";

pub(super) fn deploy(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let (service, model) = (&names.service, Model::of(tree, names)?);
    for path in REPEATED {
        change.edit(tree, path, |text| Ok(model.repeated(&text)))?;
    }
    change.edit(tree, "k8s/overlays/local/kustomization.yaml", |text| {
        one_more(&text, "users|catalog", &format!("|{service}"))
    })?;
    change.edit(tree, "k8s/overlays/production/network.yaml", |text| {
        one_more(&text, "values: [users, catalog", &format!(", {service}"))
    })?;
    change.edit(tree, "k8s/base/edge.yaml", |text| {
        // Here the block names the service within.
        let text = once(&text, WAY, "    way\n")?;
        let both = format!("{WAY}{}", model.like(WAY));
        once(&model.repeated(&text), "    way\n", &both)
    })?;
    let pod = tree.read(&format!("k8s/base/{MODEL}.yaml"))?;
    let (_, pod) = pod.split_once('\n').unwrap_or_default();
    change.new.insert(
        format!("k8s/base/{service}.yaml"),
        format!(
            "# {service}: {}, behind the edge.\n{}",
            names.nouns,
            model.like(&documents(pod, |name| name == MODEL).join("---\n"))
        ),
    );
    let server = tree.read(&format!(
        "k8s/overlays/local/postgres/{MODEL}/kustomization.yaml"
    ))?;
    change.new.insert(
        format!("k8s/overlays/local/postgres/{service}/kustomization.yaml"),
        server.replace(MODEL, service),
    );
    change.edit(tree, "k8s/overlays/local/network.yaml", |text| {
        let own = documents(&text, |name| name.contains(MODEL));
        Ok(format!("{text}---\n{}", model.like(&own.join("---\n"))))
    })?;
    change.edit(tree, "k8s/README.md", |text| {
        let text = one_more(&text, "edge site users catalog", &format!(" {service}"))?;
        let keys = "| `users_invoke_key`, `catalog_invoke_key`";
        let text = one_more(&text, keys, &format!(", `{service}_invoke_key`"))?;
        let row = format!("| `{service}` | `store`, `invoke_keys` |\n");
        after_last(&text, "| `catalog` | `store`", &row)
    })
}

/// A list that is there once, with one more behind.
fn one_more(text: &str, list: &str, more: &str) -> anyhow::Result<String> {
    once(text, list, &format!("{list}{more}"))
}

/// The documents of a file whose object is called so: one of another name is the model's own.
fn documents(text: &str, is_called: impl Fn(&str) -> bool) -> Vec<&str> {
    let documents = text.split("---\n").filter(|document| {
        let mut lines = document.lines();
        let name = lines.find_map(|line| line.strip_prefix("  name: "));
        name.is_some_and(&is_called)
    });
    documents.collect()
}
