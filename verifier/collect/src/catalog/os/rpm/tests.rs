use std::io::Read as _;

use super::*;

const SMALL: &[u8] = include_bytes!("testdata/small.sqlite");
const NDB: &[u8] = include_bytes!("testdata/Packages.db");
const BDB: &[u8] = include_bytes!("testdata/Packages");
const BIG_ENDIAN: &[u8] = include_bytes!("testdata/big-endian");

fn real_sqlite() -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = &include_bytes!("testdata/rpmdb.sqlite.gz")[..];
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

fn parse_at(path: &str, bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    RPM.read(&FileInput { path: &TreePath::try_from(path).unwrap(), bytes })
}

fn parse(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    parse_at("var/lib/rpm/rpmdb.sqlite", bytes)
}

fn count(bytes: &[u8]) -> Option<usize> {
    parse(bytes).ok().map(|packages| packages.len())
}

/// With other bytes from `at` on.
fn with(bytes: &[u8], at: usize, others: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + others.len()].copy_from_slice(others);
    changed
}

#[test]
fn every_format_lists_what_rpm_lists() {
    let mut expected: Vec<&str> = include_str!("testdata/expected.txt").lines().collect();
    expected.sort_unstable();
    for (format, bytes) in [
        ("sqlite", &real_sqlite()[..]),
        ("small", SMALL),
        ("ndb", NDB),
        ("bdb", BDB),
        ("big endian", BIG_ENDIAN),
    ] {
        let packages = parse(bytes).unwrap();
        let line = |package: &Package| {
            let purl = mcpsign_schemas::purl::Purl::parse(&package.purl).unwrap();
            let qualifier = |name: &str| purl.qualifier(name).unwrap_or_default().to_owned();
            // rpm tells an epoch of 0 apart from none, and no order of versions does.
            let epoch = if package.name == "Other++" { "0".to_owned() } else { qualifier("epoch") };
            [
                package.name.clone(),
                epoch,
                package.version.clone().unwrap(),
                qualifier("arch"),
                package.licenses.first().cloned().unwrap(),
                qualifier("upstream"),
                package.authors.first().and_then(|party| party.name.clone()).unwrap(),
                qualifier("rpmmod"),
            ]
            .join("|")
        };
        let mut lines: Vec<String> = packages.iter().map(line).collect();
        lines.sort_unstable();
        assert_eq!(lines, expected, "{format}");
    }
}

#[test]
fn package_urls_are_as_the_specification_says() {
    let purls: Vec<String> = parse(NDB).unwrap().into_iter().map(|package| package.purl).collect();
    assert!(
        purls.contains(
            &"pkg:rpm/tiny@1.2-3.el9?arch=x86_64&epoch=1&upstream=tiny-1.2-3.el9.src.rpm".to_owned()
        )
    );
    assert!(purls.contains(
        &"pkg:rpm/Other%2B%2B@2.0~rc1%5Egit1-1?arch=noarch&upstream=tiny-1.2-3.el9.src.rpm".to_owned()
    ));
}

#[test]
fn a_database_is_seen_wherever_systems_keep_it() {
    let wants = |path: &str| RPM.wants(&TreePath::try_from(path).unwrap());
    for path in [
        "var/lib/rpm/Packages",
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/Packages.db",
        "usr/share/rpm/rpmdb.sqlite",
        "var/lib/rpm/rpmdb.sqlite-wal",
    ] {
        assert!(wants(path), "{path}");
    }
    assert!(
        !wants("var/lib/rpm/Name")
            && !wants("app/var/lib/rpm/Packages")
            && !wants("var/lib/rpm/rpmdb.sqlite-shm")
    );
}

#[test]
fn a_journal_with_something_in_it_is_a_gap() {
    for journal in JOURNALS {
        let path = format!("var/lib/rpm/{journal}");
        assert_eq!(parse_at(&path, b""), Ok(Vec::new()));
        assert!(matches!(parse_at(&path, b"x"), Err(CatalogError::Unread { .. })));
    }
    assert!(matches!(parse(b""), Err(CatalogError::Unread { .. })));
    assert!(matches!(parse(b"no database"), Err(CatalogError::Unread { .. })));
}

/// Whatever becomes of one byte, each package is there, or the file is a gap.
#[test]
fn no_change_of_one_byte_hides_a_package() {
    for bytes in [SMALL, NDB, BIG_ENDIAN] {
        let mut changed = bytes.to_vec();
        for at in 0..bytes.len() {
            for other in [bytes[at] ^ 1 << (at % 8), 0] {
                changed[at] = other;
                let found = if other == bytes[at] { None } else { count(&changed) };
                assert!(found.is_none_or(|found| found >= 3), "byte {at} as {other:#x}: {found:?}");
            }
            changed[at] = bytes[at];
        }
    }
}

#[test]
fn no_part_of_a_database_is_taken_for_all() {
    for bytes in [SMALL, NDB, BDB, BIG_ENDIAN] {
        for length in (0..bytes.len()).step_by(16) {
            assert_eq!(count(&bytes[..length]), None, "{length} of {}", bytes.len());
        }
        // Pages that are gone, as a hole in a file is read.
        for page in (512..bytes.len()).step_by(512) {
            let found = count(&with(bytes, page, &[0; 512][..512.min(bytes.len() - page)]));
            assert!(found.is_none_or(|found| found >= 3), "page at {page}: {found:?}");
        }
    }
}

