//! Universal programs of macOS: one file that holds a program for each kind of machine.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::Package;
use object::macho::{FatArch32, FatArch64};
use object::read::macho::{FatArch, MachOFatFile};

use crate::catalog::{CatalogError, MAX_PACKAGES};

/// With what they begin, with offsets of 32 and of 64 bits. Classes of Java begin like the first.
const MAGIC: [&[u8]; 2] = [b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"];

/// Where a class of Java has its version, the oldest of which is 45, a universal program has the number of its machines.
const OLDEST_JAVA: u32 = 45;

/// Whether a file that begins so is a universal program.
pub(super) fn is_universal(head: &[u8]) -> bool {
    let machines = head.get(4..).and_then(<[u8]>::first_chunk).map(|count| u32::from_be_bytes(*count));
    MAGIC.iter().any(|magic| head.starts_with(magic))
        && machines.is_some_and(|count| (1..OLDEST_JAVA).contains(&count))
}

/// The programs in a file: of a universal one each machine's, else the file itself.
///
/// # Errors
/// When one of them does not lie in the file, or in another.
pub(super) fn machines(file: &[u8]) -> Result<Vec<&[u8]>, CatalogError> {
    if !is_universal(file) {
        return Ok(vec![file]);
    }
    let [narrow, _] = MAGIC;
    let found = if file.starts_with(narrow) { parts::<FatArch32>(file) } else { parts::<FatArch64>(file) };
    let found =
        found.ok_or(CatalogError::Unread { what: "a universal program whose parts do not lie in it" })?;
    // None that is made has such, and what they share would be read once for each.
    let mut ranges: Vec<_> = found.iter().map(|part| part.as_ptr_range()).collect();
    ranges.sort_by_key(|range| range.start);
    if ranges.windows(2).any(|pair| matches!(pair, [first, next] if first.end > next.start)) {
        return Err(CatalogError::Unread { what: "a universal program whose parts lie in each other" });
    }
    Ok(found)
}

fn parts<Fat: FatArch>(file: &[u8]) -> Option<Vec<&[u8]>> {
    let arches = MachOFatFile::<Fat>::parse(file).ok()?;
    let mut seen = BTreeSet::new();
    // One that stands for two machines is read once.
    let once = arches.arches().iter().filter(|arch| seen.insert(arch.file_range()));
    once.map(|arch| arch.data(file).ok()).collect()
}

/// What `read` finds in the programs of a file, of which it is told the number too. Ids stay unique: those of a universal one
/// begin with its machine's number.
///
/// # Errors
/// Those of `read`, and more packages than are read of one file.
pub(super) fn in_each(
    file: &[u8],
    read: impl Fn(&[u8], usize) -> Result<Vec<Package>, CatalogError>,
) -> Result<Vec<Package>, CatalogError> {
    let machines = machines(file)?;
    if let [only] = machines.as_slice() {
        return read(only, 1);
    }
    let mut all = Vec::new();
    let count = machines.len();
    for (number, program) in machines.into_iter().enumerate() {
        for mut package in read(program, count)? {
            if all.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            package.id = format!("{number}/{}", package.id);
            package.dependencies =
                package.dependencies.into_iter().map(|id| format!("{number}/{id}")).collect();
            all.push(package);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use mcpsign_schemas::tree::TreePath;

    use super::*;
    use crate::catalog::program::AUDITABLE;
    use crate::catalog::program::auditable::MAX_LIST;
    use crate::catalog::{Cataloger as _, FileInput};

    /// A universal program as `lipo` lays it out, but for the borders of pages between its parts.
    fn universal(parts: &[&[u8]]) -> Vec<u8> {
        let number = |value: usize| u32::try_from(value).unwrap().to_be_bytes();
        let mut head = [MAGIC[0], &number(parts.len())].concat();
        let mut at = 8 + 20 * parts.len();
        for (machine, part) in parts.iter().enumerate() {
            // Processor and kind of it, offset, size, border.
            for value in [7 + machine, 3, at, part.len(), 0] {
                head.extend(number(value));
            }
            at += part.len();
        }
        [head, parts.concat()].concat()
    }

    /// A program of macOS with one section: cargo-auditable's list, of one crate.
    fn auditable(name: &str) -> Vec<u8> {
        padded(name, 0)
    }

    /// With so much white space in the list.
    fn padded(name: &str, spaces: usize) -> Vec<u8> {
        let list = format!(
            r#"{{"packages":[{{"name":"{name}","version":"1.0.0","source":"crates.io","root":true}}]}}{}"#,
            " ".repeat(spaces)
        );
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(list.as_bytes()).unwrap();
        let list = zlib.finish().unwrap();
        let name = |text: &str| [text.as_bytes(), &vec![0; 16 - text.len()]].concat();
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let size = u32::try_from(list.len()).unwrap();
        // The head, one command of 152 bytes that loads a segment, its section, and behind them the bytes of it.
        [
            words(&[0xfeed_facf, 0x0100_0007, 3, 2, 1, 152, 0, 0]),
            words(&[0x19, 152]),
            name("__DATA"),
            words(&[0, 0, size, 0, 184, 0, size, 0, 3, 3, 1, 0]),
            name(".dep-v0"),
            name("__DATA"),
            words(&[0, 0, size, 0, 184, 0, 0, 0, 0, 0, 0, 0]),
            list,
        ]
        .concat()
    }

    #[test]
    fn crates_are_those_of_every_machine() {
        let purls = |bytes: &[u8]| {
            let path = TreePath::try_from("server").unwrap();
            let packages = AUDITABLE.read(&FileInput { path: &path, bytes }).unwrap();
            packages.into_iter().map(|package| package.purl).collect::<Vec<_>>()
        };
        let (intel, apple) = (auditable("on-intel"), auditable("on-apple"));
        assert_eq!(purls(&intel), ["pkg:cargo/on-intel@1.0.0"]);
        let both = universal(&[&intel, &apple]);
        assert_eq!(purls(&both), ["pkg:cargo/on-intel@1.0.0", "pkg:cargo/on-apple@1.0.0"]);
        // Neither is told of a class of Java that holds the same bytes.
        let class = [&both[..4], &69_u32.to_be_bytes(), &both[8..]].concat();
        assert!(crate::catalog::program::tells(&both) && !crate::catalog::program::is_program(&class));
        let cut = AUDITABLE.read(&FileInput {
            path: &TreePath::try_from("server").unwrap(),
            bytes: &both[..both.len() - 1],
        });
        assert!(matches!(cut, Err(CatalogError::Unread { .. })), "{cut:?}");
    }

    #[test]
    fn lists_of_all_machines_are_bounded_together() {
        let read =
            |bytes: &[u8]| AUDITABLE.read(&FileInput { path: &TreePath::try_from("server").unwrap(), bytes });
        let half = MAX_LIST / 2;
        let (fits, large) = (padded("a", half - 1000), padded("b", half + 1000));
        assert_eq!(read(&large).unwrap().len(), 1);
        assert_eq!(read(&universal(&[&fits, &auditable("c")])).unwrap().len(), 2);
        assert!(matches!(read(&universal(&[&auditable("c"), &large])), Err(CatalogError::Line { .. })));
        // The second part is the end of the first.
        let mut shared = universal(&[&fits, b"x"]);
        let size = u32::try_from(fits.len()).unwrap();
        shared[36..44].copy_from_slice(&[(48_u32 + 1).to_be_bytes(), (size - 1).to_be_bytes()].concat());
        assert!(
            matches!(read(&shared), Err(CatalogError::Unread { what }) if what.contains("in each other"))
        );
    }

    #[test]
    fn universal_programs_are_told_from_classes_of_java() {
        let class = |version: u32| [MAGIC[0], &version.to_be_bytes()].concat();
        assert!(is_universal(&class(2)) && is_universal(&class(44)));
        // 45 is Java 1.1's version, 69 that of Java 25; a preview's has more before it.
        for version in [45, 69, 0xffff_0045, 0] {
            assert!(!is_universal(&class(version)), "{version}");
        }
        assert!(!is_universal(MAGIC[0]) && !is_universal(b"\x7fELF\0\0\0\x02"));
    }

    #[test]
    fn every_machine_has_its_program() {
        let file = universal(&[&b"one"[..], b"other"]);
        assert_eq!(machines(&file).unwrap(), [&b"one"[..], b"other"]);
        assert_eq!(machines(b"one").unwrap(), [b"one"]);
        let cut = machines(&file[..file.len() - 1]);
        assert!(matches!(cut, Err(CatalogError::Unread { .. })), "{cut:?}");
        // Forty-four times the same bytes are read once.
        let mut same = universal(&[&b"x"[..]; 44]);
        let first: Vec<u8> = same[16..24].to_vec();
        (0..44).for_each(|at| same[16 + 20 * at..24 + 20 * at].copy_from_slice(&first));
        assert_eq!(machines(&same).unwrap().len(), 1);
    }

    #[test]
    fn packages_of_all_machines_are_bounded_together() {
        let file = universal(&[&b"one"[..], b"other"]);
        let many = |count: usize| {
            in_each(&file, |_, _| {
                let package = |at: usize| {
                    let mut package = Package::new(at.to_string(), "pkg:cargo/a@1.0.0", "a");
                    package.dependencies.insert("0".into());
                    package
                };
                Ok((0..count).map(package).collect())
            })
        };
        let found = many(2).unwrap();
        let ids: Vec<&str> = found.iter().map(|package| package.id.as_str()).collect();
        assert_eq!(ids, ["0/0", "0/1", "1/0", "1/1"]);
        assert_eq!(found[3].dependencies.iter().collect::<Vec<_>>(), ["1/0"]);
        assert_eq!(many(MAX_PACKAGES / 2 + 1), Err(CatalogError::TooMany { limit: MAX_PACKAGES }));
    }
}
