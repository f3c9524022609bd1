//! Subresource integrity strings, as npm's lock files have them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::inventory::HashAlgorithm;

/// Digests by algorithm, lower-case hex. Unknown algorithms are passed over; of several digests of one algorithm, any
/// of which npm would accept, none is stated. `None` for what is no integrity string.
pub(super) fn parse(integrity: &str) -> Option<BTreeMap<HashAlgorithm, String>> {
    let mut hashes: BTreeMap<HashAlgorithm, Option<String>> = BTreeMap::new();
    for entry in integrity.split_ascii_whitespace() {
        let (name, rest) = entry.split_once('-')?;
        // Options follow a question mark.
        let encoded = rest.split('?').next().unwrap_or_default();
        let Some(algorithm) = HashAlgorithm::find(name) else { continue };
        let bytes = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() == algorithm.bytes())?;
        let hex = hex::encode(bytes);
        hashes
            .entry(algorithm)
            .and_modify(|known| {
                if known.as_ref() != Some(&hex) {
                    *known = None;
                }
            })
            .or_insert(Some(hex));
    }
    Some(hashes.into_iter().filter_map(|(algorithm, hex)| Some((algorithm, hex?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_come_as_hex() {
        let hashes = parse("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha999-x").unwrap();
        let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(hashes, BTreeMap::from([(HashAlgorithm::Sha1, sha1.to_owned())]));
        assert_eq!(parse(""), Some(BTreeMap::new()));
        let twice = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=?x";
        assert_eq!(parse(twice).unwrap().len(), 1);
        let alternatives = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(parse(alternatives), Some(BTreeMap::new()));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for bad in ["sha512", "sha512-", "sha512-AAAA", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBw", "sha1-!!!!"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
