//! What one operation says of another.

use std::collections::BTreeSet;

use super::{DocumentError, Operations};

/// Tags are named by one operation and used by another, so that a misspelt one would be none.
pub(super) fn purges(operations: &Operations) -> Result<(), DocumentError> {
    let all = || {
        operations
            .values()
            .flatten()
            .map(|(_, operation)| operation)
    };
    let kept = all().filter_map(|operation| operation.cache.as_ref());
    let known: BTreeSet<_> = kept.flat_map(|rules| &rules.tags).collect();
    for operation in all() {
        if let Some(unknown) = operation.purge.iter().find(|tag| !known.contains(tag)) {
            let template = operation.template.to_string();
            return Err(DocumentError::Purge(template, unknown.clone()));
        }
    }
    Ok(())
}

/// Who is told to move needs somewhere to go.
pub(super) fn successors(operations: &Operations) -> Result<(), DocumentError> {
    for (template, methods) in operations {
        for (method, operation) in methods {
            let Some(deprecation) = &operation.deprecation else {
                continue;
            };
            let successor = deprecation.successor();
            let known = operations.get(successor).into_iter().flatten();
            if !known.map(|(method, _)| method).any(|it| it == method) {
                let why = format!("no document has {method} {successor}, its successor");
                return Err(DocumentError::Deprecation(
                    method.clone(),
                    template.clone(),
                    why,
                ));
            }
        }
    }
    Ok(())
}
