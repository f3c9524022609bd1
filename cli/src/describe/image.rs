//! By which name an image is pulled, in the order of who says so: a flag or mcpsign.toml, server.json, index.json.
//!
//! Nothing in an image says it, so that it is the signer's word; and nobody's without one.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_collect::artifact::{Artifact, ArtifactKind};
use mcpsign_collect::image::Image;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::image::ImageReference;
use mcpsign_schemas::manifest::PackageBinding;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::RootComponent;

/// The names of the images of a release.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageNames(BTreeMap<Sha256Digest, ImageReference>);

/// Why the image that somebody named is not the one that is there.
#[derive(Debug, thiserror::Error)]
#[error("`{named}` is another image than `{artifact}`, which is sha256:{found}")]
pub(crate) struct OtherImage {
    named: String,
    artifact: String,
    found: Sha256Digest,
}

impl ImageNames {
    /// The names of these artifacts' images, of which there is one at the most where `given` names it. The second value says what
    /// contradicts a name and what is without one, a line each.
    ///
    /// # Errors
    /// When `given` names another image by its digest.
    pub(crate) fn of<'a>(
        artifacts: impl Iterator<Item = &'a Artifact>,
        given: Option<&ImageReference>,
        server_json: Option<&Json>,
    ) -> Result<(Self, Vec<String>), OtherImage> {
        let images: Vec<(&Artifact, &Image)> = artifacts
            .filter_map(|artifact| match &artifact.kind {
                ArtifactKind::Image(image) => Some((artifact, image)),
                _ => None,
            })
            .collect();
        let (mut names, mut notes) = (BTreeMap::new(), Vec::new());
        for (artifact, image) in &images {
            if let Some(digest) = given.and_then(ImageReference::digest).filter(|digest| !has(image, *digest))
            {
                return Err(OtherImage {
                    named: format!("sha256:{digest}"),
                    artifact: artifact.name.clone(),
                    found: image.top.digest,
                });
            }
            let (entry, said) = of_entry(artifact, image, server_json, images.len() == 1);
            notes.extend(said);
            let (own, tag) = of_layout(image);
            let named = given.or(entry.as_ref()).or(own.as_ref());
            let Some(named) = named else {
                notes.push(format!(
                    "nothing says where the image `{}` is pulled from, so that no policy by image will match; `--image HOST/PATH:TAG` says it",
                    artifact.name
                ));
                continue;
            };
            for (whose, other) in [("server.json", &entry), ("index.json", &own)] {
                if let Some(other) = other.as_ref().filter(|other| other.repository() != named.repository()) {
                    notes.push(format!("`{}` is signed as {named}, {whose} calls it {other}", artifact.name));
                }
            }
            names.insert(image.top.digest, named.clone().or_tag(tag.as_deref()));
        }
        Ok((Self(names), notes))
    }

    /// The package URL of the image that an artifact is, where that has a name.
    pub(crate) fn purl(&self, artifact: &Artifact) -> Option<Purl> {
        let digest = artifact.digests.sha256;
        self.0.get(&digest)?.purl(Some(digest)).ok()
    }

    /// The names of an image and of each platform's: whoever runs one pulls that by its own digest.
    pub(super) fn packages(&self, artifact: &Artifact) -> Vec<PackageBinding> {
        let Some(named) = self.0.get(&artifact.digests.sha256) else { return Vec::new() };
        let ArtifactKind::Image(image) = &artifact.kind else { return Vec::new() };
        let purls = digests(image).filter_map(|subject| Some((named.purl(Some(subject)).ok()?, subject)));
        purls.map(|(purl, subject)| PackageBinding { purl: purl.to_string(), subject }).collect()
    }

    /// The root of an SBOM of an artifact: an image by its name.
    pub(super) fn root_component(&self, artifact: &Artifact) -> RootComponent {
        let root = artifact.root_component();
        match self.purl(artifact) {
            Some(purl) => RootComponent {
                name: purl.name(),
                version: purl.version().map(str::to_owned),
                purl: Some(purl.to_string()),
                ..root
            },
            None => root,
        }
    }
}

