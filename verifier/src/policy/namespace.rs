//! `namespaces[]`, as they are applied.

use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::policy::{
    ImagePattern, NamespaceEntry, PackagePattern, PatternError, PolicyDocument, Problem, Seen, ServerPattern,
    Spelled,
};
use mcpsign_schemas::purl::Purl;

use super::{Fault, SignerId, image};

/// Names that belong to somebody.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    names: Names,
    signers: Vec<SignerId>,
}

/// Upper and lower case do not count, nor of which script a letter is that looks the same: a name that differs in nothing else is
/// an impostor's or the same.
#[derive(Debug, Clone)]
enum Names {
    Servers(ServerPattern, Seen),
    Packages(PackagePattern, Option<Seen>),
    Images(ImagePattern),
    Host(String),
}

/// A repository of images as namespaces name it: in lower case, without what may be left out.
pub(crate) fn plain(repository: &str) -> String {
    let repository = repository.to_lowercase();
    let place = ["https://", "http://", "oci://", "docker://"]
        .iter()
        .find_map(|scheme| repository.strip_prefix(scheme))
        .unwrap_or(&repository);
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let host = host.strip_suffix(":443").unwrap_or(host);
    format!("{host}/{}", path.trim_matches('/'))
}

/// What an artifact is called.
pub(crate) struct Called<'a> {
    pub(crate) server: &'a str,
    pub(crate) packages: &'a [Purl],
    /// Of a remote server its address, if that is known; `None` for everything else.
    pub(crate) remote: Option<Option<&'a Endpoint>>,
}

impl Namespace {
    /// The entry `at` this place of a document that was checked.
    pub(super) fn compile(
        document: &PolicyDocument,
        at: usize,
        entry: &NamespaceEntry,
    ) -> Result<Self, Fault> {
        let fault = |problem: Problem| (format!("namespaces[{at}]"), problem);
        let pattern = |error: PatternError| fault(error.into());
        let names = match (&entry.server, &entry.package, &entry.image, &entry.endpoint) {
            (Some(server), None, None, None) => {
                let server = ServerPattern::parse(&server.to_lowercase()).map_err(pattern)?;
                let seen = Seen::servers(&server);
                Names::Servers(server, seen)
            }
            (None, Some(package), None, None) => {
                let package = PackagePattern::parse(&one_spelling(package)).map_err(pattern)?;
                let seen = Seen::packages(&package);
                Names::Packages(package, seen)
            }
            (None, None, Some(image), None) => {
                let image = image.to_lowercase();
                let (host, path) = image.split_once('/').unwrap_or((&image, ""));
                let image = format!("{}/{path}", image::host(host));
                Names::Images(ImagePattern::parse(&image).map_err(pattern)?)
            }
            (None, None, None, Some(host)) => Names::Host(host.clone()),
            _ => return Err(fault(Problem::NotOneName)),
        };
        let signers = entry.signers.iter().map(|name| SignerId::of(document, name).map_err(fault));
        Ok(Self { names, signers: signers.collect::<Result<_, Fault>>()? })
    }

    /// The name of these that lies within, if one does.
    pub(crate) fn holds(&self, called: &Called<'_>) -> Option<String> {
        match &self.names {
            Names::Servers(pattern, seen) => {
                let within = pattern.matches(&called.server.to_lowercase()) || seen.is_server(called.server);
                within.then(|| called.server.to_owned())
            }
            Names::Packages(pattern, seen) => {
                let within = |purl: &&Purl| {
                    lower(purl).is_none_or(|purl| pattern.matches(&Spelled::of(&purl)))
                        || seen.as_ref().is_some_and(|seen| seen.is_package(purl))
                };
                called.packages.iter().find(within).map(ToString::to_string)
            }
            // What can be read as anything could be theirs.
            Names::Images(pattern) => called.packages.iter().find_map(|purl| {
                let within = |repository: &Option<String>| {
                    repository.as_ref().is_none_or(|repository| pattern.matches(repository))
                };
                image::repositories(purl).iter().any(within).then(|| purl.to_string())
            }),
            // A server at an address that nobody knows could be anybody's.
            Names::Host(host) => match called.remote? {
                None => Some(host.clone()),
                Some(endpoint) => (endpoint.host() == host).then(|| endpoint.to_string()),
            },
        }
    }

    pub(crate) fn names(&self, signer: SignerId) -> bool {
        self.signers.contains(&signer)
    }
}

/// A package by its name alone, wherever it comes from; `None` for one whose name has no lower case.
fn lower(purl: &Purl) -> Option<Purl> {
    let bare = purl.clone().without_qualifiers().without_subpath().to_string();
    Purl::parse(&one_spelling(&bare)).ok()
}

/// Case does not count, nor which of its marks stands between two words of a crate's name.
fn one_spelling(package: &str) -> String {
    let lower = package.to_lowercase();
    if lower.starts_with("pkg:cargo/") { lower.replace('_', "-") } else { lower }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b37_one_repository_of_images_has_one_spelling() {
        for spelled in [
            "GHCR.example/acme/notes",
            "https://ghcr.example/acme/notes/",
            "oci://ghcr.example:443/acme/notes",
        ] {
            assert_eq!(plain(spelled), "ghcr.example/acme/notes", "{spelled}");
        }
        assert_eq!(plain("ghcr.example:5000/acme"), "ghcr.example:5000/acme");
    }
}
