//! Writes `tests/vectors/verify_*`: one folder a case, made from an honest release and one lie.
//!
//! Signatures differ from run to run, so the folders are committed and made anew only when a case is added or
//! the format changes: `cargo run -p mcpsign-tests --bin make-vectors`, with the names of new cases to write those alone.

mod advisories;
mod allowed;
mod approvals;
mod ci;
mod demands;
mod envelopes;
mod evidence;
mod histories;
mod identity;
mod keyless;
mod maker;
mod manifests;
mod observations;
mod others;
mod policies;
mod policy;
mod provenance;
mod revocations;
mod sboms;
mod signers;
mod statements;
mod subjects;
mod summaries;
mod surfaces;
mod tools;

use std::error::Error;
use std::path::Path;

use mcpsign_tests::forge::Key;

use crate::maker::Maker;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let only: Vec<String> = std::env::args().skip(1).collect();
    for entry in std::fs::read_dir(&root)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("verify_") && (only.is_empty() || only.contains(&name)) {
            std::fs::remove_dir_all(path)?;
        }
    }
    let maker = Maker { root, only, key: Key::generate()?, other: Key::generate()? };
    allowed::allowed(&maker)?;
    evidence::evidence(&maker)?;
    envelopes::envelopes(&maker)?;
    statements::statements(&maker)?;
    subjects::subjects(&maker)?;
    manifests::manifests(&maker)?;
    sboms::sboms(&maker)?;
    observations::observations(&maker)?;
    surfaces::surfaces(&maker)?;
    policies::policies(&maker)?;
    demands::demands(&maker)?;
    advisories::advisories(&maker)?;
    signers::signers(&maker)?;
    summaries::summaries(&maker)?;
    approvals::approvals(&maker)?;
    revocations::revocations(&maker)?;
    histories::histories(&maker)?;
    others::others(&maker)?;
    keyless::keyless(&maker)?;
    identity::identity(&maker)?;
    provenance::provenance(&maker)
}
