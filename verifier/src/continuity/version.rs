//! `versionBack`: nothing older than what was accepted before. And what a patch release is.

use std::cmp::Ordering;

use mcpsign_advisories::ecosystem::order_of;
use mcpsign_advisories::order::Order;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::purl::Purl;

use super::{Release, differs, not_comparable};
use crate::continuity::history::Earlier;

/// Under each name that both bear, this version is not before the earlier one, in the order of the package's type; where that has
/// none, as of images, which are named by digests, in that of the versions that the manifests give the server.
pub(super) fn went_back(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (now, before) in names(release, earlier) {
        let versions = (now.to_string(), before.to_string());
        let (ordering, (now, before)) = match compare(now, before) {
            None if is_unordered(now, before) => of_servers(release, earlier, versions),
            ordering => (ordering, versions),
        };
        match ordering {
            Some(Ordering::Less) => findings.push(differs(
                code::freshness::VERSION_BACK,
                earlier,
                format!("{before} or later"),
                now,
            )),
            Some(Ordering::Equal | Ordering::Greater) => {}
            None => findings.extend(not_comparable(earlier, "their versions have no order")),
        }
    }
    findings.dedup();
    findings
}

/// Whether nothing can be told from two names: their type has no order, or they have no version.
fn is_unordered(now: &Purl, before: &Purl) -> bool {
    order_of(now).is_none() || (now.version().is_none() && before.version().is_none())
}

/// How the servers' versions stand to each other as SemVer, and what they are; `names` where one of them has none.
fn of_servers(
    release: &Release<'_, '_>,
    earlier: &Earlier<'_>,
    names: (String, String),
) -> (Option<Ordering>, (String, String)) {
    match (&release.candidate.manifest.server.version, &earlier.manifest.server.version) {
        (Some(now), Some(before)) => (
            Order::SemVer.compare(now, before),
            (format!("server version {now}"), format!("server version {before}")),
        ),
        _ => (None, names),
    }
}

/// Each name of the candidate, and the same of the earlier release. A remote server has none, and no version.
pub(super) fn names<'r>(
    release: &'r Release<'_, '_>,
    earlier: &'r Earlier<'_>,
) -> impl Iterator<Item = (&'r Purl, &'r Purl)> {
    let before = |now: &'r Purl| earlier.packages.iter().filter(move |before| now.same_package(before));
    release.candidate.packages.iter().flat_map(move |now| before(now).map(move |before| (now, before)))
}

/// How the version of one package stands to that of another, in the order of their type.
pub(super) fn compare(now: &Purl, before: &Purl) -> Option<Ordering> {
    match (now.version(), before.version()) {
        (Some(now), Some(before)) if now == before => Some(Ordering::Equal),
        (Some(version), Some(earlier)) => order_of(now)?.compare(version, earlier),
        _ => None,
    }
}

/// Whether `now` is at most a patch release after `before`: not an older one, and the same but for what follows the second
/// number. `None` where that cannot be told.
pub(super) fn is_patch(now: &Purl, before: &Purl) -> Option<bool> {
    Some(compare(now, before)?.is_ge() && line(now.version()?)? == line(before.version()?)?)
}

/// The first two numbers of a version; `1` is `1.0`.
fn line(version: &str) -> Option<(&str, &str)> {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    // Of an epoch before it only its own releases are a line.
    let (epoch, rest) = version.split_once('!').unwrap_or(("", version));
    if !epoch.trim_start_matches('0').is_empty() {
        return None;
    }
    let release = rest.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut numbers = release.split('.').map(|number| number.trim_start_matches('0'));
    let starts = rest.starts_with(|c: char| c.is_ascii_digit());
    starts.then(|| (numbers.next().unwrap_or(""), numbers.next().unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(now: &str, before: &str) -> Option<bool> {
        let purl = |version: &str| Purl::parse(&format!("pkg:npm/a@{version}")).unwrap();
        is_patch(&purl(now), &purl(before))
    }

    #[test]
    fn i12_a_patch_release_differs_behind_the_second_number() {
        for (now, before, expected) in [
            ("1.4.1", "1.4.0", Some(true)),
            ("1.4.0", "1.4.0", Some(true)),
            ("1.4.1-rc.1", "1.4.0", Some(true)),
            ("v1.4.1", "1.4.0", Some(true)),
            ("1.4.0", "1.4.1", Some(false)),
            ("1.5.0", "1.4.0", Some(false)),
            ("2.4.0", "1.4.0", Some(false)),
            ("0.1.1", "0.1.0", Some(true)),
            ("1.0.1", "1", Some(true)),
            ("next", "1.4.0", None),
        ] {
            assert_eq!(patch(now, before), expected, "{now} after {before}");
        }
        let of = |text: &str| Purl::parse(text).unwrap();
        assert_eq!(is_patch(&of("pkg:oci/a@1.4.1"), &of("pkg:oci/a@1.4.0")), None);
        assert_eq!(is_patch(&of("pkg:pypi/a@2026.1.2"), &of("pkg:pypi/a@2026.1.1")), Some(true));
        assert_eq!(compare(&of("pkg:pypi/a@1.10"), &of("pkg:pypi/a@1.9")), Some(Ordering::Greater));
    }
}
