//! Which of several packages of one name is meant where: node's resolution over the places of a lock file.

use std::collections::{BTreeMap, HashMap};

use mcpsign_schemas::canonical::Json;

/// Bytes of a package's place; longer paths than this no Windows installation could have.
const MAX_PLACE: usize = 1024;

/// Folders that a place lies in: thirty packages inside each other.
const MAX_FOLDERS: usize = 64;

/// Whether a package can lie there. Every name that it asks for is looked up in each folder above it.
pub(super) fn is_place(place: &str) -> bool {
    place.len() <= MAX_PLACE && place.matches('/').count() <= MAX_FOLDERS
}

/// The `node_modules` folders of a lock file: for the folder that each lies in, what it holds under which name.
pub(super) struct Folders<'j>(HashMap<&'j str, HashMap<&'j str, &'j str>>);

impl<'j> Folders<'j> {
    /// Indexes `entries` by place. A link stands for the package that it leads to.
    pub(super) fn of(entries: &BTreeMap<&'j str, &'j Json>) -> Self {
        let mut folders: HashMap<&str, HashMap<&str, &str>> = HashMap::new();
        for (&place, entry) in entries {
            // The last `node_modules` of the place: `a/node_modules/@s/b` lies in `a` under `@s/b`.
            let Some((folder, name)) = place.rsplit_once("node_modules/") else { continue };
            let folder = folder.strip_suffix('/').unwrap_or(folder);
            let target = if entry.get("link").and_then(Json::as_bool) == Some(true) {
                let target =
                    entry.get("resolved").and_then(Json::as_str).and_then(|to| entries.get_key_value(to));
                match target {
                    Some((target, entry)) if entry.get("link").is_none() => target,
                    // A link to nothing resolves nothing.
                    _ => continue,
                }
            } else {
                place
            };
            folders.entry(folder).or_default().insert(name, target);
        }
        Self(folders)
    }

    /// The place of the package that one at `place` gets when it asks for `name`.
    pub(super) fn resolve(&self, place: &str, name: &str) -> Option<&'j str> {
        let mut folder = place;
        loop {
            if let Some(found) = self.0.get(folder).and_then(|names| names.get(name)) {
                return Some(found);
            }
            folder = match folder.rsplit_once('/') {
                // Above the project's root lies what the lock file does not show.
                _ if folder.is_empty() || folder == ".." || folder.ends_with("/..") => return None,
                Some((parent, _)) => parent,
                None => "",
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded() {
        assert!(is_place("") && is_place(&"a".repeat(1024)) && is_place(&"a/".repeat(64)));
        assert!(!is_place(&"a".repeat(1025)) && !is_place(&"a/".repeat(65)));
    }

    #[test]
    fn the_nearest_folder_wins() {
        let plain: Json = Json::Object(Default::default());
        let link = Json::Object(
            [("link".to_owned(), Json::Bool(true)), ("resolved".to_owned(), Json::from("packages/w"))]
                .into_iter()
                .collect(),
        );
        let dangling = Json::Object(
            [("link".to_owned(), Json::Bool(true)), ("resolved".to_owned(), Json::from("gone"))]
                .into_iter()
                .collect(),
        );
        let places = [
            "",
            "node_modules/a",
            "node_modules/a/node_modules/b",
            "node_modules/b",
            "node_modules/@s/c",
            "node_modules/@s/c/node_modules/b",
            "packages/w",
            "packages/w/node_modules/a",
            "../outside",
            "../outside/node_modules/a",
        ];
        let mut entries: BTreeMap<&str, &Json> = places.into_iter().map(|place| (place, &plain)).collect();
        entries.insert("node_modules/w", &link);
        entries.insert("node_modules/gone", &dangling);
        let folders = Folders::of(&entries);
        for (place, name, expected) in [
            ("", "b", Some("node_modules/b")),
            ("node_modules/a", "b", Some("node_modules/a/node_modules/b")),
            ("node_modules/a/node_modules/b", "a", Some("node_modules/a")),
            ("node_modules/a/node_modules/b", "b", Some("node_modules/a/node_modules/b")),
            ("node_modules/@s/c", "b", Some("node_modules/@s/c/node_modules/b")),
            ("node_modules/@s/c", "@s/c", Some("node_modules/@s/c")),
            ("node_modules/b", "w", Some("packages/w")),
            ("packages/w", "a", Some("packages/w/node_modules/a")),
            ("packages/w", "b", Some("node_modules/b")),
            ("packages/w/node_modules/a", "b", Some("node_modules/b")),
            ("../outside", "a", Some("../outside/node_modules/a")),
            ("../outside", "b", None),
            ("node_modules/a", "gone", None),
            ("node_modules/a", "missing", None),
        ] {
            assert_eq!(folders.resolve(place, name), expected, "{name} from {place}");
        }
    }
}