/// By which an image is pulled: its own, and each platform's.
fn digests(image: &Image) -> impl Iterator<Item = Sha256Digest> {
    std::iter::once(&image.top).chain(&image.manifests).map(|manifest| manifest.digest)
}

fn has(image: &Image, digest: Sha256Digest) -> bool {
    digests(image).any(|own| own == digest)
}

/// The image that `packages[]` of server.json names, where it can be this one; and why not. Of several images in one release it
/// means the one whose digest it states.
fn of_entry(
    artifact: &Artifact,
    image: &Image,
    server_json: Option<&Json>,
    alone: bool,
) -> (Option<ImageReference>, Vec<String>) {
    let mut notes = Vec::new();
    let Some(entry) = server_json else { return (None, notes) };
    let text = |json: &Json, member: &str| json.get(member).and_then(Json::as_str).map(str::to_owned);
    // Another server's entry, which is said where the server's name is chosen.
    if artifact.mcp_name().zip(text(entry, "name")).is_some_and(|(own, theirs)| own != theirs) {
        return (None, notes);
    }
    let packages = entry.get("packages").and_then(Json::as_array).unwrap_or_default();
    let mut named: Vec<ImageReference> = Vec::new();
    for package in packages.iter().filter(|package| text(package, "registryType").as_deref() == Some("oci")) {
        let identifier = text(package, "identifier").unwrap_or_default();
        let host = text(package, "registryBaseUrl");
        match entered(&identifier, host.as_deref(), text(package, "version").as_deref()) {
            Some(reference) => match reference.digest() {
                Some(digest) if !has(image, digest) => notes.push(format!(
                    "server.json has the image {reference}, `{}` is sha256:{}",
                    artifact.name, image.top.digest
                )),
                None if !alone => {}
                _ => named.push(reference),
            },
            None => notes.push(format!(
                "server.json names the image `{identifier}`, which does not say where it is pulled from"
            )),
        }
    }
    let repositories: BTreeSet<String> = named.iter().map(ImageReference::repository).collect();
    if repositories.len() > 1 {
        let several: Vec<String> = repositories.into_iter().collect();
        notes.push(format!(
            "server.json names several images ({}), and does not say which `{}` is",
            several.join(", "),
            artifact.name
        ));
        return (None, notes);
    }
    (named.into_iter().next(), notes)
}

/// The whole reference that an entry means: written out, or as entries had it before, with host and tag apart.
fn entered(identifier: &str, host: Option<&str>, version: Option<&str>) -> Option<ImageReference> {
    let whole = |text: &str| ImageReference::parse(text).ok().filter(ImageReference::is_full);
    let read = whole(identifier).or_else(|| {
        let host = host?.strip_prefix("https://")?.trim_end_matches('/');
        whole(&format!("{host}/{identifier}"))
    })?;
    Some(read.or_tag(version))
}

