//! Landlock: what may be read and written, by a part of the kernel that knows nothing of namespaces.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    Scope, path_beneath_rules,
};

use super::layout::Layout;

/// What we know of it; an older kernel enforces what it knows. The sixth keeps signals and abstract sockets inside.
const KNOWN: ABI = ABI::V6;
/// Devices that lead nowhere.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Inside the namespaces all that there is may be read.
pub(in crate::launch) fn inside(layout: &Layout) -> io::Result<()> {
    let mut written = layout.writable.clone();
    written.extend(["/tmp", "/dev/shm"].map(PathBuf::from));
    written.push(layout.root.clone());
    restrict(&Given { read: vec!["/".into()], listed: Vec::new(), written })
}

/// Without namespaces it is the only wall between the server and the home. Rules only give: of a folder in which something is
/// hidden, all else is given, entry by entry.
pub(in crate::launch) fn around(layout: &Layout) -> io::Result<()> {
    let mut given = Given::default();
    layout.shown.iter().try_for_each(|path| given.all_but(&layout.hidden, path))?;
    given.read.extend(["/proc", "/dev", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf"].map(PathBuf::from));
    given.written.clone_from(&layout.writable);
    given.written.extend([layout.root.clone(), "/dev/shm".into()]);
    restrict(&given)
}

/// Whether this kernel has it.
pub(in crate::launch) fn is_there() -> bool {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset.handle_access(AccessFs::from_all(ABI::V1)).and_then(Ruleset::create).is_ok()
}

/// What may be done where, each with all that lies below.
#[derive(Debug, Default)]
struct Given {
    read: Vec<PathBuf>,
    /// Folders whose names may be listed.
    listed: Vec<PathBuf>,
    written: Vec<PathBuf>,
}

impl Given {
    /// Gives to read what lies at a real path, but for what is hidden.
    fn all_but(&mut self, hidden: &[PathBuf], path: &Path) -> io::Result<()> {
        if hidden.iter().any(|hidden| path.starts_with(hidden)) {
            return Ok(());
        }
        if !hidden.iter().any(|hidden| hidden.starts_with(path)) {
            self.read.push(path.to_owned());
            return Ok(());
        }
        self.listed.push(path.to_owned());
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // What a link leads to is given where it lies, or not at all.
            if !entry.file_type()?.is_symlink() {
                self.all_but(hidden, &entry.path())?;
            }
        }
        Ok(())
    }
}

fn restrict(given: &Given) -> io::Result<()> {
    let rules = || -> Result<_, RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?
            .add_rules(path_beneath_rules(&given.read, AccessFs::from_read(KNOWN)))?
            .add_rules(path_beneath_rules(&given.listed, AccessFs::ReadDir))?
            .add_rules(path_beneath_rules(DEVICES.map(Path::new), AccessFs::from_file(KNOWN)))?
            // No device can be made there, whatever else would let it.
            .add_rules(path_beneath_rules(
                &given.written,
                AccessFs::from_all(KNOWN) & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev),
            ))?
            .restrict_self()?;
        Ok(())
    };
    rules().map_err(io::Error::other)
}
