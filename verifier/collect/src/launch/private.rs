//! What of the machine is not shown to a server just because a path leads there.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// In a home: credentials and keys, histories, browsers.
const CREDENTIALS: [&str; 58] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    ".git-credentials",
    ".gitconfig",
    ".vault-token",
    ".password-store",
    ".pgpass",
    ".my.cnf",
    ".databrickscfg",
    ".snowflake",
    ".oci",
    ".bluemix",
    ".terraform.d",
    ".terraformrc",
    ".boto",
    ".s3cfg",
    ".sigstore",
    ".mozilla",
    ".thunderbird",
    ".pki",
    ".env",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".gem/credentials",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".composer/auth.json",
    ".nuget/NuGet/NuGet.Config",
    ".config/gcloud",
    ".config/gh",
    ".config/git",
    ".config/hub",
    ".config/op",
    ".config/sops",
    ".config/rclone",
    ".config/containers",
    ".config/pip",
    ".config/github-copilot",
    ".local/share/keyrings",
    "Library/Keychains",
];
/// In a home: where programs keep what is theirs. Of each, a part can be shown, never the whole.
const SHARED: [&str; 12] = [
    ".config",
    ".cache",
    ".local",
    ".local/share",
    ".local/state",
    ".var",
    "snap",
    "Library",
    "Documents",
    "Desktop",
    "Downloads",
    "AppData",
];
/// Shared by everybody, and nobody's to show as a whole.
const COMMON: [&str; 16] = [
    "/", "/home", "/Users", "/root", "/etc", "/var", "/opt", "/srv", "/mnt", "/media", "/tmp", "/var/tmp",
    "/usr", "/var/lib", "/var/run", "/boot",
];
/// With all that lies in them.
const SECRET: [&str; 13] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/boot",
    "/lost+found",
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/var/run",
];

/// Where homes lie.
const HOMES: [&str; 2] = ["/home", "/Users"];
/// Homes that are looked at, of each kind. 256: beyond that it is a server of many users, whose homes are closed to each other.
const MAX_HOMES: usize = 256;
/// Numbers of users who are people, on all distributions.
const PEOPLE: std::ops::Range<u32> = 1000..65_534;
/// In a project: what its tools sign in with.
const PROJECT: [&str; 8] = [
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    ".git-credentials",
    ".git/config",
    ".vault-token",
];

/// What is private on this machine.
#[derive(Debug)]
pub(super) struct Private {
    /// Not to be shown, nor anything in which one of them lies.
    whole: Vec<PathBuf>,
    /// Not to be shown, nor anything that lies in one of them.
    inner: Vec<PathBuf>,
}

impl Private {
    /// Of the user who runs us, by `HOME` and by the system's own record, and of everybody else: whoever is root, or became it
    /// by `sudo`, can read their homes too.
    pub(super) fn of_caller() -> Self {
        let table = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self::of_machine(
            std::env::home_dir().into_iter().chain(home_on_record()),
            &table,
            &HOMES.map(Path::new),
        )
    }

    /// Of whoever is at home in `ours`, of the people in a table of users, and of everybody whose home lies in `homes`.
    fn of_machine(ours: impl Iterator<Item = PathBuf>, table: &str, homes: &[&Path]) -> Self {
        let below = homes.iter().filter_map(|homes| std::fs::read_dir(homes).ok()).flatten().flatten();
        let others = below.take(MAX_HOMES).map(|entry| entry.path());
        Self::of_homes(ours.chain(people(table).take(MAX_HOMES)).chain(others))
    }

    fn of_homes(homes: impl Iterator<Item = PathBuf>) -> Self {
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let mut private = Self { whole: Vec::new(), inner: Vec::new() };
        private.whole.extend(COMMON.map(PathBuf::from));
        private.whole.push(real(std::env::temp_dir()));
        private.inner.extend(SECRET.map(PathBuf::from));
        // Some accounts of the system are at home in `/`, or in a folder of programs.
        let homes: BTreeSet<PathBuf> =
            homes.map(real).filter(|home| !COMMON.iter().any(|common| home == Path::new(common))).collect();
        for home in homes {
            private.whole.extend(SHARED.map(|folder| home.join(folder)));
            for path in CREDENTIALS.map(|path| home.join(path)) {
                // Kept elsewhere, and linked to: what it leads to is as private.
                private.inner.extend(path.canonicalize().ok().filter(|real| *real != path));
                private.inner.push(path);
            }
            private.whole.push(home);
        }
        private
    }

    /// Whether this real path can be shown without anything private.
    pub(super) fn may_show(&self, path: &Path) -> bool {
        !self.whole.iter().any(|private| private.starts_with(path))
            && !self
                .inner
                .iter()
                .any(|private| path.starts_with(private) || (private.starts_with(path) && private.exists()))
    }
}

/// Bytes of a file's first line that are looked at.
const FIRST_LINE: usize = 64;

/// Files with credentials and private keys at the root of what is shown, unless they were themselves asked for.
pub(super) fn covered(shown: &[PathBuf]) -> Vec<PathBuf> {
    let named = |path: &PathBuf| shown.contains(path);
    let example = |name: &str| [".example", ".sample", ".template"].iter().any(|end| name.ends_with(end));
    let mut covered = Vec::new();
    for folder in shown {
        covered.extend(PROJECT.map(|name| folder.join(name)));
        // `.env` and its kin are read by name of the environment.
        let is_environment = |name: &str| name.starts_with(".env") && !example(name);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let private = entries.filter(|entry| {
            entry.file_name().to_str().is_some_and(is_environment) || is_private_key(&entry.path())
        });
        covered.extend(private.map(|entry| entry.path()));
    }
    covered.retain(|path| path.is_file() && !named(path));
    covered
}

