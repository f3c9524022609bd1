//! What compilers write into programs: cargo-auditable's list of crates, Go's build information.

mod auditable;
mod go;
mod universal;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;
use object::read::{Object as _, ObjectSection as _};

pub use auditable::AUDITABLE;
pub use go::GO_BUILD;

use super::opaque::Opaque;
use super::{CatalogError, Cataloger, FileInput, Role};

/// Bytes of one program that is looked into. Servers in Go and Rust have 10 to 60 MB, with debug information 100.
pub(crate) const MAX_BYTES: usize = 192 << 20;

/// Bytes of a program that is worth telling where it says nothing. What compilers start their own programs with has fewer.
pub(crate) const SILENT_BYTES: usize = 100 << 10;

/// The cataloger of what one compiler writes into programs.
#[derive(Debug)]
pub struct InProgram {
    id: &'static str,
    /// What one of a file's programs says, of which it is told the number too; nothing where that compiler wrote nothing.
    read: fn(&[u8], usize) -> Result<Vec<Package>, CatalogError>,
}

impl Cataloger for InProgram {
    fn id(&self) -> &'static str {
        self.id
    }

    fn wants(&self, _path: &TreePath) -> bool {
        false
    }

    fn sniffs(&self, bytes: &[u8]) -> bool {
        is_program(bytes)
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        universal::in_each(file.bytes, self.read)
    }
}

/// Whether a file of these first bytes is a program: ELF, PE, Mach-O (also of several machines), WebAssembly.
pub(crate) fn is_program(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 7] = [
        b"\x7fELF",
        b"MZ",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\0asm",
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic)) || universal::is_universal(head)
}

/// Whether a program says what it was built from, or that something of it cannot be read, so that it is worth keeping.
pub(crate) fn tells(file: &[u8]) -> bool {
    let says = |program: &&[u8]| auditable::is_in(program) || go::information(program).is_some();
    universal::machines(file).map_or(true, |machines| machines.iter().any(says))
}

/// What a program of `bytes` at `path` is that says nothing, where it is worth telling: of what a packer copied from elsewhere it is
/// whatever its size.
pub(crate) const fn silent(bytes: usize, is_copied: bool) -> Option<Opaque> {
    match is_copied {
        true => Some(Opaque::Library),
        false if bytes >= SILENT_BYTES => Some(Opaque::Program),
        false => None,
    }
}

/// Whether auditwheel, delvewheel or delocate puts what it copies into a wheel into the folder that a file lies in.
pub(crate) fn is_copied(path: &TreePath) -> bool {
    let folder = path.parent().and_then(|folder| folder.rsplit('/').next());
    folder.is_some_and(|folder| folder.ends_with(".libs") || folder == ".dylibs")
}

/// The bytes of the first section that is there of these names.
fn section<'p>(program: &'p [u8], names: &[&str]) -> Option<&'p [u8]> {
    let file = object::File::parse(program).ok()?;
    let found = file.sections().find(|section| section.name().is_ok_and(|name| names.contains(&name)))?;
    found.data().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_packers_copy_lies_in_folders_of_their_own() {
        let is = |path: &str| is_copied(&TreePath::try_from(path).unwrap());
        assert!(
            is("numpy.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so")
                && is("numpy/.dylibs/libgfortran.5.dylib")
        );
        assert!(!is("numpy/linalg/lapack_lite.so") && !is("libs/a.so") && !is("a.libs"));
        assert_eq!(silent(1, true), Some(Opaque::Library));
        assert_eq!((silent(1, false), silent(SILENT_BYTES, false)), (None, Some(Opaque::Program)));
    }

    #[test]
    fn what_is_no_program_tells_nothing() {
        for bytes in [
            &b""[..],
            b"MZ",
            b"\x7fELF",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            b"\0asm\x01\0\0\0",
            b"#!/bin/sh\n",
        ] {
            assert!(!tells(bytes), "{bytes:?}");
        }
        assert!(
            is_program(b"\x7fELF") && is_program(b"MZ\x90") && !is_program(b"#!/bin/sh") && !is_program(b"")
        );
    }
}
