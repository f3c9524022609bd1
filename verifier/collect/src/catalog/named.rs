//! Packages of a lock file by name and version: what a reference means is found without going through all of one name.

use std::cell::Cell;
use std::collections::HashMap;

use super::{CatalogError, MAX_EDGES, TOO_MANY_EDGES};

/// Where packages stand in a list, by what references to them say.
#[derive(Debug, Default)]
pub(super) struct Named {
    names: HashMap<String, Vec<usize>>,
    versions: HashMap<(String, String), Vec<usize>>,
    /// Packages that were handed out. Each is one to look at, and an edge if it fits.
    given: Cell<usize>,
}

impl Named {
    /// Names with versions in the order of the list, names as they are compared.
    pub(super) fn of<'p>(packages: impl Iterator<Item = (String, Option<&'p str>)>) -> Self {
        let mut named = Self::default();
        for (at, (name, version)) in packages.enumerate() {
            if let Some(version) = version {
                named.versions.entry((name.clone(), version.to_owned())).or_default().push(at);
            }
            named.names.entry(name).or_default().push(at);
        }
        named
    }

    /// Where packages of this name stand, of this version if one is said.
    ///
    /// # Errors
    /// When all references together lead to more packages than any lock file has edges.
    pub(super) fn called(&self, name: String, version: Option<&str>) -> Result<&[usize], CatalogError> {
        let found = match version {
            Some(version) => self.versions.get(&(name, version.to_owned())),
            None => self.names.get(&name),
        };
        let found = found.map_or(&[][..], Vec::as_slice);
        self.given.set(self.given.get() + found.len());
        if self.given.get() > MAX_EDGES { Err(TOO_MANY_EDGES) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_one_name_cost_as_many_as_are_meant() {
        let versions: Vec<String> = (0..MAX_EDGES).map(|n| n.to_string()).collect();
        let named = Named::of(versions.iter().map(|version| ("a".to_owned(), Some(version.as_str()))));
        for (at, version) in versions.iter().enumerate().skip(1) {
            assert_eq!(named.called("a".into(), Some(version)), Ok(&[at][..]));
        }
        assert_eq!(named.called("b".into(), None), Ok(&[][..]));
        assert_eq!(named.called("a".into(), Some("x")), Ok(&[][..]));
        assert_eq!(named.called("a".into(), None), Err(TOO_MANY_EDGES));
    }
}
