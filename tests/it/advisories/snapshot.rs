//! Snapshots: what is made of sources, and that nothing makes one that is silently smaller.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use mcpsign_advisories::check::check;
use mcpsign_advisories::components::Component;
use mcpsign_evidence::advisories::store::{self, Demands, Snapshot};
use mcpsign_evidence::advisories::update::{Request, Updated, update};
use mcpsign_evidence::advisories::{AdvisoriesError, Origin};
use mcpsign_schemas::advisory::snapshot::SnapshotManifest;
use mcpsign_schemas::code::advisories as codes;

use super::forge::{self, archive, kev, put, record, records};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn kept(&self) -> PathBuf {
        self.dir.path().join("kept")
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        put(self.dir.path(), name, bytes)
    }

    fn update(&self, from: &[&Path]) -> Result<(SnapshotManifest, Vec<Updated>), AdvisoriesError> {
        self.update_with(from, |_| {})
    }

    fn update_with(
        &self,
        from: &[&Path],
        change: impl FnOnce(&mut Request<'_>),
    ) -> Result<(SnapshotManifest, Vec<Updated>), AdvisoriesError> {
        let kept = self.kept();
        let from: Vec<Origin> = from.iter().map(|path| Origin::parse(path.as_os_str()).unwrap()).collect();
        let mut request = Request {
            dir: &kept,
            from: &from,
            ecosystems: &[],
            ca: &[],
            kev: None,
            epss: None,
            force: false,
            tool: "test",
            now: now(),
        };
        change(&mut request);
        update(&request, None)
    }

    fn open(&self) -> Result<Snapshot, AdvisoriesError> {
        store::open(&self.kept(), Demands::default(), now())
    }

    fn manifest(&self) -> Option<Vec<u8>> {
        fs::read(self.kept().join("manifest.json")).ok()
    }
}

