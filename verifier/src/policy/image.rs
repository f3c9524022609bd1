//! Where the package URL of an image says that it lies, whoever wrote it.

use mcpsign_schemas::purl::Purl;

/// Qualifier in which package URLs hold the repository.
const REPOSITORY_URL: &str = "repository_url";
/// Host of images that name none, and its other names.
const DOCKER: &str = "docker.io";
const ALSO_DOCKER: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// The repositories that it may mean, `host/path` in lower case; `None` for what can be read as anything.
pub(super) fn repositories(purl: &Purl) -> Vec<Option<String>> {
    let url = purl.qualifier(REPOSITORY_URL);
    let name = purl.name();
    match (purl.ty(), url) {
        ("docker", Some(url)) => vec![repository(&format!("{url}/{name}"))],
        ("docker", None) => vec![repository(&name)],
        // Older writers leave the name out.
        ("oci" | "helm", Some(url)) if has_path(url) => {
            vec![repository(url), repository(&format!("{url}/{name}"))]
        }
        ("oci" | "helm", Some(url)) => vec![repository(&format!("{url}/{name}"))],
        _ => Vec::new(),
    }
}

/// The repository that an image is called after, as `namespaces[].image` has it; `None` for other packages, and where it can be
/// read as anything.
pub fn repository_of_image(purl: &Purl) -> Option<String> {
    let those = repositories(purl);
    let named = |repository: &&Option<String>| {
        let last = repository.as_ref().and_then(|repository| repository.rsplit('/').next());
        last.is_some_and(|last| purl.name().rsplit('/').next() == Some(last))
    };
    those.iter().find(named).or(those.first()).cloned().flatten()
}

/// A host as it is compared: without the port and the dot that may be left out.
pub(super) fn host(text: &str) -> &str {
    let host = text.strip_suffix(":443").unwrap_or(text);
    let host = host.strip_suffix('.').unwrap_or(host);
    if ALSO_DOCKER.contains(&host) { DOCKER } else { host }
}

fn has_path(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place.trim_matches('/').contains('/')
}

/// `host/path`; of a path alone the host is Docker's. Neither scheme nor tag nor digest counts.
fn repository(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let place = text.split_once("://").map_or(text.as_str(), |(_, place)| place);
    let mut parts: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    let names_host = |part: &&&str| part.contains(['.', ':']) || **part == "localhost";
    let host = match parts.first().filter(|_| parts.len() > 1).filter(names_host) {
        Some(_) => self::host(parts.remove(0)),
        None => DOCKER,
    };
    if let Some(last) = parts.last_mut() {
        *last = last.split(['@', ':']).next().unwrap_or_default();
    }
    let fit = |text: &str, also: &str| {
        !text.is_empty()
            && text.chars().all(|c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) || also.contains(c)
            })
    };
    let is_whole = fit(host, ":[]") && parts.iter().all(|part| fit(part, "") && !matches!(*part, "." | ".."));
    if host == DOCKER && parts.len() == 1 {
        parts.insert(0, "library");
    }
    (is_whole && !parts.is_empty()).then(|| format!("{host}/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(purl: &str) -> Vec<Option<String>> {
        repositories(&Purl::parse(purl).unwrap())
    }

    #[test]
    fn b37_one_repository_of_images_has_one_spelling() {
        let spelled: [(Option<&str>, &[&str]); 3] = [
            (
                Some("ghcr.example/acme/notes"),
                &[
                    "pkg:oci/notes?repository_url=ghcr.example/acme/notes",
                    "pkg:oci/notes@sha256%3Aaa?repository_url=https://GHCR.example:443/acme/notes/",
                    "pkg:oci/notes?repository_url=ghcr.example./acme//notes:1.0",
                    "pkg:oci/notes?repository_url=oci://ghcr.example/acme",
                    "pkg:helm/notes?repository_url=ghcr.example/acme",
                    "pkg:docker/acme/notes@1?repository_url=ghcr.example",
                    "pkg:docker/ghcr.example/acme/notes@1",
                ],
            ),
            (
                Some("docker.io/library/node"),
                &[
                    "pkg:docker/node@22",
                    "pkg:oci/node?repository_url=index.docker.io/library/node",
                    "pkg:oci/node?repository_url=library/node",
                    "pkg:docker/library/node?repository_url=registry-1.docker.io",
                ],
            ),
            // What can be read as anything.
            (
                None,
                &[
                    "pkg:oci/notes?repository_url=user@ghcr.example/acme/notes",
                    "pkg:oci/notes?repository_url=ghcr.example/x/../acme/notes",
                    "pkg:oci/notes?repository_url=ghcr.example/./acme/notes",
                    "pkg:oci/notes?repository_url=ghcr.example%252Facme/notes",
                ],
            ),
        ];
        for (repository, purls) in spelled {
            for purl in purls {
                assert!(of(purl).contains(&repository.map(str::to_owned)), "{purl}: {:?}", of(purl));
            }
        }
        assert_eq!(of("pkg:npm/notes"), []);
        assert_eq!(of("pkg:oci/notes"), []);
        assert_eq!(
            of("pkg:oci/notes?repository_url=ghcr.example:5000"),
            [Some("ghcr.example:5000/notes".into())]
        );
    }
}