/// Whether a file is a private key: a container of one, or PEM that says so in its first line.
fn is_private_key(path: &Path) -> bool {
    let is_container =
        |end: &std::ffi::OsStr| ["p12", "pfx"].iter().any(|known| end.eq_ignore_ascii_case(known));
    if path.extension().is_some_and(is_container) {
        return true;
    }
    // Nothing but a file is opened: a pipe would wait for a writer.
    if !path.is_file() {
        return false;
    }
    let mut begin = Vec::with_capacity(FIRST_LINE);
    let read =
        std::fs::File::open(path).and_then(|file| file.take(FIRST_LINE as u64).read_to_end(&mut begin));
    let line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    read.is_ok() && line.starts_with(b"-----BEGIN ") && line.ends_with(b"PRIVATE KEY-----")
}

/// The homes of those of the system's users who can log in.
fn people(table: &str) -> impl Iterator<Item = PathBuf> {
    table.lines().filter_map(|line| {
        let mut fields = line.split(':').skip(2);
        let id: u32 = fields.next()?.parse().ok()?;
        let home = fields.nth(2)?;
        (PEOPLE.contains(&id) && home.starts_with('/')).then(|| PathBuf::from(home))
    })
}

/// Ours, whatever `HOME` says.
#[cfg(target_os = "linux")]
fn home_on_record() -> Option<PathBuf> {
    nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.dir)
}

#[cfg(not(target_os = "linux"))]
fn home_on_record() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_what_contains_them_and_credentials_are_private() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        std::fs::create_dir_all(home.join("work/tools")).unwrap();
        std::fs::create_dir_all(home.join("odd")).unwrap();
        let private = Private::of_homes([home.clone()].into_iter());
        for shown in ["work", "work/tools", ".cache/x", ".local/bin", "server.js"] {
            assert!(private.may_show(&home.join(shown)), "{shown}");
        }
        for kept in ["", ".ssh", ".ssh/id", ".npmrc", ".config", ".config/gcloud/x", ".local/share", ".."] {
            let path = std::path::absolute(home.join(kept)).unwrap();
            assert!(!private.may_show(path.parent().filter(|_| kept == "..").unwrap_or(&path)), "{kept}");
        }
        for kept in ["/", "/etc", "/etc/shadow", "/proc/1", "/run/user/0", "/home", "/tmp"] {
            assert!(!private.may_show(Path::new(kept)), "{kept}");
        }
        std::fs::create_dir_all(home.join(".config/gh")).unwrap();
        assert!(!Private::of_homes([home.clone()].into_iter()).may_show(&home.join(".config")));
    }

    #[test]
    fn homes_of_others_are_private_too() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        for folder in ["home/ann/.ssh", "people/bob/.aws", "people/daemon/.aws", "people/nobody", "me/work"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let user =
            |name: &str, id: u32| format!("{name}:x:{id}:{id}::{}/people/{name}:/bin/sh\n", dir.display());
        let table =
            [user("bob", 1001), user("daemon", 2), user("nobody", 65_534), "nonsense\n::\n".into()].concat();
        let private = Private::of_machine(
            [dir.join("me")].into_iter(),
            &table,
            &[&dir.join("home"), &dir.join("missing")],
        );
        for kept in
            ["me", "home/ann", "home/ann/.ssh", "home/ann/.ssh/id", "people/bob", "people/bob/.aws", "home"]
        {
            assert!(!private.may_show(&dir.join(kept)), "{kept}");
        }
        for shown in ["me/work", "home/ann/tools", "people/daemon", "people/nobody"] {
            assert!(private.may_show(&dir.join(shown)), "{shown}");
        }
    }

    #[test]
    fn credentials_that_are_links_are_private_where_they_lead() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(dir.join("home")).unwrap();
        std::fs::create_dir_all(dir.join("dots/ssh")).unwrap();
        std::os::unix::fs::symlink(dir.join("dots/ssh"), dir.join("home/.ssh")).unwrap();
        let private = Private::of_homes([dir.join("home")].into_iter());
        for kept in ["dots/ssh", "dots/ssh/id", "dots"] {
            assert!(!private.may_show(&dir.join(kept)), "{kept}");
        }
    }

    #[test]
    fn what_a_project_signs_in_with_is_covered_unless_it_was_named() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at(".git")).unwrap();
        for file in [".env", ".env.local", ".env.example", ".npmrc", ".git/config", "server.js", "a.p12"] {
            std::fs::write(at(file), "x").unwrap();
        }
        for (file, kind) in
            [("release.key", "ENCRYPTED SIGSTORE PRIVATE"), ("old", "PRIVATE"), ("release.pub", "PUBLIC")]
        {
            std::fs::write(at(file), format!("-----BEGIN {kind} KEY-----\r\nAAAA\n")).unwrap();
        }
        let mut found = covered(&[dir.path().to_owned(), at(".env.local")]);
        found.sort();
        found.dedup();
        let expected = [".env", ".git/config", ".npmrc", "a.p12", "old", "release.key"];
        assert_eq!(found, expected.map(at));
    }
}