#[test]
fn a_folder_of_ecosystems_becomes_a_snapshot_and_only_what_changed_is_compiled_again() {
    let place = Place::new();
    let npm = place.put("osv/npm/all.zip", records(3));
    place.put(
        "osv/PyPI/all.zip",
        archive(&[("P-1.json", record("P-1", "a", "2").replace("npm", "PyPI").as_bytes())]),
    );
    place.put("osv/curated/C-1.json", record("C-1", "curated", "2.0.0"));
    place.put("osv/ecosystems.txt", "PyPI\nnpm\n");
    let osv = place.dir.path().join("osv");
    let (first, updated) = place.update(&[&osv]).unwrap();
    assert!(updated.iter().all(|source| source.changed));
    assert_eq!(first.segments.keys().collect::<Vec<_>>(), ["PyPI", "curated", "npm"]);
    assert_eq!(first.segments["npm"].counts.records, 3);

    let more = records(4);
    fs::write(&npm, &more).unwrap();
    let (second, updated) = place.update(&[&osv]).unwrap();
    let changed: Vec<&str> =
        updated.iter().filter(|source| source.changed).map(|source| source.name.as_str()).collect();
    assert_eq!(changed, ["npm"]);
    assert_eq!((second.segments["npm"].counts.records, second.segments["PyPI"].counts.records), (4, 1));

    // One source alone leaves the others as they are, and the file of before is gone.
    let (third, _) = place.update(&[&npm]).unwrap();
    assert_eq!(third.segments.keys().collect::<Vec<_>>(), ["PyPI", "curated", "npm"]);
    let files = fs::read_dir(place.kept()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<_> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    files.sort();
    assert_eq!(files, [".lock", &third.index.name, "manifest.json"]);
    assert!(place.open().is_ok());
}

#[test]
fn b63_an_archive_that_was_cut_or_bent_is_refused_and_the_snapshot_of_before_stays() {
    let place = Place::new();
    let good = records(20);
    let path = place.put("npm/all.zip", &good);
    place.update(&[&path]).unwrap();
    let before = place.manifest().unwrap();
    let larger = records(21);
    for size in (0..larger.len()).step_by(97).chain([larger.len() - 1]) {
        fs::write(&path, &larger[..size]).unwrap();
        assert!(place.update(&[&path]).is_err(), "cut to {size} bytes");
        assert_eq!(place.manifest().unwrap(), before, "cut to {size} bytes");
    }
    let mut noticed = 0;
    for at in (0..larger.len()).step_by(7) {
        let mut bent = larger.clone();
        bent[at] ^= 0x10;
        fs::write(&path, &bent).unwrap();
        // A bit in a date of the directory changes no record; whatever is taken has them all.
        match place.update_with(&[&path], |request| request.force = true) {
            Err(_) => noticed += 1,
            Ok((manifest, _)) => {
                let counts = manifest.segments["npm"].counts;
                assert_eq!((counts.records, counts.unparsed), (21, 0), "bit of byte {at}");
            }
        }
    }
    assert!(noticed * 7 > larger.len() / 2, "{noticed}");
    fs::write(&path, [&larger[..], b"x"].concat()).unwrap();
    assert!(place.update(&[&path]).is_err());
}

#[test]
fn foreign_archives_doubled_records_and_bombs_are_refused() {
    let one = record("A-1", "a", "1.0.0");
    let zeros = vec![b' '; 17 << 20];
    let many: Vec<(String, Vec<u8>)> = (0..64).map(|n| (format!("{n}.json"), vec![b' '; 1 << 20])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("foreign", archive(&[("a/METADATA", b"Name: a\n"), ("a/b.py", b"pass\n")]), "no OSV record"),
        ("no records", archive(&[("a.json", b"{}"), ("b.json", b"[1]")]), "no OSV record"),
        ("twice", archive(&[("a.json", one.as_bytes()), ("a.json", one.as_bytes())]), "twice"),
        ("a record too large", archive(&[("a.json", &zeros)]), "larger than any record"),
        ("all too large", archive(&many), "larger than an archive of that size"),
        ("no archive", b"hello".to_vec(), "no zip archive"),
    ];
    for (what, bytes, expected) in cases {
        let place = Place::new();
        let path = place.put("npm/all.zip", bytes);
        let error = place.update(&[&path]).unwrap_err().to_string();
        assert!(error.contains(expected), "{what}: {error}");
        assert!(place.manifest().is_none(), "{what}");
    }
}

#[test]
fn what_is_not_understood_is_counted_and_said_and_deep_json_ends() {
    let place = Place::new();
    let deep = format!(
        r#"{{"id":"X","modified":"2026-01-01T00:00:00Z","database_specific":{}"#,
        "[".repeat(100_000)
    );
    let future = record("F-1", "f", "1").replace("2026-05", "2031-05");
    let path = place.put(
        "npm/all.zip",
        archive(&[
            ("A-1.json", record("A-1", "a", "1.0.0").as_bytes()),
            ("F-1.json", future.as_bytes()),
            ("deep.json", deep.as_bytes()),
            ("half.json", br#"{"id":"H-1"}"#),
            ("readme.txt", b"no record"),
        ]),
    );
    let (manifest, updated) = place.update(&[&path]).unwrap();
    let counts = manifest.segments["npm"].counts;
    assert_eq!((counts.records, counts.unparsed, counts.from_the_future), (2, 2, 1));
    assert_eq!(updated[0].unparsed.len(), 2);
    assert!(updated[0].unparsed[0].starts_with("deep.json: "), "{:?}", updated[0].unparsed);
}

#[test]
fn a_source_with_far_less_in_it_than_before_is_taken_only_by_force() {
    let place = Place::new();
    let path = place.put("npm/all.zip", records(10));
    place.update(&[&path]).unwrap();
    fs::write(&path, records(4)).unwrap();
    assert!(matches!(place.update(&[&path]), Err(AdvisoriesError::Shrunk { .. })));
    let older = record("A-1", "a", "1").replace("2026-05", "2024-05");
    let older: Vec<(String, String)> = (0..10).map(|n| (format!("{n}.json"), older.clone())).collect();
    let older: Vec<(&str, &[u8])> = older.iter().map(|(name, text)| (&**name, text.as_bytes())).collect();
    fs::write(&path, archive(&older)).unwrap();
    assert!(matches!(place.update(&[&path]), Err(AdvisoriesError::Shrunk { .. })));
    fs::write(&path, records(4)).unwrap();
    let (manifest, _) = place.update_with(&[&path], |request| request.force = true).unwrap();
    assert_eq!(manifest.segments["npm"].counts.records, 4);
}

fn refused(place: &Place) -> Option<mcpsign_schemas::code::Code> {
    // What is read later is held to the digests then.
    let snapshot = match place.open() {
        Err(error) => return Some(error.code().unwrap_or_else(|| panic!("{error}"))),
        Ok(snapshot) => snapshot,
    };
    let components: Vec<String> = (0..30).map(|n| format!("pkg:npm/package-{n}@0.5.0")).collect();
    let components: Vec<&str> = components.iter().map(String::as_str).collect();
    let components =
        mcpsign_advisories::components::of_sbom(super::forge::sbom(&components).as_bytes()).unwrap();
    match mcpsign_advisories::check::check(&snapshot.index, &components) {
        Err(error) => Some(AdvisoriesError::from(error).code().unwrap()),
        Ok(checked) => {
            assert_eq!(checked.matches.len(), 30, "silently smaller");
            None
        }
    }
}

#[test]
fn b63_an_index_that_was_cut_bent_or_exchanged_is_refused() {
    let place = Place::new();
    let path = place.put("npm/all.zip", records(30));
    let (manifest, _) = place.update(&[&path]).unwrap();
    assert_eq!(refused(&place), None);
    let index = place.kept().join(&manifest.index.name);
    let good = fs::read(&index).unwrap();
    for size in (0..good.len()).step_by(101) {
        fs::write(&index, &good[..size]).unwrap();
        assert_eq!(refused(&place), Some(codes::DAMAGED), "cut to {size} bytes");
    }
    for at in (0..good.len()).step_by(13) {
        let mut bent = good.clone();
        bent[at] ^= 1;
        fs::write(&index, bent).unwrap();
        assert_eq!(refused(&place), Some(codes::DAMAGED), "bit of byte {at}");
    }
    let other = Place::new();
    let path = other.put("npm/all.zip", records(31));
    let (foreign, _) = other.update(&[&path]).unwrap();
    fs::copy(other.kept().join(&foreign.index.name), &index).unwrap();
    assert_eq!(refused(&place), Some(codes::DAMAGED));
    fs::remove_file(&index).unwrap();
    assert_eq!(refused(&place), Some(codes::DAMAGED));
    fs::write(place.kept().join("manifest.json"), b"{}").unwrap();
    assert_eq!(refused(&place), Some(codes::DAMAGED));
    let away = serde_json::to_string(&manifest).unwrap().replace(&manifest.index.name, "../../etc/passwd");
    fs::write(place.kept().join("manifest.json"), away).unwrap();
    assert_eq!(refused(&place), Some(codes::DAMAGED));
    // And nothing is made of a damaged one.
    assert!(place.update(&[&path]).is_err());
    // Unless somebody wants one that is made anew.
    place.update_with(&[&path], |request| request.force = true).unwrap();
    assert_eq!(refused(&place), None);
    fs::remove_dir_all(place.kept()).unwrap();
    assert_eq!(refused(&place), Some(codes::MISSING));
}

/// What cannot be used is no reason against what is made anew, unless something would be lost that nobody named.
#[test]
fn b63_a_damaged_snapshot_is_made_anew_and_loses_nothing_that_was_not_named() {
    let place = Place::new();
    let npm = place.put("osv/npm/all.zip", records(30));
    let more = place.put("osv/more/all.zip", archive(&[("B-1.json", record("B-1", "b", "2").as_bytes())]));
    let list: &Path = place.put("kev.json", kev("CVE-2026-1")).leak();
    let fresh = |damage: &dyn Fn(&SnapshotManifest, &mut Vec<u8>)| {
        let _ = fs::remove_dir_all(place.kept());
        let (manifest, _) = place.update_with(&[&npm, &more], |request| request.kev = Some(list)).unwrap();
        let path = place.kept().join(&manifest.index.name);
        let mut bytes = fs::read(&path).unwrap();
        damage(&manifest, &mut bytes);
        fs::write(&path, bytes).unwrap();
    };
    let renewed = |from: &[&Path], force: bool, kev: bool| {
        let updated = place.update_with(from, |request| {
            request.force = force;
            request.kev = kev.then_some(list);
        });
        updated.map(|(manifest, updated)| {
            let damaged = updated.into_iter().filter(|source| source.damaged.is_some());
            let names: Vec<&str> =
                manifest.segments.keys().chain(manifest.enrichment.keys()).map(String::as_str).collect();
            (names.join(" "), damaged.map(|source| source.name).collect::<Vec<_>>())
        })
    };
    let lost = |error: AdvisoriesError| match error {
        AdvisoriesError::Lost { names, .. } => names,
        other => panic!("{other}"),
    };
    let all = "more npm kev".to_owned();
    // Of another version: its last byte of the magic.
    let version = |_: &SnapshotManifest, bytes: &mut Vec<u8>| bytes[7] -= 1;
    fresh(&version);
    let error = place.open().unwrap_err();
    assert!(error.to_string().contains("of another version of mcpsign"), "{error}");
    assert_eq!(lost(renewed(&[&npm], false, false).unwrap_err()), ["more", "kev"]);
    assert_eq!(lost(renewed(&[&npm, &more], false, false).unwrap_err()), ["kev"]);
    assert_eq!(
        renewed(&[&npm, &more], false, true).unwrap(),
        (all.clone(), vec!["npm".into(), "more".into()])
    );
    assert_eq!(refused(&place), None);
    fresh(&version);
    assert_eq!(
        renewed(&[&npm], true, false).unwrap(),
        ("npm".into(), vec!["npm".into(), "more".into(), "kev".into()])
    );
    assert_eq!(refused(&place), None);
    // One byte of one source: what is as it was is taken over, and that source is read again though it is the same.
    let bit = |of: &'static str| {
        move |manifest: &SnapshotManifest, bytes: &mut Vec<u8>| {
            bytes[manifest.segments[of].packages.offset as usize] ^= 1;
        }
    };
    fresh(&bit("npm"));
    assert_eq!(renewed(&[&npm], false, false).unwrap(), (all.clone(), vec!["npm".into()]));
    assert_eq!(refused(&place), None);
    fresh(&bit("more"));
    assert_eq!(lost(renewed(&[&npm], false, false).unwrap_err()), ["more"]);
    assert_eq!(renewed(&[&npm], true, false).unwrap(), ("npm kev".into(), vec!["more".into()]));
    // Of a manifest that cannot be read nobody knows what it had.
    fs::write(place.kept().join("manifest.json"), "{").unwrap();
    assert!(matches!(renewed(&[&npm, &more], false, true), Err(AdvisoriesError::Damaged { .. })));
    assert_eq!(renewed(&[&npm, &more], true, true).unwrap().0, all);
    assert_eq!(refused(&place), None);
}

/// Where it is not signed it has no digest of its own.
#[test]
fn b63_a_bent_manifest_is_refused_or_finds_all_that_the_good_one_finds() {
    let place = Place::new();
    let npm = place.put("osv/npm/all.zip", records(30));
    let more = place.put("osv/more/all.zip", archive(&[("B-1.json", record("B-1", "b", "2").as_bytes())]));
    let kev =
        place.put("kev.json", r#"{"vulnerabilities":[{"cveID":"CVE-2026-1","dateAdded":"2026-03-04"}]}"#);
    let kev: &Path = kev.leak();
    place.update_with(&[&npm, &more], |request| request.kev = Some(kev)).unwrap();
    let path = place.kept().join("manifest.json");
    let good = fs::read(&path).unwrap();
    assert_eq!(refused(&place), None);
    let listed = place.open().unwrap().manifest.enrichment;
    let mut noticed = 0;
    for at in 0..good.len() {
        let bit = at % 6;
        let mut bent = good.clone();
        bent[at] ^= 1 << bit;
        fs::write(&path, bent).unwrap();
        match place.open() {
            // A date, a count, what a source is called.
            Ok(snapshot) => {
                assert_eq!(refused(&place), None, "bit {bit} of byte {at}");
                assert_eq!(snapshot.manifest.segments.len(), 2, "bit {bit} of byte {at}");
                assert_eq!(
                    snapshot.manifest.enrichment.keys().collect::<Vec<_>>(),
                    listed.keys().collect::<Vec<_>>()
                );
            }
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > good.len() / 2, "{noticed}");
    for size in (0..good.len() - 1).step_by(17) {
        fs::write(&path, &good[..size]).unwrap();
        assert!(refused(&place).is_some(), "cut to {size} bytes");
    }
}

#[test]
fn b63_what_is_too_old_or_from_the_future_is_refused() {
    let place = Place::new();
    let path = place.put("npm/all.zip", records(1));
    place.update(&[&path]).unwrap();
    let at = |hours: i64, max_age| {
        let demands = Demands { max_age, key: None };
        let opened = store::open(&place.kept(), demands, now() + SignedDuration::from_hours(hours));
        opened.err().and_then(|error| error.code())
    };
    assert_eq!(at(0, None), None);
    assert_eq!(at(24 * 7, Some(7)), None);
    assert_eq!(at(24 * 7 + 1, Some(7)), Some(codes::STALE));
    assert_eq!(at(24 * 365, None), None);
    assert_eq!(at(-1, None), Some(codes::FUTURE));
    // A look at unchanged sources is a look.
    place.update_with(&[&path], |request| request.now = now() + SignedDuration::from_hours(240)).unwrap();
    assert_eq!(at(24 * 11, Some(7)), None);
}

#[test]
fn two_updates_at_once_leave_one_whole_snapshot() {
    let place = Place::new();
    let one = place.put("one/all.zip", records(5));
    let two = place.put("two/all.zip", records(6));
    std::thread::scope(|scope| {
        for path in [&one, &two, &one, &two] {
            scope.spawn(|| place.update(&[path]).unwrap());
        }
    });
    assert_eq!(place.open().unwrap().manifest.segments.len(), 2);
}

/// As advisory databases keep them: by package, or by year and month.
#[test]
fn records_lie_in_folders_below_and_files_have_addresses() {
    let place = Place::new();
    place.put("database/2026/01/N-1/N-1.json", record("N-1", "n-1", "2"));
    place.put("database/2026/02/N-2/N-2.json", record("N-2", "n-2", "2"));
    place.put("osv/npm/all.zip", archive(&[("N-3.json", record("N-3", "n-3", "2").as_bytes())]));
    place.put("osv/own/2026/N-4.json", record("N-4", "n-4", "2"));
    let path = |name: &str| place.dir.path().join(name);
    let address = |name: &str| {
        let text = format!("file://{}", path(name).display());
        match Origin::parse(text.as_ref()).unwrap() {
            Origin::Path(found) => found,
            Origin::Url(url) => panic!("{url}"),
        }
    };
    for from in [path("database"), address("database")] {
        let (manifest, _) = Place::new().update(&[&from]).unwrap();
        assert_eq!(manifest.segments["database"].counts.records, 2);
    }
    // Beside archives a folder counts that has its records further below.
    let (manifest, _) = Place::new().update(&[&address("osv")]).unwrap();
    assert_eq!(manifest.segments.keys().collect::<Vec<_>>(), ["npm", "own"]);
    let (manifest, _) = Place::new().update(&[&address("osv/npm/all.zip")]).unwrap();
    assert_eq!(manifest.segments.keys().collect::<Vec<_>>(), ["npm"]);
    place.put("empty/2026/notes.txt", "");
    let error = Place::new().update(&[&path("empty")]).unwrap_err().to_string();
    assert!(error.contains("holds neither archives nor records"), "{error}");
    assert!(Origin::parse("file://other.example/osv".as_ref()).is_err());
}

/// A folder of records, or an archive of many ecosystems, is narrowed record by record.
#[test]
fn an_ecosystem_may_be_asked_for_of_any_source() {
    let place = Place::new();
    let of = |ecosystem: &str, id: &str| record(id, id, "2").replace("npm", ecosystem);
    for (ecosystem, id) in [("npm", "N-1"), ("npm", "N-2"), ("PyPI", "P-1"), ("Debian:12", "D-1")] {
        place.put(&format!("records/{id}.json"), of(ecosystem, id));
    }
    let records = place.dir.path().join("records");
    let update = |from: &Path, ecosystems: &[&str]| {
        let ecosystems: Vec<String> = ecosystems.iter().map(|name| (*name).to_owned()).collect();
        place.update_with(&[from], |request| request.ecosystems = ecosystems.leak())
    };
    let counts = |manifest: &SnapshotManifest, name: &str| {
        let segment = &manifest.segments[name];
        (segment.counts.records, segment.counts.packages, segment.ecosystems.join(","))
    };
    let (manifest, updated) = update(&records, &["npm"]).unwrap();
    assert_eq!(counts(&manifest, "records"), (2, 2, "npm".to_owned()));
    assert!(updated[0].changed);
    assert!(!update(&records, &["npm"]).unwrap().1[0].changed, "as before");
    let (manifest, updated) = update(&records, &["Debian", "npm"]).unwrap();
    assert_eq!((counts(&manifest, "records"), updated[0].changed), ((3, 3, "Debian,npm".to_owned()), true));
    // Whole again, though the folder is the same.
    let (manifest, updated) = update(&records, &[]).unwrap();
    assert_eq!((counts(&manifest, "records"), updated[0].changed), ((4, 4, String::new()), true));
    // And fewer, though half of them are gone: that was asked for.
    assert_eq!(counts(&update(&records, &["PyPI"]).unwrap().0, "records"), (1, 1, "PyPI".to_owned()));
    let before = place.manifest();
    for missing in [&["Maven"][..], &["npm", "Maven"], &["Debian:11"], &["pypi"]] {
        let error = update(&records, missing).unwrap_err().to_string();
        assert!(error.contains("is in none of the sources"), "{missing:?}: {error}");
    }
    assert_eq!(place.manifest(), before);
    // A layout has an archive for each; a folder of records beside them is narrowed too.
    place.put("osv/npm/all.zip", archive(&[("N-1.json", of("npm", "N-1").as_bytes())]));
    place.put("osv/PyPI/all.zip", archive(&[("P-1.json", of("PyPI", "P-1").as_bytes())]));
    place.put("osv/curated/N-2.json", of("npm", "N-2"));
    place.put("osv/others/P-2.json", of("PyPI", "P-2"));
    let other = Place::new();
    let npm: &[String] = vec!["npm".to_owned()].leak();
    let osv = place.dir.path().join("osv");
    let (manifest, updated) = other.update_with(&[&osv], |request| request.ecosystems = npm).unwrap();
    assert_eq!(manifest.segments.keys().collect::<Vec<_>>(), ["curated", "npm"]);
    assert_eq!(updated.len(), 2);
    let all =
        place.put("all-of-them.zip", archive(&[("N", b"x"), ("P-1.json", of("PyPI", "P-1").as_bytes())]));
    assert!(other.update_with(&[&all], |request| request.ecosystems = npm).is_err());
    let pypi: &[String] = vec!["PyPI".to_owned()].leak();
    let (manifest, _) = other.update_with(&[&all], |request| request.ecosystems = pypi).unwrap();
    assert_eq!(counts(&manifest, "all-of-them"), (1, 1, "PyPI".to_owned()));
}

#[test]
fn where_a_source_is_refused_no_folder_is_made() {
    let place = Place::new();
    let nothing = place.dir.path().join("nothing");
    let broken = place.put("npm/all.zip", b"hello");
    let empty = place.put("PyPI/all.zip", archive(&[("a.json", b"{}")]));
    let good = place.put("Go/all.zip", records(1));
    let none: &[String] = vec!["Maven".to_owned()].leak();
    for from in [&[&*nothing][..], &[&*broken], &[&*empty], &[&*good, &*broken]] {
        assert!(place.update(from).is_err(), "{from:?}");
        assert!(!place.kept().exists(), "{from:?}");
    }
    assert!(place.update_with(&[&good], |request| request.ecosystems = none).is_err());
    assert!(place.update_with(&[&good], |request| request.kev = Some(Path::new("nothing"))).is_err());
    assert!(!place.kept().exists());
    assert!(place.update(&[&good]).is_ok());
}

#[test]
fn names_of_sources_must_differ_and_ecosystems_must_be_there() {
    let place = Place::new();
    let one = place.put("x/npm/all.zip", records(1));
    let two = place.put("y/npm/all.zip", records(2));
    assert!(place.update(&[&one, &two]).unwrap_err().to_string().contains("both called `npm`"));
    let wanted: &[String] = vec!["PyPI".to_owned()].leak();
    let error = place.update_with(&[&one], |request| request.ecosystems = wanted).unwrap_err();
    assert!(error.to_string().contains("PyPI"), "{error}");
    assert!(place.update(&[&place.dir.path().join("none")]).is_err());
    fs::create_dir(place.dir.path().join("empty")).unwrap();
    assert!(place.update(&[&place.dir.path().join("empty")]).is_err());
}

/// Who renews one source every day does not thereby renew another.
#[test]
fn b63_a_snapshot_is_as_old_as_the_source_that_nobody_looked_at() {
    let place = Place::new();
    let npm = place.put("osv/npm/all.zip", records(3));
    let curated = place.put("curated.zip", records(3));
    let days = |days: i64| now() - SignedDuration::from_hours(24 * days);
    let update = |from: &[&Path], at| place.update_with(from, |request| request.now = at).unwrap().0;
    update(&[&npm, &curated], days(300));
    let one = update(&[&npm], days(1));
    assert_eq!(one.updated, days(300));
    assert_eq!(one.segments["npm"].updated, Some(days(1)), "as it was before, and looked at");
    assert_eq!(one.segments["curated"].updated, Some(days(300)));
    let stale = store::open(&place.kept(), Demands { max_age: Some(7), ..Demands::default() }, now());
    assert_eq!(stale.unwrap_err().code(), Some(codes::STALE));
    fs::write(&npm, records(4)).unwrap();
    assert_eq!(update(&[&npm], now()).updated, days(300), "and another one than before");
    assert_eq!(update(&[&curated], now()).updated, now());
}

/// What is known of a vulnerability is known of a distribution's record that is about it, and goes by another id.
#[test]
fn b63_a_distributions_record_is_as_exploited_as_what_it_is_about() {
    let record = |upstream: &[&str]| {
        serde_json::json!({"id": "DSA-1-1", "modified": "2026-01-01T00:00:00Z", "upstream": upstream, "affected": [{
            "package": {"ecosystem": "Debian:12", "name": "zlib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]})
    };
    let found = |upstream: &[&str]| {
        let made = forge::snapshot(&[record(upstream)], Some(&kev("CVE-2026-1")), now());
        let asked = [Component::of("pkg:deb/debian/zlib@1.0?distro=debian-12")];
        check(&made.index, &asked).unwrap().matches.remove(0)
    };
    let exploited = found(&["CVE-2026-1", "CVE-2026-2", "BDSA-1"]);
    assert_eq!(exploited.exploited_since.as_deref(), Some("2026-02-03"));
    assert_eq!(exploited.upstream, ["CVE-2026-1", "CVE-2026-2"]);
    assert_eq!((exploited.id.as_str(), exploited.aliases.len()), ("DSA-1-1", 0), "it is no other name of it");
    assert_eq!(found(&["CVE-2026-2"]).exploited_since, None);
}
