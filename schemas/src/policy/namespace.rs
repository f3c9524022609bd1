//! `namespaces[]`: who speaks for which names.

use serde::{Deserialize, Serialize};

use super::check::{Fault, form, not_empty, unique};
use super::{ImagePattern, PackagePattern, PolicyDocument, Problem, ServerPattern};
use crate::endpoint::{Endpoint, PlainHttp};

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
        let unknown = |name: &&String| !policy.signers.iter().any(|signer| signer.name == **name);
        match self.signers.iter().position(|name| unknown(&name)) {
            Some(place) => Err((
                at(&format!("signers[{place}]")),
                Problem::Unknown {
                    what: "signer",
                    name: self.signers.get(place).cloned().unwrap_or_default(),
                },
            )),
            None => Ok(()),
        }
    }
}

/// A host as endpoints have it, lower case, punycode, no port, no dot at the end: another spelling would match nothing, and
/// protect nobody. A `*` would be read as any and be none.
fn is_host(text: &str) -> bool {
    let endpoint = Endpoint::parse(&format!("https://{text}/"), PlainHttp::Never);
    !text.contains('*') && endpoint.is_ok_and(|endpoint| endpoint.host() == text)
}
