//! Images in a tar archive that lies in memory: what their layers hold once each was unpacked over the others.
//!
//! Nothing is checked, for the archive is covered by a digest of its own. What does not lead to layers leaves the archive to be read as
//! any other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;

use mcpsign_schemas::canonical::{Json, Limits};

use super::document::{Index, MAX_DOCUMENT, Manifest};
use super::media::{self, Kind};
use super::{INDEX, MARK, contents, layers};
use crate::catalog::{Document, Keeper, TOO_MANY};

/// Entries that are looked at, as in any archive of an image.
const MAX_ENTRIES: usize = 100_000;

/// Indexes in each other.
const MAX_DEPTH: usize = 4;

/// Layers of all images of one archive, each as often as it is listed, and times the files that are held against them: an image for
/// four platforms has a hundred layers, and some thousand files that say what it is made of.
const MAX_LISTED: usize = 2000;
const MAX_HELD: usize = 20_000_000;

/// What `docker save` lists its images in.
const DOCKER: &str = "manifest.json";

/// The images of an archive.
pub(crate) struct PackedImages {
    /// Files in their layers that a cataloger reads, of all of them, each once.
    pub(crate) documents: Vec<Document>,
    /// What of the layers was not read, fit to be shown.
    pub(crate) gaps: Vec<String>,
    /// Names of the entries that are layers.
    pub(crate) layers: BTreeSet<String>,
}

/// Reads the images in the tar archive that `bytes` are; `None` where there are none that are listed in a form that is read.
pub(crate) fn packed(bytes: &[u8], keeper: &Keeper) -> Option<PackedImages> {
    let files = files(bytes)?;
    let mut images = Vec::new();
    if files.contains_key(MARK) {
        let index = Index::parse(INDEX, files.get(INDEX)?, media::OCI_INDEX).ok()?;
        of_index(&files, index, 0, &mut images)?;
    }
    if let Some(listed) = files.get(DOCKER) {
        images.extend(of_docker(listed)?);
    }
    images.dedup();
    let listed: usize = images.iter().map(Vec::len).sum();
    if images.is_empty() || listed > MAX_LISTED {
        return None;
    }
    let named: BTreeSet<String> = images.iter().flatten().cloned().collect();
    let there = named.iter().filter_map(|name| Some((name.clone(), *files.get(name.as_str())?)));
    let read = there.map(|(name, layer)| {
        let size = layer.len() as u64;
        (name, layers::read(layer, size, keeper, keeper.budget()))
    });
    let read: BTreeMap<String, layers::Layer> = read.collect();
    let missing = named.iter().filter(|name| !read.contains_key(*name)).count();
    let held = read.values().map(layers::Layer::len).sum::<usize>().saturating_mul(listed);
    if held > MAX_HELD {
        images.clear();
    }
    let (documents, gaps) = contents(&images, &read, String::clone);
    let gaps = gaps.into_iter().map(|gap| format!("`{}`: {}", gap.path.unwrap_or_default(), gap.reason));
    let lacking = (missing > 0).then(|| format!("an image {missing} of whose layers are not there"));
    let too_many = (held > MAX_HELD).then(|| TOO_MANY.to_owned());
    Some(PackedImages { documents, gaps: gaps.chain(lacking).chain(too_many).collect(), layers: named })
}

/// Every file of the archive by its name, the last of a name. Headers are read raw: names of images are short.
fn files(bytes: &[u8]) -> Option<HashMap<String, &[u8]>> {
    let mut files = HashMap::new();
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    for entry in archive.entries_with_seek().ok()?.raw(true).take(MAX_ENTRIES) {
        let entry = entry.ok()?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let start = usize::try_from(entry.raw_file_position()).ok()?;
        let size = usize::try_from(entry.header().entry_size().ok()?).ok()?;
        let name = String::from_utf8(entry.header().path_bytes().into_owned()).ok();
        let content = bytes.get(start..start.checked_add(size)?)?;
        if let Some(name) = name {
            files.insert(name.strip_prefix("./").unwrap_or(&name).to_owned(), content);
        }
    }
    Some(files)
}

