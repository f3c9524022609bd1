//! Where the files of a wheel go (PEP 427, "The .data directory"): to one place each, in the hands of every installer.

use std::collections::BTreeSet;

use mcpsign_schemas::tree::{EntryKind, Listing};
use mcpsign_schemas::untrusted::escape;

use super::{DIST_INFO, WheelError};

/// What the name of the folder of files for other places ends with.
const DATA: &str = ".data";

/// The places that installers know.
const SCHEMES: [&str; 5] = ["purelib", "platlib", "data", "scripts", "headers"];

/// Folders of an environment that modules lie in, which `data` must not reach around the wheel's own files.
const SITES: [&str; 2] = ["site-packages", "dist-packages"];

/// 1. A folder at the top that ends in `.data` is the wheel's own: of another, pip installs the content and uv does not.
/// 2. What it holds is for a known place.
/// 3. No two files go to one path: which of them stays, installers do not agree on. None goes into the metadata.
pub(super) fn check(files: &Listing, info: &str) -> Result<(), WheelError> {
    let own = info.strip_suffix(DIST_INFO).unwrap_or(info);
    let mut modules = BTreeSet::new();
    for entry in files.entries() {
        let path = entry.path.as_str();
        let refused = |what| Err(WheelError::Data { path: escape(path), what });
        let (top, below) = path.split_once('/').unwrap_or((path, ""));
        let Some(name) = top.len().checked_sub(DATA.len()).and_then(|at| top.split_at_checked(at)) else {
            modules.insert(path.to_lowercase());
            continue;
        };
        if !name.1.eq_ignore_ascii_case(DATA) {
            modules.insert(path.to_lowercase());
            continue;
        }
        if name != (own, DATA) {
            return refused("it is not the wheel's own");
        }
        let (scheme, rest) = below.split_once('/').unwrap_or((below, ""));
        if !scheme.is_empty() && !SCHEMES.contains(&scheme) {
            return refused("no installer knows the place");
        }
        if scheme == "data" && rest.split('/').any(|part| SITES.contains(&part.to_lowercase().as_str())) {
            return refused("it reaches where modules lie");
        }
    }
    for entry in files.entries().iter().filter(|entry| entry.kind != EntryKind::Directory) {
        let path = entry.path.as_str();
        let refused = |what| Err(WheelError::Data { path: escape(path), what });
        let module = path.strip_prefix(own).and_then(|rest| rest.strip_prefix(DATA)).and_then(|rest| {
            ["/purelib/", "/platlib/"].into_iter().find_map(|scheme| rest.strip_prefix(scheme))
        });
        let Some(module) = module else { continue };
        if module.split('/').next().is_some_and(|top| top.to_lowercase().ends_with(DIST_INFO)) {
            return refused("it goes into metadata");
        }
        if !modules.insert(module.to_lowercase()) {
            return refused("another file goes to the same path");
        }
    }
    Ok(())
}