#[test]
fn sqlite_pages_that_lead_in_a_circle_are_refused() {
    let root = SMALL.chunks(512).position(|page| page[0] == 0x05).unwrap();
    let number = u32::try_from(root + 1).unwrap().to_be_bytes();
    // The last child of the root is the root.
    let error = parse(&with(SMALL, root * 512 + 8, &number)).unwrap_err();
    assert_eq!(error.to_string(), format!("`page {}`: two places lead to it", root + 1));
    // A chain of overflow pages that begins with the table's own page.
    for page in 0..SMALL.len() / 512 {
        let own = u32::try_from(page + 1).unwrap().to_be_bytes();
        let found = count(&with(SMALL, page * 512, &own));
        assert!(found.is_none_or(|found| found == 3), "page {page}");
    }
    let beyond = parse(&with(SMALL, root * 512 + 8, &[0xff; 4])).unwrap_err();
    assert!(beyond.to_string().ends_with("it is not in the file"), "{beyond}");
}

#[test]
fn sqlite_trees_are_bounded_and_in_order() {
    // Interior pages, each with the next as its only child.
    let mut deep = SMALL[..512].to_vec();
    deep[28..32].copy_from_slice(&64_u32.to_be_bytes());
    deep[100..112].copy_from_slice(&[0x05, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2]);
    for page in 2..=64_u32 {
        let mut bytes = [0; 512];
        bytes[..8].copy_from_slice(&[0x05, 0, 0, 0, 0, 2, 0, 0]);
        bytes[8..12].copy_from_slice(&(page + 1).to_be_bytes());
        deep.extend(bytes);
    }
    assert!(parse(&deep).unwrap_err().to_string().ends_with("its tree is too deep"));
    // A page with more rows than it has bytes.
    let many = parse(&with(SMALL, 103, &[0xff, 0xff])).unwrap_err();
    assert_eq!(many.to_string(), "`page 1`: it has more rows than fit");
}

#[test]
fn what_ndb_s_slots_do_not_lead_to_is_refused() {
    let error = |at: usize, others: &[u8]| parse(&with(NDB, at, others)).unwrap_err().to_string();
    // The first slot is emptied, its package is not.
    assert_eq!(error(36, &[0; 12]), "`blobs`: there is something that no slot leads to");
    assert_eq!(error(36, &[0; 4]), "`slot 0`: neither empty nor taken");
    assert_eq!(error(32, b"Slut"), "`slot 0`: not a slot");
    assert_eq!(error(12, &[0, 0, 0, 1]), "`slots`: the file is shorter than its slots");
    assert_eq!(error(4, &[1]), "`version`: not one of ndb that is read");
    assert_eq!(error(77, &[0xff]), "`package 3`: the file ends before it");
    assert_eq!(error(40, &[0xff; 4]), "`blobs`: there is something that no slot leads to");
    // The second slot leads where the first does.
    assert_eq!(error(56, &NDB[40..44]), "`package 2`: it lies over another one, or over the slots");
    assert!(error(NDB.len() - 40, b"x").contains("checksum"));
}

#[test]
fn berkeley_db_s_chains_hold_what_they_say() {
    let page = BDB.chunks(4096).position(|page| page[25] == 7).unwrap() * 4096;
    let hash = BDB.chunks(4096).position(|page| page[25] == 13).unwrap() * 4096;
    let error = |at: usize, others: &[u8]| parse(&with(BDB, at, others)).unwrap_err().to_string();
    let own = u32::try_from(page / 4096).unwrap().to_le_bytes();
    assert!(error(page + 16, &own).ends_with("its chain of pages is broken"));
    assert!(error(page + 25, &[5]).ends_with("it is of a type that no hash has"));
    assert!(error(page + 8, &[0xff]).ends_with("it has another page's number"));
    // A page of keys that was lost, and one whose keys were.
    assert!(error(hash, &[0; 4096]).ends_with("it has a page that is not one of keys"));
    assert!(error(hash + 20, &[0, 0, 0, 0x10]).ends_with("no package leads to it"));
    assert!(error(hash + 20, &[2, 0]).ends_with("its items do not fill it"));
    assert!(error(24, &[1]).ends_with("a version or a layout that is not read"));
    // What is said to be longer than the file, and longer than its chain.
    let offsets =
        BDB[hash + 26..].chunks(2).map(|two| hash + usize::from(two[0]) + 256 * usize::from(two[1]));
    let long = offsets.take_while(|at| *at > hash).find(|at| BDB[*at] == 3).unwrap();
    for length in [[0xff; 4], [0xff, 0x7f, 0, 0]] {
        assert!(error(long + 8, &length).ends_with("its chain of pages is broken"));
    }
}

#[test]
fn a_name_is_what_the_index_says() {
    let at = SMALL.windows(10).position(|bytes| bytes == b"tiny-libs\0").unwrap();
    let renamed = parse(&with(SMALL, at, b"tiny\0")).unwrap_err();
    assert!(renamed.to_string().ends_with("the index has another name for it"), "{renamed}");
}
