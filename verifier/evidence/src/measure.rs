//! What lies at a reference, seen with our own eyes.

use mcpsign_collect::artifact::{self, Artifact, ArtifactError, ArtifactKind};
use mcpsign_collect::catalog::{InventoryRoot, TOO_MANY, inventory};
use mcpsign_schemas::code;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::{Form, Gap, Got, MeasuredArtifact};

use crate::reference::Reference;

/// What was measured at a reference.
#[derive(Debug)]
pub struct Measurement {
    /// To be held against what was signed.
    pub artifact: MeasuredArtifact,
    /// Why it must not be allowed whatever was signed: readers could take it differently, or no listing may hold it. Of such a
    /// file only the bytes were measured, so that one which was tampered with is told from one that was signed so.
    pub unfit: Option<ArtifactError>,
    /// What nobody has looked into yet.
    pub unseen: Unseen,
}

/// What an artifact is made of, as long as it concerns nobody: making that out takes more time than reading the artifact, and how
/// much whoever made it decides.
#[derive(Debug, Default)]
pub struct Unseen(Option<Artifact>);

impl Unseen {
    /// Finds it out. Where it takes what lies in archives the artifact is read once more.
    ///
    /// # Errors
    /// When it cannot be read again, or is another one then.
    pub fn contents(self) -> Result<Got<Inventory>, ArtifactError> {
        let Some(artifact) = self.0 else { return Ok(Got::not_asked()) };
        if artifact.is_whole {
            return Ok(contents(&artifact));
        }
        let again = artifact::open(&artifact.path)?;
        if again.digests == artifact.digests {
            Ok(contents(&again))
        } else {
            Err(ArtifactError::Changed { path: artifact.path })
        }
    }
}

/// Reads and hashes what the reference names, and looks into nothing.
///
/// # Errors
/// When it is not there, cannot be read, or is of a kind that is never signed.
pub fn measure(reference: &Reference) -> Result<Measurement, ArtifactError> {
    if let Some(endpoint) = reference.endpoint() {
        return Ok(Measurement { artifact: remote(endpoint), unfit: None, unseen: Unseen::default() });
    }
    match artifact::measure(reference.path()) {
        Ok(found) => {
            let artifact = MeasuredArtifact {
                asked: reference.asked().map(str::to_owned),
                ..of(&found, reference.shown(), Got::not_asked())
            };
            Ok(Measurement { artifact, unfit: None, unseen: Unseen(Some(found)) })
        }
        Err(error) => {
            let (digests, unlisted) = match &error {
                ArtifactError::Archive { digests, .. } | ArtifactError::Image { digests, .. } => {
                    (**digests, false)
                }
                ArtifactError::Tree { source, .. } if source.is_of_the_tree() => (NO_DIGEST, true),
                _ => return Err(error),
            };
            let artifact = MeasuredArtifact {
                reference: reference.shown().to_owned(),
                name: reference.name().to_owned(),
                form: Form::Unfit { why: why(&error), unlisted },
                digests,
                identity: Vec::new(),
                asked: reference.asked().map(str::to_owned),
                contents: Got::not_asked(),
            };
            Ok(Measurement { artifact, unfit: Some(error), unseen: Unseen::default() })
        }
    }
}

/// Stands where there is no digest: nothing has this one.
const NO_DIGEST: MeasuredDigests =
    MeasuredDigests { sha256: Sha256Digest::from_bytes([0; 32]), sha512: None };

/// An error and its causes in one sentence.
fn why(error: &ArtifactError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    escape(&if causes.is_empty() { error.to_string() } else { causes.join(": ") })
}

/// The measurement that a remote server is: its address, and nothing that it shows.
pub fn remote(endpoint: &Endpoint) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: endpoint.as_str().to_owned(),
        name: endpoint.as_str().to_owned(),
        form: Form::Endpoint,
        digests: MeasuredDigests { sha256: endpoint.digest(), sha512: None },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    }
}

/// The measurement that an opened artifact is, with what it is made of; `shown` is what it was asked for by.
pub fn measured(artifact: &Artifact, shown: &str) -> MeasuredArtifact {
    of(artifact, shown, contents(artifact))
}

fn of(artifact: &Artifact, shown: &str, contents: Got<Inventory>) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: shown.to_owned(),
        name: artifact.name.clone(),
        form: match &artifact.kind {
            ArtifactKind::Tree(listing) if artifact.keeps_modes => Form::Tree(listing.clone()),
            ArtifactKind::Tree(listing) => Form::TreeWithoutModes(listing.clone()),
            ArtifactKind::File | ArtifactKind::Package(_) | ArtifactKind::Image(_) => Form::File,
        },
        digests: artifact.digests,
        identity: artifact.identity.clone(),
        // A path names no version; references by name do, and say so afterwards.
        asked: None,
        contents,
    }
}

/// What the artifact says by itself that it is made of: no project and no lock file beside it counts here.
fn contents(artifact: &Artifact) -> Got<Inventory> {
    match inventory(&InventoryRoot { artifact: Some(artifact), ..InventoryRoot::default() }) {
        Ok(found) => match found.gaps.iter().find(|gap| gap.reason.starts_with(TOO_MANY)) {
            // Of which nothing was kept, nothing is known.
            Some(gap) => unreadable(gap.reason.clone()),
            None => Got::Some(found),
        },
        Err(error) => unreadable(error.to_string()),
    }
}