/// The layers of every image that an index leads to, the lowest first.
fn of_index(
    files: &HashMap<String, &[u8]>,
    index: Index,
    depth: usize,
    images: &mut Vec<Vec<String>>,
) -> Option<()> {
    for listed in index.manifests.into_iter().filter(|listed| !listed.is_attestation()) {
        let path = listed.path();
        let document = files.get(path.as_str())?;
        match Kind::of(&listed.media_type) {
            Kind::Index if depth < MAX_DEPTH => {
                of_index(files, Index::parse(&path, document, &listed.media_type).ok()?, depth + 1, images)?;
            }
            Kind::Manifest if images.len() <= MAX_LISTED => {
                let manifest = Manifest::parse(&path, document, &listed.media_type).ok()?;
                images.push(manifest.layers.iter().map(super::descriptor::Descriptor::path).collect());
            }
            _ => return None,
        }
    }
    Some(())
}

/// The same of Docker's list.
fn of_docker(listed: &[u8]) -> Option<Vec<Vec<String>>> {
    let json = Json::parse(listed, Limits::bytes(MAX_DOCUMENT)).ok()?;
    let layers = |image: &Json| {
        let layers = image.get("Layers")?.as_array()?.iter();
        layers.map(|layer| layer.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    json.as_array()?.iter().map(layers).collect()
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::digest::Sha256Digest;

    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *content).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn blob(bytes: &[u8]) -> String {
        format!("blobs/sha256/{}", Sha256Digest::of(bytes))
    }

    fn paths(archive: &[u8]) -> Option<(Vec<String>, usize)> {
        let found = packed(archive, &Keeper::of_catalogers())?;
        Some((found.documents.iter().map(|document| document.path.to_string()).collect(), found.gaps.len()))
    }

    #[test]
    fn what_a_layer_takes_away_is_gone() {
        let base =
            tar(&[("app/node_modules/gone/package.json", b"{}"), ("app/node_modules/a/package.json", b"{}")]);
        let top = tar(&[("app/node_modules/.wh.gone", b""), ("etc/os-release", b"ID=x\n")]);
        let left = ["app/node_modules/a/package.json", "etc/os-release"].map(str::to_owned).to_vec();

        let docker = br#"[{"Config":"c.json","RepoTags":["x:1"],"Layers":["b/layer.tar","t/layer.tar"]}]"#;
        let saved = tar(&[
            ("b/layer.tar", &base),
            ("t/layer.tar", &top),
            ("c.json", b"{}"),
            ("manifest.json", docker),
        ]);
        assert_eq!(paths(&saved), Some((left.clone(), 0)));
        let without = tar(&[("b/layer.tar", &base), ("manifest.json", docker)]);
        assert_eq!(paths(&without).map(|(paths, gaps)| (paths.len(), gaps)), Some((2, 1)));

        let layer = |bytes: &[u8]| {
            serde_json::json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "size": bytes.len(),
                "digest": format!("sha256:{}", Sha256Digest::of(bytes)) })
        };
        let of = |ty: &str, bytes: &[u8]| serde_json::json!({ "mediaType": ty, "size": bytes.len(), "digest": format!("sha256:{}", Sha256Digest::of(bytes)) });
        let config = of("application/vnd.oci.image.config.v1+json", b"{}");
        let manifest = serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [layer(&base), layer(&top)] });
        let manifest = manifest.to_string();
        let index = serde_json::json!({ "schemaVersion": 2,
            "manifests": [of("application/vnd.oci.image.manifest.v1+json", manifest.as_bytes())] });
        let index = index.to_string();
        let (base_name, top_name, name) = (blob(&base), blob(&top), blob(manifest.as_bytes()));
        let files: [(&str, &[u8]); 5] = [
            ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
            ("index.json", index.as_bytes()),
            (&name, manifest.as_bytes()),
            (&base_name, &base),
            (&top_name, &top),
        ];
        assert_eq!(paths(&tar(&files)), Some((left, 0)));
    }

    #[test]
    fn what_leads_to_no_layers_is_no_image() {
        for files in [
            &[("a", &b"x"[..])][..],
            &[("manifest.json", b"{}")],
            &[("manifest.json", b"[]")],
            &[("manifest.json", br#"[{"Layers":[1]}]"#)],
            &[("oci-layout", b"{}"), ("index.json", b"{}")],
            &[("oci-layout", b"{}")],
        ] {
            assert_eq!(paths(&tar(files)), None, "{files:?}");
        }
        assert_eq!(paths(b"no archive"), None);
    }
}
