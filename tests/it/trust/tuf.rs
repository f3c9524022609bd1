//! `trust update` against repositories that python-tuf made, and against those who lie about them. Whatever is refused,
//! what was known before stays.

use jiff::Timestamp;
use mcpsign_collect::http::{self, Client, Options, PlainHttp};
use mcpsign_evidence::trust::{self, Loaded, Store, TrustError, UpdateRequest, Updated};
use mcpsign_verifier::{RootSource, SigstoreRoot};

use super::served::{Answer, Mirror, fixture};

const NAME: &str = "acme";

struct Case {
    mirror: Mirror,
    folder: tempfile::TempDir,
    now: Timestamp,
}

impl Case {
    fn of(repository: &str) -> Self {
        Self {
            mirror: Mirror::of(repository),
            folder: tempfile::tempdir().unwrap(),
            now: "2026-11-29T00:00:00Z".parse().unwrap(),
        }
    }

    /// Fetched once, honestly.
    fn fetched(repository: &str) -> Self {
        let case = Self::of(repository);
        case.begin(repository).unwrap();
        case
    }

    fn store(&self) -> Store {
        Store::at(&self.folder.path().join("trust"))
    }

    fn begin(&self, repository: &str) -> Result<Updated, TrustError> {
        self.update(Some(&fixture(&format!("{repository}/1.root.json"))))
    }

    fn update(&self, root: Option<&std::path::Path>) -> Result<Updated, TrustError> {
        let url = self.mirror.url().parse().unwrap();
        let request = UpdateRequest { name: NAME, mirror: Some(&url), root };
        trust::update(&self.store(), &request, &client(), self.now)
    }

    fn load(&self) -> Result<Loaded, TrustError> {
        trust::load(&self.store(), NAME)
    }

    /// What the store holds, byte by byte.
    fn kept(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("trust/acme.json")).unwrap()
    }

    /// The update is refused for a reason that says so, and nothing changed.
    #[track_caller]
    fn refused(&self, says: &str) {
        let (kept, before) = (self.kept(), self.load().unwrap().root.digest());
        let error = self.update(None).unwrap_err();
        let said = chain(&error);
        assert!(matches!(error, TrustError::Update { .. }), "{said}");
        assert!(said.contains(says), "{said}");
        assert_eq!(self.kept(), kept, "what was known stays");
        assert_eq!(self.load().unwrap().root.digest(), before);
        let files = std::fs::read_dir(self.folder.path().join("trust")).unwrap().count();
        assert_eq!(files, 1, "nothing half-written is left");
    }
}

fn client() -> Client {
    http::client(&Options { plain_http: PlainHttp::Loopback, ..Options::default() }).unwrap()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    said
}

fn logs(root: &SigstoreRoot) -> usize {
    root.services().len()
}

#[test]
fn a_repository_is_fetched_and_loads_without_it() {
    let case = Case::of("first");
    let updated = case.begin("first").unwrap();
    assert!(updated.changed && !updated.replaced);
    assert_eq!(logs(&updated.loaded.root), 1);
    assert!(updated.loaded.signing_config.is_some());
    let again = case.update(None).unwrap();
    assert!(!again.changed);

    let asked = case.mirror.asked();
    let loaded = case.load().unwrap();
    let origin = loaded.root.origin().unwrap();
    let tuf = origin.tuf.unwrap();
    assert_eq!((origin.name.as_str(), origin.source), (NAME, RootSource::Cache));
    assert_eq!((tuf.root_version, tuf.as_of), (2, case.now));
    assert_eq!(tuf.expires.to_string(), "2099-01-01T00:00:00Z");
    assert_eq!(case.mirror.asked(), asked, "loading asks nobody");

    // A newer trust root, and one more root on the way to it.
    case.mirror.serve("second");
    let updated = case.update(None).unwrap();
    assert!(updated.changed);
    assert_eq!(logs(&updated.loaded.root), 2);
    assert_eq!(case.load().unwrap().root.origin().unwrap().tuf.unwrap().root_version, 3);
}

#[test]
#[cfg(unix)]
fn what_is_kept_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let case = Case::fetched("first");
    let mode = |path: &str| case.folder.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("trust"), mode("trust/acme.json")), (0o700, 0o600));
}

#[test]
fn an_older_repository_is_a_rollback() {
    let case = Case::fetched("second");
    case.mirror.serve("first");
    case.refused("rollback detected for timestamp");
}

