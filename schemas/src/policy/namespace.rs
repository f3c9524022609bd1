//! `namespaces[]`: who speaks for which names.

use serde::{Deserialize, Serialize};

use super::check::{Fault, form, not_empty, unique};
use super::{ImagePattern, Match, PackagePattern, PolicyDocument, Problem, ServerPattern};
use crate::endpoint::{Endpoint, PlainHttp};
use crate::statement::predicate_type::TOOL_MANIFEST;

/// Names that belong to somebody: whoever else gives one of them to an artifact is refused, whatever rule would match.
/// Exactly one of `server`, `package`, `image` and `endpoint`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceEntry {
    /// Names of servers: exact, or `prefix/*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Packages: exact, without version for any version, `prefix/*` or `package@*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Repositories of images, `host/path`: exact, or `host/prefix/*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Host of remote servers, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Names of the signers who speak for them.
    pub signers: Vec<String>,
}

impl NamespaceEntry {
    pub(super) fn check(&self, policy: &PolicyDocument, path: &str) -> Result<(), Fault> {
        let at = |member: &str| format!("{path}.{member}");
        match (&self.server, &self.package, &self.image, &self.endpoint) {
            (Some(server), None, None, None) => {
                ServerPattern::parse(server).map_err(|error| (at("server"), error.into()))?;
            }
            (None, Some(package), None, None) => {
                // Qualifiers do not count here: with one the pattern would match nothing, and protect nobody.
                form(
                    Some(package),
                    |text| !text.contains(['?', '#']),
                    "package by its name alone",
                    &at("package"),
                )?;
                PackagePattern::parse(package).map_err(|error| (at("package"), error.into()))?;
            }
            (None, None, Some(image), None) => {
                ImagePattern::parse(image).map_err(|error| (at("image"), error.into()))?;
            }
            (None, None, None, Some(host)) => form(Some(host), is_host, "host", &at("endpoint"))?,
            _ => return Err((path.into(), Problem::NotOneName)),
        }
        not_empty(&self.signers, &at("signers"))?;
        unique(self.signers.iter().map(String::as_str), |place| at(&format!("signers[{place}]")))?;
        for (place, name) in self.signers.iter().enumerate() {
            let place = at(&format!("signers[{place}]"));
            let Some(signer) = policy.signers.iter().find(|signer| signer.name == *name) else {
                return Err((place, Problem::Unknown { what: "signer", name: name.clone() }));
            };
            // It is tool manifests that give names.
            if signer.kinds.is_none() {
                return Err((place, Problem::MayNot(TOOL_MANIFEST.into())));
            }
        }
        Ok(())
    }

    /// Refuses one that gives to somebody what `others` give to others: whoever speaks for such a name would have to be of each.
    pub(super) fn check_beside(&self, others: &[Self], path: &str) -> Result<(), Fault> {
        let (own, wider) = self.wider();
        let is_contested = |other: &&Self| {
            let (theirs, still_wider) = other.wider();
            (wider.contains(&theirs) || still_wider.contains(&own)) && !other.names_one_of(&self.signers)
        };
        match others.iter().find(is_contested) {
            Some(_) => Err((
                format!("{path}.signers"),
                Problem::Unmeetable("another namespace gives some of these names to others"),
            )),
            None => Ok(()),
        }
    }

    /// Whether all names for which a rule is lie within.
    pub(super) fn holds_all_of(&self, applies_to: &Match) -> bool {
        let (own, _) = self.wider();
        lower(applies_to).wider().1.contains(&own)
    }

    /// Whether one of these signers speaks for its names.
    pub(super) fn names_one_of(&self, signers: &[String]) -> bool {
        self.signers.iter().any(|signer| signers.contains(signer))
    }

    /// How its names are written, as those of rules are, and every namespace that has all of them. Case does not count.
    fn wider(&self) -> (String, Vec<String>) {
        let of_match = |pattern: Match| {
            let (own, mut wider) = lower(&pattern).wider();
            wider.pop();
            (own, wider)
        };
        match (&self.server, &self.package, &self.image, &self.endpoint) {
            (Some(server), ..) => of_match(Match::Server(server.clone())),
            (_, Some(package), ..) => of_match(Match::Package(package.clone())),
            (.., Some(image), _) => {
                let named = |pattern: String| format!("image {pattern}");
                let parsed = ImagePattern::parse(&image.to_lowercase()).map(|pattern| pattern.wider());
                // What is no pattern was said before.
                let (own, wider) = parsed.unwrap_or_default();
                (named(own), wider.into_iter().map(named).collect())
            }
            (.., host) => {
                let own = format!("endpoint {}", host.as_deref().unwrap_or_default());
                (own.clone(), vec![own])
            }
        }
    }
}

fn lower(pattern: &Match) -> Match {
    match pattern {
        Match::AnyServer => Match::AnyServer,
        Match::Server(server) => Match::Server(server.to_lowercase()),
        Match::Package(package) => Match::Package(package.to_lowercase()),
    }
}

/// A host as endpoints have it, lower case, punycode, no port, no dot at the end: another spelling would match nothing, and
/// protect nobody. A `*` would be read as any and be none.
fn is_host(text: &str) -> bool {
    let endpoint = Endpoint::parse(&format!("https://{text}/"), PlainHttp::Never);
    !text.contains('*') && endpoint.is_ok_and(|endpoint| endpoint.host() == text)
}
