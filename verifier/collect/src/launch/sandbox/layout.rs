//! What of the machine can be seen inside: which files and folders, by which links they are reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mcpsign_schemas::manifest::Network;

use crate::launch::stage::orders::Orders;
use crate::way::{self, Way};

/// Programs and libraries of the system; what of it this machine has.
const SYSTEM: [&str; 9] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"];
/// What libraries and interpreters read in `/etc`. Never all of it: for a caller who is root, `shadow` and keys are readable.
const ETC: [&str; 26] = [
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ld.so.preload",
    "alternatives",
    "ssl/certs",
    "ssl/cert.pem",
    "ssl/ca-bundle.pem",
    "ssl/openssl.cnf",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "pki/ca-trust/extracted",
    "ca-certificates",
    "crypto-policies",
    "localtime",
    "timezone",
    "mime.types",
    "magic",
    "services",
    "protocols",
    "nsswitch.conf",
    "gai.conf",
    "fonts",
    "os-release",
    "debian_version",
    "host.conf",
];
/// And for a server that may use the machine's network.
const ETC_NETWORK: [&str; 2] = ["resolv.conf", "hosts"];
/// Kernel interfaces, of which the inside has its own or none.
const KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What is seen, as real paths without links, and the links to it.
#[derive(Debug, Default)]
pub(in crate::launch) struct Layout {
    /// Folders and files; none in another.
    pub(super) shown: BTreeSet<PathBuf>,
    /// Outside of those, by where they lie.
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
    /// Folders of the machine that can be written.
    pub(super) writable: Vec<PathBuf>,
    /// Folders that look empty.
    pub(super) hidden: Vec<PathBuf>,
    /// What the fresh folders lie in.
    pub(super) root: PathBuf,
    /// Whether names of other machines are looked up.
    pub(super) network: Option<Network>,
}

impl Layout {
    /// Looks at the machine as it is now; to be called before anything is mounted.
    pub(in crate::launch) fn of(orders: &Orders) -> io::Result<Self> {
        let mut layout =
            Self { root: PathBuf::from(&orders.root), network: Some(orders.network), ..Self::default() };
        let etc = ETC.iter().chain(if orders.network == Network::Host { &ETC_NETWORK[..] } else { &[] });
        let etc = etc.map(|file| Path::new("/etc").join(file));
        for path in SYSTEM.into_iter().map(PathBuf::from).chain(etc) {
            // A machine that lacks one needs none.
            let _ = layout.show(&path);
        }
        for path in &orders.shown {
            match layout.show(Path::new(path)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        for path in &orders.writable {
            layout.show(Path::new(path))?;
            layout.writable.push(fs::canonicalize(path)?);
        }
        for path in &orders.hidden {
            match fs::canonicalize(path) {
                // One that is not there hides itself.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                path => layout.hidden.push(path?),
            }
        }
        Ok(layout)
    }

    /// Shows a file or folder under this path: the path's links, and what they lead to.
    fn show(&mut self, path: &Path) -> io::Result<()> {
        let Way { links, end: at } = way::to(path)?;
        let outside = links.into_iter().filter(|(link, _)| !self.covers(link)).collect::<Vec<_>>();
        self.links.extend(outside);
        // What the inside has of its own, no folder of the machine can cover.
        let own = at == Path::new("/tmp")
            || self.root.starts_with(&at)
            || KERNEL.iter().any(|kernel| at.starts_with(kernel) || Path::new(kernel).starts_with(&at));
        if own || self.covers(&at) {
            return Ok(());
        }
        self.shown.retain(|shown| !shown.starts_with(&at));
        self.links.retain(|link, _| !link.starts_with(&at));
        self.shown.insert(at);
        Ok(())
    }

    /// Whether what lies at this real path is seen anyway.
    fn covers(&self, path: &Path) -> bool {
        path.ancestors().any(|ancestor| self.shown.contains(ancestor))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_kept_and_what_they_lead_to_is_shown_once() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        for folder in ["real/deep", "other"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        fs::write(dir.join("real/deep/file"), "").unwrap();
        symlink("real", dir.join("near")).unwrap();
        symlink(dir.join("near/deep"), dir.join("other/far")).unwrap();
        symlink("loop", dir.join("loop")).unwrap();

        let mut layout = Layout::default();
        layout.show(&dir.join("other/far/file")).unwrap();
        assert_eq!(layout.shown, BTreeSet::from([dir.join("real/deep/file")]));
        assert_eq!(layout.links.len(), 2, "{:?}", layout.links);
        layout.show(&dir.join("other/../real")).unwrap();
        assert_eq!(layout.shown, BTreeSet::from([dir.join("real")]), "the folder covers the file");
        layout.show(&dir.join("near/deep")).unwrap();
        assert_eq!(layout.shown.len(), 1);
        assert!(layout.show(&dir.join("loop")).is_err());
        assert!(layout.show(&dir.join("missing")).is_err());
        for nothing in ["/", "/proc/self", "/dev/null"] {
            layout.show(Path::new(nothing)).unwrap();
            assert_eq!(layout.shown.len(), 1, "{nothing}");
        }
    }
}