#[test]
fn a_repository_that_stands_still_is_frozen() {
    let case = Case::fetched("second");
    case.mirror.overlay("frozen");
    case.refused("timestamp metadata expired at 2026-01-01T00:00:00Z");
    // So is one whose newest timestamp has become too old meanwhile.
    let mut case = Case::fetched("second");
    case.now = "2100-01-01T00:00:00Z".parse().unwrap();
    case.refused("expired at 2099-01-01T00:00:00Z");
}

#[test]
fn metadata_of_two_times_do_not_mix() {
    let case = Case::fetched("first");
    case.mirror.serve("second");
    let (name, _) = case.mirror.file("3.snapshot.json");
    let old = std::fs::read(fixture("first/2.snapshot.json")).unwrap();
    case.mirror.answer(&name, Answer::Bytes(old));
    case.refused("integrity check failed: snapshot.json");

    let case = Case::fetched("first");
    case.mirror.serve("second");
    let old = std::fs::read(fixture("first/2.targets.json")).unwrap();
    case.mirror.answer("3.targets.json", Answer::Bytes(old));
    case.refused("integrity check failed: targets.json");
}

#[test]
fn a_signature_short_of_the_threshold_or_by_somebody_else_is_none() {
    for (lie, says) in [
        ("threshold", "signature threshold not met for role root: 1/2"),
        ("usurped", "signature threshold not met for role root: 0/2"),
        ("forged", "signature threshold not met for role timestamp: 0/1"),
    ] {
        let case = Case::fetched("second");
        case.mirror.overlay(lie);
        case.refused(says);
    }
    // An old root in a new one's place.
    let case = Case::fetched("second");
    let old = std::fs::read(fixture("second/2.root.json")).unwrap();
    case.mirror.answer("4.root.json", Answer::Bytes(old));
    case.refused("root version must increment by one");
}

#[test]
fn a_root_that_has_expired_leads_to_nothing_new() {
    let case = Case::fetched("second");
    case.mirror.overlay("expired-root");
    case.refused("root metadata expired at 2026-01-01T00:00:00Z");
}

#[test]
fn other_bytes_than_the_metadata_name_are_refused() {
    let case = Case::fetched("first");
    case.mirror.serve("second");
    let (name, mut bytes) = case.mirror.file(".trusted_root.json");
    let at = bytes.iter().position(|byte| *byte == b'1').unwrap();
    bytes[at] = b'2';
    case.mirror.answer(&name, Answer::Bytes(bytes.clone()));
    case.refused("trusted_root.json: sha256 mismatch");
    bytes.truncate(10);
    case.mirror.answer(&name, Answer::Bytes(bytes));
    case.refused("trusted_root.json: length 10");
}

#[test]
fn endless_answers_end() {
    for file in ["3.root.json", "timestamp.json", "3.snapshot.json", "3.targets.json"] {
        let case = Case::fetched("first");
        case.mirror.serve("second");
        case.mirror.answer(file, Answer::Endless);
        case.refused("the answer has more than");
    }
    let case = Case::fetched("first");
    case.mirror.serve("second");
    let (name, _) = case.mirror.file(".trusted_root.json");
    case.mirror.answer(&name, Answer::Endless);
    case.refused("the answer has more than");
}

#[test]
fn a_mirror_that_fails_is_no_repository_without_it() {
    for status in [500, 503, 429, 302] {
        let case = Case::fetched("first");
        case.mirror.answer("timestamp.json", Answer::Status(status));
        case.refused("transport error");
    }
    // That there is no newer root is said by 404 and 403 alone.
    let case = Case::fetched("first");
    case.mirror.answer("3.root.json", Answer::Status(500));
    case.refused("500");
    case.mirror.answer("3.root.json", Answer::Status(403));
    case.update(None).unwrap();
}

#[test]
fn a_repository_without_a_usable_trust_root_is_of_no_use() {
    for (repository, says) in [
        ("no-target", "target \"trusted_root.json\" is not listed"),
        ("unusable", "the trust root that it distributes cannot be used"),
    ] {
        let case = Case::of(repository);
        let error = case.begin(repository).unwrap_err();
        assert!(chain(&error).contains(says), "{}", chain(&error));
        assert!(!case.folder.path().join("trust").exists(), "nothing was written");
    }
}

