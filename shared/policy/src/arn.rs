//! Patterns of resource names: `arn:partition:service:region:account:resource`, part by part, so that a
//! wildcard never reaches into the next part. The last part is all the rest, colons too.

use std::array;

use crate::{
    decision::Context,
    template::{Case, Template},
};

/// One pattern, or `*`, which is every name.
#[derive(Clone, Debug)]
pub(crate) struct ArnPattern(Option<[Template; PARTS]>);

const PARTS: usize = 6;

impl ArnPattern {
    /// Fails with a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self(None));
        }
        let parts = Template::parse(text, true)?.splitn(PARTS, ':');
        let parts = <[Template; PARTS]>::try_from(parts).ok();
        match parts.filter(|_| text.starts_with("arn:")) {
            Some(parts) => Ok(Self(Some(parts))),
            None => Err(format!(
                "`{text}`: expected `*` or an ARN of six parts: arn:partition:service:region:account:resource"
            )),
        }
    }

    pub(crate) fn matches(&self, arn: &str, context: &dyn Context) -> bool {
        let Some(own) = &self.0 else { return true };
        let mut parts = arn.splitn(PARTS, ':');
        let parts: [Option<&str>; PARTS] = array::from_fn(|_| parts.next());
        own.iter()
            .zip(parts)
            .all(|(own, part)| part.is_some_and(|part| own.matches(part, Case::Exact, context)))
    }

    /// The keys of its variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().flat_map(Template::variables)
    }

    pub(crate) fn has_wildcards(&self) -> bool {
        let mut parts = self.0.iter().flatten();
        self.0.is_none() || parts.any(Template::has_wildcards)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::ArnPattern;

    #[test]
    fn a_wildcard_stays_within_its_part_and_the_last_part_is_the_rest() {
        let arn = "arn:terrace:execute-api:local:shop:v1/GET/orders/{id}";
        for (pattern, expected) in [
            ("*", true),
            (arn, true),
            ("arn:*:execute-api:*:*:*", true),
            ("arn:terrace:execute-api:local:shop:v1/*/orders/*", true),
            ("arn:terrace:execute-api:*:v1/GET/orders/{id}", false),
            ("arn:terrace:execute-api:local:shop:v1/GET/orders", false),
        ] {
            let parsed = ArnPattern::parse(pattern);
            let matches = parsed.is_ok_and(|it| it.matches(arn, &BTreeMap::new()));
            assert_eq!(matches, expected, "{pattern}");
        }
        let rest = ArnPattern::parse("arn:a:b:c:d:e:f").unwrap();
        assert!(rest.matches("arn:a:b:c:d:e:f", &BTreeMap::new()));
        assert!(!rest.matches("arn:a:b:c:d", &BTreeMap::new()));
    }
}
