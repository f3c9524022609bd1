//! Packages: what is listed is what unpacking makes, whatever the bytes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use mcpsign_collect::archive::unpack;
use mcpsign_collect::artifact::{self, ArtifactKind};

/// How the input becomes a file, by its first byte: half of the names are of packed tar files, whose input is the tar
/// file itself. A fuzzer does not find the way through a compressor and checksums.
const NAMES: [(&str, Packing); 8] = [
    ("notes-mcp-1.0.0.tgz", Packing::Tar),
    ("notes_mcp-1.0.0.tar.gz", Packing::Tar),
    ("notes-mcp-1.0.0.crate", Packing::Tar),
    ("notes-mcp-1.0.0.tgz", Packing::AsIs),
    ("notes_mcp-1.0.0-py3-none-any.whl", Packing::AsIs),
    ("notes-mcp.mcpb", Packing::AsIs),
    ("notes-mcp-1.0.0.crate", Packing::AsIs),
    ("notes-mcp.bin", Packing::AsIs),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    /// The input is the file.
    AsIs,
    /// The input is a tar file: header checksums are mended, then it is compressed.
    Tar,
}

pub(super) fn run(input: &[u8]) {
    let Some((first, input)) = input.split_first() else { return };
    let (name, packing) = NAMES[usize::from(*first) % NAMES.len()];
    let dir = scratch();
    let path = dir.path().join(name);
    match packing {
        Packing::AsIs => fs::write(&path, input),
        Packing::Tar => fs::write(&path, packed(input)),
    }
    .expect("a scratch file is written");

    let Ok(artifact) = artifact::open(&path) else { return };
    let again = artifact::open(&path).expect("what was read is read again");
    assert_eq!(artifact.digests, again.digests);
    assert_eq!(artifact.identity, again.identity);
    let Some(package) = artifact.package() else { return };
    assert!(!artifact.identity.is_empty(), "a package says which one it is");
    let into = dir.path().join("unpacked");
    fs::create_dir(&into).expect("a folder");
    unpack(&artifact, &into).expect("what was listed is unpacked");
    let tree = artifact::open(&into).expect("what was unpacked is a tree");
    let ArtifactKind::Tree(found) = &tree.kind else { panic!("a folder is a tree") };
    assert_eq!(found.entries(), package.files.entries(), "unpacked as listed");
    nothing_beside(dir.path(), &path, &into);
}

/// Unpacking wrote nowhere else.
fn nothing_beside(dir: &Path, file: &Path, into: &Path) {
    let entries: Vec<PathBuf> =
        fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(entries.iter().all(|entry| entry == file || entry == into), "{entries:?}");
}

/// In memory where the machine has room for that.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

/// Compressed, every block that looks like a header with the checksum it should have.
fn packed(tar: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut tar = tar.to_vec();
    for block in tar.chunks_exact_mut(BLOCK) {
        if block.get(257..262) == Some(b"ustar") {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&tar).expect("memory is written");
    encoder.finish().expect("memory is written")
}