fn unreadable(message: String) -> Got<Inventory> {
    Got::Missing(Gap { code: code::evidence::UNREADABLE, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::digest::Sha512Digest;

    fn measure_bytes(bytes: &[u8]) -> Measurement {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tgz");
        std::fs::write(&path, bytes).unwrap();
        measure(&Reference::parse(path.as_os_str()).unwrap()).unwrap()
    }

    #[test]
    fn m09_a_damaged_package_is_measured_and_still_unfit() {
        let package = br#"{"name":"a","version":"1.0.0"}"#;
        let mut header = tar::Header::new_ustar();
        header.set_size(package.len() as u64);
        header.set_mode(0o644);
        let mut tar =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        tar.append_data(&mut header, "package/package.json", &package[..]).unwrap();
        let mut bytes = tar.into_inner().unwrap().finish().unwrap();
        assert!(measure_bytes(&bytes).unfit.is_none());

        *bytes.last_mut().unwrap() ^= 1;
        let found = measure_bytes(&bytes);
        assert!(matches!(found.unfit, Some(ArtifactError::Archive { .. })));
        assert_eq!(found.artifact.digests.sha256, Sha256Digest::of(&bytes));
        assert_eq!(found.artifact.digests.sha512, Some(Sha512Digest::of(&bytes)));
        assert!(found.artifact.identity.is_empty());
    }

    #[test]
    fn b26_a_directory_that_no_listing_holds_is_measured_as_that() {
        let dir = tempfile::tempdir().unwrap();
        let reference = Reference::parse(dir.path().as_os_str()).unwrap();
        std::fs::write(dir.path().join("a"), "").unwrap();
        assert!(measure(&reference).unwrap().unfit.is_none());
        std::os::unix::fs::symlink("../../etc/passwd", dir.path().join("b")).unwrap();
        let Measurement { artifact, unfit, .. } = measure(&reference).unwrap();
        assert!(matches!(unfit, Some(ArtifactError::Tree { .. })), "{unfit:?}");
        let Form::Unfit { why, unlisted: true } = artifact.form else { panic!("{:?}", artifact.form) };
        assert!(why.contains("`b`"), "{why}");
        // What cannot be read says nothing of what it is.
        let gone = Reference::parse(dir.path().join("gone").as_os_str()).unwrap();
        assert!(matches!(measure(&gone), Err(ArtifactError::NotFound { .. })));
    }

    #[test]
    fn any_other_file_is_fit() {
        let found = measure_bytes(b"hello");
        assert!(found.unfit.is_none());
        assert_eq!(found.artifact.digests.sha256, Sha256Digest::of(b"hello"));
        assert_eq!(found.artifact.name, "a.tgz");
    }

    #[test]
    fn what_was_too_much_to_be_kept_is_not_empty() {
        let dir = tempfile::tempdir().unwrap();
        for at in 0..13 {
            let file = std::fs::File::create(dir.path().join(format!("{at}.cdx.json"))).unwrap();
            file.set_len(32 << 20).unwrap();
        }
        let contents = measure(&Reference::parse(dir.path().as_os_str()).unwrap()).unwrap().unseen.contents();
        let contents = contents.unwrap();
        assert!(
            matches!(&contents, Got::Missing(gap) if gap.code == code::evidence::UNREADABLE),
            "{contents:?}"
        );
    }

    /// A tarball of npm with another one in it.
    fn nesting() -> Vec<u8> {
        let tgz = |path: &str, bytes: &[u8], more: &[(&str, &[u8])]| {
            let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let mut tar = tar::Builder::new(gzip);
            for (path, bytes) in [(path, bytes)].iter().chain(more) {
                let mut header = tar::Header::new_ustar();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                tar.append_data(&mut header, path, *bytes).unwrap();
            }
            tar.into_inner().unwrap().finish().unwrap()
        };
        let inner = tgz("package/package.json", br#"{"name":"inner","version":"2.0.0"}"#, &[]);
        let outer = br#"{"name":"outer","version":"1.0.0"}"#;
        tgz("package/package.json", outer, &[("package/vendor/inner.tgz", &inner)])
    }

    #[test]
    fn archives_stay_closed_until_what_is_in_them_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tgz");
        std::fs::write(&path, nesting()).unwrap();
        let look = || measure(&Reference::parse(path.as_os_str()).unwrap()).unwrap();
        let found = look();
        assert!(
            matches!(&found.artifact.contents, Got::Missing(gap) if gap.code == code::evidence::NOT_LOOKED_AT)
        );
        assert!(matches!(&found.unseen, Unseen(Some(artifact)) if !artifact.is_whole));
        let Got::Some(contents) = found.unseen.contents().unwrap() else { panic!("nothing") };
        assert!(contents.packages.contains_key("pkg:npm/inner@2.0.0"), "{:?}", contents.packages.keys());
        // What was exchanged meanwhile is not what was measured.
        let before = look();
        let other = nesting().into_iter().chain([0]).collect::<Vec<u8>>();
        std::fs::write(&path, other).unwrap();
        assert!(before.unseen.contents().is_err());
    }
}