/// Any change to what is kept is found when it is read: it is verified from the first root on, each time.
#[test]
fn what_is_kept_is_not_believed_unseen() {
    let case = Case::fetched("second");
    let kept = String::from_utf8(case.kept()).unwrap();
    let path = case.folder.path().join("trust/acme.json");
    let first = case.load().unwrap().root.digest();
    let mut entry: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let names: Vec<String> = entry["root"]["tuf"]["files"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "root_history/1.root.json",
            "root_history/2.root.json",
            "root_history/3.root.json",
            "snapshot.json",
            "targets.json",
            "targets/signing_config.v0.2.json",
            "targets/trusted_root.json",
            "timestamp.json",
        ]
    );
    for name in names.iter().skip(1) {
        let files = &mut entry["root"]["tuf"]["files"];
        let good = files[name].as_str().unwrap().to_owned();
        // Another digit: of a version, a hash, a time, a key.
        let at = good.rfind(|c: char| c.is_ascii_digit()).unwrap();
        let digit = if good.as_bytes()[at] == b'7' { "8" } else { "7" };
        let mut bad = good.clone();
        bad.replace_range(at..=at, digit);
        files[name] = bad.into();
        std::fs::write(&path, entry.to_string()).unwrap();
        assert!(matches!(case.load(), Err(TrustError::Stored { .. })), "{name}");
        let files = entry["root"]["tuf"]["files"].as_object_mut().unwrap();
        files.remove(name);
        std::fs::write(&path, entry.to_string()).unwrap();
        match case.load() {
            // A shorter chain is a chain; whoever may write here could as well have kept the update away.
            Ok(loaded) if name == "root_history/3.root.json" => {
                assert_eq!(loaded.root.origin().unwrap().tuf.unwrap().root_version, 2);
            }
            Err(TrustError::Stored { .. }) => {}
            other => panic!("{name}: {other:?}"),
        }
        entry["root"]["tuf"]["files"][name] = good.into();
    }
    std::fs::write(&path, &kept).unwrap();
    assert_eq!(case.load().unwrap().root.digest(), first);
    // Another repository's files, in order in themselves, are not what the first root leads to.
    let mut other = Case::of("aged");
    other.now = "2025-12-01T00:00:00Z".parse().unwrap();
    other.begin("aged").unwrap();
    let other: serde_json::Value = serde_json::from_slice(&other.kept()).unwrap();
    entry["root"]["tuf"]["files"] = other["root"]["tuf"]["files"].clone();
    std::fs::write(&path, entry.to_string()).unwrap();
    assert!(matches!(case.load(), Err(TrustError::Stored { .. })));
}

/// Online metadata are always stale without a network: that is none of the reader's business. The root's own expiry is.
#[test]
fn without_a_network_only_the_root_s_expiry_counts() {
    let mut case = Case::of("aged");
    case.now = "2025-12-01T00:00:00Z".parse().unwrap();
    case.begin("aged").unwrap();
    let tuf = case.load().unwrap().root.origin().unwrap().tuf.unwrap();
    assert_eq!(tuf.expires.to_string(), "2026-01-01T00:00:00Z");
    case.now = "2026-11-29T00:00:00Z".parse().unwrap();
    case.refused("root metadata expired at 2026-01-01T00:00:00Z");
}

#[test]
fn a_name_begins_with_one_root() {
    let case = Case::fetched("second");
    let url = case.mirror.url().parse().unwrap();
    let other = fixture("aged/1.root.json");
    let request = UpdateRequest { name: NAME, mirror: Some(&url), root: Some(&other) };
    let refused = trust::update(&case.store(), &request, &client(), case.now);
    assert!(matches!(refused, Err(TrustError::Taken { .. })));
    for built_in in ["public-good", "github"] {
        let request = UpdateRequest { name: built_in, mirror: Some(&url), root: Some(&other) };
        let refused = trust::update(&case.store(), &request, &client(), case.now);
        assert!(matches!(refused, Err(TrustError::Taken { .. })));
        // A mirror of something else does not become what is built in.
        let request = UpdateRequest { root: None, ..request };
        let refused = trust::update(&case.store(), &request, &client(), case.now).unwrap_err();
        assert!(matches!(refused, TrustError::Update { .. }), "{}", chain(&refused));
        assert_eq!(
            trust::load(&case.store(), built_in).unwrap().root.origin().unwrap().source,
            RootSource::Embedded
        );
    }
}
