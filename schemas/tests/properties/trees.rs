//! Listings of arbitrary trees.

use std::collections::BTreeMap;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreePath};
use proptest::prelude::*;

/// A tree with every directory listed and no two names alike.
fn entries() -> impl Strategy<Value = Vec<TreeEntry>> {
    let component = prop::sample::select(vec!["a", "b", "a.b", "a-b", "é", "日本", "😀", "\u{e000}"]);
    let path = prop::collection::vec(component, 1..4);
    let content = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec((path, 0..4, content), 0..12).prop_map(|files| {
        let mut tree: BTreeMap<String, TreeEntry> = BTreeMap::new();
        for (components, kind, content) in files {
            let path = |text: &str| TreePath::try_from(text).unwrap();
            let parents: Vec<String> = (1..components.len()).map(|n| components[..n].join("/")).collect();
            let at = components.join("/");
            // The new leaf wins over what lay at its parents' or its own place.
            for parent in parents {
                let directory = TreeEntry::directory(path(&parent));
                if tree.insert(parent.clone(), directory.clone()).is_some_and(|old| old != directory) {
                    tree.retain(|other, _| !other.starts_with(&format!("{parent}/")));
                }
            }
            tree.retain(|other, _| !other.starts_with(&format!("{at}/")));
            let (size, sha256) = (content.len() as u64, Sha256Digest::of(&content));
            let entry = match kind {
                0 => TreeEntry::directory(path(&at)),
                1 => TreeEntry::file(path(&at), size, sha256),
                2 => TreeEntry::executable(path(&at), size, sha256),
                _ => TreeEntry::symlink(path(&at), b"x").unwrap(),
            };
            tree.insert(at, entry);
        }
        tree.into_values().collect()
    })
}

proptest! {
    #[test]
    fn a_listing_is_read_as_written_whatever_the_order_of_entries(
        (entries, shuffled) in entries().prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
    ) {
        let listing = Listing::new(entries).unwrap();
        prop_assert_eq!(Listing::new(shuffled), Ok(listing.clone()));
        prop_assert_eq!(Listing::parse(&listing.to_bytes()), Ok(listing.clone()));
        prop_assert_eq!(listing.digest(), Sha256Digest::of(&listing.to_bytes()));
    }

    #[test]
    fn no_two_documents_are_one_listing(entries in entries(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = Listing::new(entries).unwrap().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(listing) = Listing::parse(&bytes) {
            prop_assert_eq!(listing.to_bytes(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), magic in any::<bool>()) {
        let prefix: &[u8] = if magic { b"mcpsign-tree-v1\n\0\0\0\0\0\0\0\x01" } else { b"" };
        let bytes = [prefix, &bytes].concat();
        if let Ok(listing) = Listing::parse(&bytes) {
            prop_assert_eq!(listing.to_bytes(), bytes.clone());
        }
        let _ = TreePath::try_from(bytes.as_slice());
        let _ = TreeEntry::symlink(TreePath::try_from("a/b").unwrap(), &bytes);
    }
}
