//! Landlock: what may be read and written, by a part of the kernel that knows nothing of namespaces.

use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use super::layout::Layout;

/// What we know of it; an older kernel enforces what it knows. The sixth keeps signals and abstract sockets inside.
const KNOWN: ABI = ABI::V6;
/// Devices that lead nowhere.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Inside the namespaces all that there is may be read. `false` where the kernel has no landlock.
pub(in crate::launch) fn inside(layout: &Layout) -> io::Result<bool> {
    let mut written = layout.writable.clone();
    written.extend(["/tmp", "/dev/shm"].map(PathBuf::from));
    written.push(layout.root.clone());
    restrict(&[PathBuf::from("/")], &written)
}

/// Without namespaces it is the only wall between the server and the home. Nothing can be hidden inside a folder that is shown.
pub(in crate::launch) fn around(layout: &Layout) -> io::Result<bool> {
    let mut read: Vec<PathBuf> = layout.shown.iter().cloned().collect();
    read.extend(["/proc", "/dev", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf"].map(PathBuf::from));
    let mut written = layout.writable.clone();
    written.extend([layout.root.clone(), "/dev/shm".into()]);
    restrict(&read, &written)
}

fn restrict(read: &[PathBuf], written: &[PathBuf]) -> io::Result<bool> {
    let rules = || -> Result<_, RulesetError> {
        let restricted = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?
            .add_rules(path_beneath_rules(read, AccessFs::from_read(KNOWN)))?
            .add_rules(path_beneath_rules(DEVICES.map(Path::new), AccessFs::from_file(KNOWN)))?
            // No device can be made there, whatever else would let it.
            .add_rules(path_beneath_rules(
                written,
                AccessFs::from_all(KNOWN) & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev),
            ))?
            .restrict_self()?;
        Ok(restricted.ruleset != RulesetStatus::NotEnforced)
    };
    rules().map_err(io::Error::other)
}
