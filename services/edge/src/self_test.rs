//! What must hold of a table before it serves: a request to an operation's own path comes to it. The paths of
//! documents are not the paths of requests, which are sanitised before they are routed.

use http::{Method, Uri};

use crate::{document::DocumentError, operation::Operation, route::Paths, sanitise::check_path};

/// Refuses a table that has an operation which nobody could call.
pub(crate) fn self_test<'a>(
    paths: &Paths,
    mut operations: impl Iterator<Item = (&'a Method, &'a Operation)>,
) -> Result<(), DocumentError> {
    let dead = operations.find(|(method, operation)| {
        let path: Option<Uri> = sample(&operation.template).parse().ok();
        let path = path.filter(|path| check_path(path).is_ok());
        !path.is_some_and(|path| paths.serves(method, path.path(), &operation.template))
    });
    match dead {
        Some((method, operation)) => Err(DocumentError::Unreachable(
            method.clone(),
            operation.template.to_string(),
        )),
        None => Ok(()),
    }
}

/// A path of this template, with a parameter that is hardly a word of another template.
fn sample(template: &str) -> String {
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        path + "~" + part.split_once('}').map_or("", |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_something_for_every_parameter() {
        assert_eq!(sample("/v1/products"), "/v1/products");
        assert_eq!(sample("/v1/a/{id}/b/{name}.txt"), "/v1/a/~/b/~.txt");
    }
}
