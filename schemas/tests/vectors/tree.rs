//! Trees, paths, link targets and listings.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{LinkRule, Listing, Malformed, PathRule, TreeEntry, TreeError, TreePath};
use serde::Deserialize;

/// Entries, and their listing or the rule they break.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ListingVector {
    name: String,
    entries: Vec<Entry>,
    listing_hex: Option<String>,
    sha256: Option<Sha256Digest>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    content: Option<String>,
    hex: Option<String>,
    target: Option<String>,
}

impl Entry {
    fn make(&self) -> Result<TreeEntry, TreeError> {
        let path = TreePath::try_from(self.path.as_str())?;
        let content = || crate::bytes(self.content.as_deref(), self.hex.as_deref()).unwrap();
        let measured = |content: Vec<u8>| (content.len() as u64, Sha256Digest::of(&content));
        Ok(match self.kind.as_str() {
            "d" => TreeEntry::directory(path),
            "f" => {
                let (size, sha256) = measured(content());
                TreeEntry::file(path, size, sha256)
            }
            "x" => {
                let (size, sha256) = measured(content());
                TreeEntry::executable(path, size, sha256)
            }
            "l" => TreeEntry::symlink(path, self.target.as_ref().unwrap().as_bytes())?,
            other => panic!("type {other}"),
        })
    }
}

impl crate::Case for ListingVector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let entries: Result<Vec<TreeEntry>, TreeError> = self.entries.iter().map(Entry::make).collect();
        let listing = entries.and_then(Listing::new).map_err(|error| error_name(&error).to_owned());
        if let Ok(listing) = &listing {
            crate::expect(
                Listing::parse(&listing.to_bytes()).map_err(|e| e.to_string()),
                Ok(listing.clone()),
            )?;
        }
        let found = listing.map(|listing| (hex::encode(listing.to_bytes()), listing.digest()));
        match (&self.listing_hex, self.sha256, &self.error) {
            (Some(listing), Some(sha256), None) => crate::expect(found, Ok((listing.clone(), sha256))),
            (None, None, Some(error)) => crate::expect(found, Err(error)),
            _ => Err("neither listing and sha256 nor error".into()),
        }
    }
}

/// A path, and the rule it breaks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PathVector {
    name: String,
    path: Option<String>,
    path_hex: Option<String>,
    error: Option<String>,
}

impl crate::Case for PathVector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let path = crate::bytes(self.path.as_deref(), self.path_hex.as_deref())?;
        let found = TreePath::try_from(path.as_slice());
        let found = found.map(|_| ()).map_err(|error| path_rule(error.rule).to_owned());
        crate::expect(found, self.error.as_deref().map_or(Ok(()), Err))
    }
}

/// A link, its target, and the rule it breaks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct LinkVector {
    name: String,
    path: String,
    target: Option<String>,
    target_hex: Option<String>,
    error: Option<String>,
}

impl crate::Case for LinkVector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let path = TreePath::try_from(self.path.as_str()).map_err(|error| error.to_string())?;
        let target = crate::bytes(self.target.as_deref(), self.target_hex.as_deref())?;
        let found = TreeEntry::symlink(path, &target);
        let found = found.map(|_| ()).map_err(|error| error_name(&error).to_owned());
        crate::expect(found, self.error.as_deref().map_or(Ok(()), Err))
    }
}

/// Bytes that are a listing, or the rule they break.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ParseVector {
    name: String,
    listing_hex: String,
    error: Option<String>,
}

impl crate::Case for ParseVector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let bytes = hex::decode(&self.listing_hex).map_err(|error| error.to_string())?;
        let found = Listing::parse(&bytes).map_err(|error| error_name(&error).to_owned());
        crate::expect(found.map(|listing| listing.to_bytes()), self.error.as_deref().map_or(Ok(bytes), Err))
    }
}

fn error_name(error: &TreeError) -> &'static str {
    match error {
        TreeError::Path(error) => path_rule(error.rule),
        TreeError::Link { rule, .. } => link_rule(*rule),
        TreeError::Duplicate { .. } => "duplicate",
        TreeError::Collision { .. } => "collision",
        TreeError::ParentMissing { .. } => "parent-missing",
        TreeError::ParentNotDirectory { .. } => "parent-not-directory",
        TreeError::Content { .. } => "content",
        TreeError::Malformed { what, .. } => match what {
            Malformed::Magic => "magic",
            Malformed::Truncated => "truncated",
            Malformed::Kind => "kind",
            Malformed::Order => "order",
            Malformed::Trailing => "trailing",
        },
    }
}

fn link_rule(rule: LinkRule) -> &'static str {
    match rule {
        LinkRule::Absolute => "absolute",
        LinkRule::EmptyComponent => "empty-component",
        LinkRule::DotComponent => "dot-component",
        LinkRule::ParentNotFirst => "parent-not-first",
        LinkRule::AboveRoot => "above-root",
        LinkRule::Path(rule) => path_rule(rule),
    }
}

fn path_rule(rule: PathRule) -> &'static str {
    match rule {
        PathRule::NotUtf8 => "not-utf8",
        PathRule::TooLong => "too-long",
        PathRule::Control => "control",
        PathRule::BidiControl => "bidi-control",
        PathRule::Backslash => "backslash",
        PathRule::Colon => "colon",
        PathRule::NotNfc => "not-nfc",
        PathRule::EmptyComponent => "empty-component",
        PathRule::DotComponent => "dot-component",
        PathRule::TrailingDotOrSpace => "trailing-dot-or-space",
    }
}