/// What index.json calls an image: the one whole reference among its names, and the one tag.
fn of_layout(image: &Image) -> (Option<ImageReference>, Option<String>) {
    let is_this =
        |one: &ImageReference| one.is_full() && one.digest().is_none_or(|digest| digest == image.top.digest);
    let read = image.names.iter().filter_map(|name| ImageReference::parse(name).ok());
    let whole: Vec<ImageReference> = read.filter(is_this).collect();
    let repositories: BTreeSet<String> = whole.iter().map(ImageReference::repository).collect();
    let mut tags: BTreeSet<&str> = whole.iter().filter_map(ImageReference::tag).collect();
    if tags.is_empty() {
        tags.extend(image.names.iter().map(String::as_str).filter(|name| !name.contains(['/', ':', '@'])));
    }
    // Of several none is the one that it is pulled by.
    let tag = if tags.len() == 1 { tags.pop_first() } else { None };
    let named = if repositories.len() == 1 { whole.first() } else { None };
    (named.map(|one| one.clone().without_tag().or_tag(tag)), tag.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use mcpsign_collect::image::ImageManifest;
    use mcpsign_schemas::canonical::Limits;
    use mcpsign_schemas::digest::MeasuredDigests;

    use super::*;

    const WHOLE: &str = "registry.example/acme/notes:1.4.0";

    fn digest(of: &str) -> Sha256Digest {
        Sha256Digest::of(of.as_bytes())
    }

    /// A layout of two platforms that index.json calls so.
    fn layout(name: &str, names: &[&str]) -> Artifact {
        let manifest = |of: &str| ImageManifest {
            digest: digest(&format!("{name} {of}")),
            size: 1,
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            platform: None,
        };
        let image = Image {
            top: manifest("top"),
            manifests: vec![manifest("amd64"), manifest("arm64")],
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            mcp_name: Some("io.github.acme/notes".into()),
            licenses: Vec::new(),
            size: 3,
            documents: Vec::new(),
            gaps: Vec::new(),
        };
        Artifact {
            path: name.into(),
            name: name.into(),
            digests: MeasuredDigests { sha256: image.top.digest, sha512: None },
            kind: ArtifactKind::Image(image),
            identity: Vec::new(),
            size: 3,
            documents: Vec::new(),
            gaps: Vec::new(),
            is_whole: true,
            stamp: None,
            keeps_modes: true,
        }
    }

    fn entry(packages: &str) -> Json {
        let text = format!(r#"{{"name":"io.github.acme/notes","packages":[{packages}]}}"#);
        Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap()
    }

    fn oci(identifier: &str) -> Json {
        entry(&format!(r#"{{"registryType":"oci","identifier":"{identifier}"}}"#))
    }

    /// As what the layout is signed, and what is said of it.
    fn named(layout: &Artifact, given: Option<&str>, entry: Option<&Json>) -> (Option<String>, Vec<String>) {
        let given = given.map(|given| ImageReference::parse(given).unwrap());
        let (names, notes) = ImageNames::of(std::iter::once(layout), given.as_ref(), entry).unwrap();
        (names.0.values().next().map(ToString::to_string), notes)
    }

    #[test]
    fn an_image_and_each_of_its_platforms_is_called_by_its_own_digest() {
        let layout = layout("layout", &[WHOLE]);
        let (names, notes) = ImageNames::of(std::iter::once(&layout), None, None).unwrap();
        assert_eq!(notes, [] as [String; 0]);
        let packages = names.packages(&layout);
        let expected = ["layout top", "layout amd64", "layout arm64"].map(|of| {
            let digest = digest(of);
            let purl = format!(
                "pkg:oci/notes@sha256:{digest}?repository_url=registry.example%2Facme%2Fnotes&tag=1.4.0"
            );
            assert_eq!(Purl::parse(&purl).unwrap().version(), Some(format!("sha256:{digest}").as_str()));
            (Purl::parse(&purl).unwrap().to_string(), digest)
        });
        let found: Vec<(String, Sha256Digest)> =
            packages.into_iter().map(|package| (package.purl, package.subject)).collect();
        assert_eq!(found, expected);
        let root = names.root_component(&layout);
        assert_eq!((root.name.as_str(), root.purl.as_deref()), ("notes", Some(expected[0].0.as_str())));
    }

    #[test]
    fn names_come_from_who_has_the_most_right_to_give_them() {
        let plain = layout("layout", &["1.4.0"]);
        let whole = layout("layout", &["1.4.0", WHOLE]);
        let elsewhere = oci("registry.example/acme/entry:2");
        let given = "registry.example/acme/given";
        for (layout, flag, entry, name, said) in [
            (&plain, None, None, None, 1),
            (&whole, None, None, Some(WHOLE), 0),
            (&plain, None, Some(&elsewhere), Some("registry.example/acme/entry:2"), 0),
            (&whole, None, Some(&elsewhere), Some("registry.example/acme/entry:2"), 1),
            (&whole, Some(WHOLE), Some(&elsewhere), Some(WHOLE), 1),
            // index.json has the tag.
            (&plain, Some(given), None, Some("registry.example/acme/given:1.4.0"), 0),
            (&whole, Some(given), Some(&elsewhere), Some("registry.example/acme/given:1.4.0"), 2),
        ] {
            let (found, notes) = named(layout, flag, entry);
            assert_eq!((found.as_deref(), notes.len()), (name, said), "{flag:?} {notes:?}");
        }
    }

    #[test]
    fn what_index_json_says_counts_where_it_says_one_thing() {
        for (names, expected) in [
            (&["latest"][..], None),
            (&[WHOLE, "registry.example/acme/notes:latest"], Some("registry.example/acme/notes")),
            (&[WHOLE, "registry.example/others/notes:1.4.0"], None),
            (&["acme/notes:1.4.0"], None),
            (&["registry.example/acme/notes", "V1"], Some("registry.example/acme/notes:V1")),
            (&["registry.example/acme/notes", "1", "2"], Some("registry.example/acme/notes")),
            (&["registry.example/Acme/notes:1", "not a name"], None),
        ] {
            assert_eq!(named(&layout("layout", names), None, None).0.as_deref(), expected, "{names:?}");
        }
        let other = format!("registry.example/acme/notes@sha256:{}", digest("another"));
        assert_eq!(named(&layout("layout", &[&other]), None, None).0, None);
    }

    #[test]
    fn an_entry_counts_where_it_can_mean_the_image() {
        let it = layout("layout", &[]);
        let by_digest = |of: &str| format!("registry.example/acme/notes@sha256:{}", digest(of));
        let apart = r#"{"registryType":"oci","registryBaseUrl":"https://registry.example","identifier":"acme/notes","version":"1.4.0"}"#;
        let two = r#"{"registryType":"oci","identifier":"registry.example/a"},{"registryType":"oci","identifier":"registry.example/b"}"#;
        for (entry, expected) in [
            (oci(WHOLE), Some(WHOLE.to_owned())),
            (entry(apart), Some(WHOLE.to_owned())),
            (oci(&by_digest("layout top")), Some(by_digest("layout top"))),
            (oci(&by_digest("layout arm64")), Some(by_digest("layout arm64"))),
            (oci(&by_digest("another")), None),
            (oci("acme/notes:1.4.0"), None),
            (entry(two), None),
            (entry(r#"{"registryType":"npm","identifier":"registry.example/a"}"#), None),
        ] {
            let (found, notes) = named(&it, None, Some(&entry));
            assert_eq!(found, expected, "{notes:?}");
            assert_eq!(notes.is_empty(), expected.is_some(), "{notes:?}");
        }
        // Another server's.
        let mut others = oci(WHOLE);
        others.as_object_mut().unwrap().insert("name".into(), Json::String("io.github.acme/other".into()));
        assert_eq!(named(&it, None, Some(&others)).0, None);
        // Of two images it means the one whose digest it has.
        let other = layout("other", &[]);
        let both = |entry: &Json| {
            let (names, _) = ImageNames::of([&it, &other].into_iter(), None, Some(entry)).unwrap();
            names.0.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(both(&oci(&by_digest("other top"))), [digest("other top")]);
        assert_eq!(both(&oci(WHOLE)), [] as [Sha256Digest; 0]);
    }

    #[test]
    fn b37_an_image_that_is_named_by_another_digest_is_refused() {
        let it = layout("layout", &[]);
        let of = |of: &str| {
            let given = ImageReference::parse(&format!("{WHOLE}@sha256:{}", digest(of))).unwrap();
            ImageNames::of(std::iter::once(&it), Some(&given), None).is_ok()
        };
        assert!(of("layout top") && of("layout amd64") && !of("another"));
    }
}
