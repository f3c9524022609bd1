//! How many components a document lists, counted before there is room for any: one that is made to have twenty million of them takes
//! gigabytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::ComponentsError;

/// Components of one document at the most. A large image has some ten thousand.
pub(super) const MAX_COMPONENTS: usize = 1_000_000;

/// Refuses a document that lists more components than are looked up.
pub(super) fn within_limit(bytes: &[u8]) -> Result<(), ComponentsError> {
    // Each is an object. Counted by as many bytes as one has room for, which is quick.
    let objects = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'{')).sum::<u8>();
    if bytes.chunks(u8::MAX.into()).map(|chunk| usize::from(objects(chunk))).sum::<usize>() <= MAX_COMPONENTS
    {
        return Ok(());
    }
    let Listed { metadata, components, packages, graph } = serde_json::from_slice(bytes)?;
    let root = metadata.and_then(|metadata| metadata.component).map_or(0, |root| root.all());
    if root + components.0 + packages.0 + graph.0 > MAX_COMPONENTS {
        return Err(ComponentsError::TooMany { limit: MAX_COMPONENTS });
    }
    Ok(())
}

#[derive(Deserialize)]
struct Listed {
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Count,
    #[serde(default)]
    packages: Count,
    #[serde(default, rename = "@graph")]
    graph: Count,
}

#[derive(Deserialize)]
struct Metadata {
    component: Option<Inner>,
}

/// What a component has inside, and what it has package URLs among.
#[derive(Deserialize)]
struct Inner {
    #[serde(default)]
    components: Count,
    #[serde(default, rename = "externalIdentifier")]
    identifiers: Count,
}

impl Inner {
    const fn all(&self) -> usize {
        self.components.0 + self.identifiers.0
    }
}

/// How many elements a list has, with what is inside of them.
#[derive(Default)]
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements)
    }
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of components")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
        let mut count = 0_usize;
        while let Some(inner) = list.next_element::<Inner>()? {
            count += 1 + inner.all();
        }
        Ok(Count(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_counted_wherever_they_stand() {
        let refused = |document: String| match within_limit(document.as_bytes()) {
            Ok(()) => false,
            Err(ComponentsError::TooMany { .. }) => true,
            Err(other) => panic!("{other}"),
        };
        let list = |item: &str, count: usize| vec![item; count].join(",");
        let third = list("{}", MAX_COMPONENTS / 3 + 1);
        let inner = format!(r#"{{"components":[{third}]}}"#);
        let hashes = list("{}", MAX_COMPONENTS + 1);
        assert!(!refused(format!(r#"{{"components":[{inner},{inner}]}}"#)));
        assert!(refused(format!(r#"{{"components":[{inner},{{"components":[{inner}]}},{inner}]}}"#)));
        assert!(refused(format!(r#"{{"metadata":{{"component":{inner}}},"components":[{inner},{inner}]}}"#)));
        assert!(refused(format!(r#"{{"@graph":[{{"externalIdentifier":[{hashes}]}}]}}"#)));
        assert!(refused(format!(r#"{{"packages":[{third}],"@graph":[{third}],"components":[{third}]}}"#)));
        // What else there are many of does not count.
        assert!(!refused(format!(r#"{{"components":[{{"hashes":[{hashes}]}}],"x":[{hashes}]}}"#)));
        assert!(within_limit(format!(r#"{{"components":[{hashes},1]}}"#).as_bytes()).is_err());
    }
}
