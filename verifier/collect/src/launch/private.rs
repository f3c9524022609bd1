//! What of the machine is not shown to a server just because a path leads there.

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

/// What is private on this machine.
#[derive(Debug)]
pub(super) struct Private {
    /// Not to be shown, nor anything in which one of them lies.
    whole: Vec<PathBuf>,
    /// Not to be shown, nor anything that lies in one of them.
    inner: Vec<PathBuf>,
}

impl Private {
    /// Of the user who runs us: by `HOME`, and by the system's own record where the two differ.
    pub(super) fn of_caller() -> Self {
        Self::of_homes(std::env::home_dir().into_iter().chain(home_on_record()))
    }

    fn of_homes(homes: impl Iterator<Item = PathBuf>) -> Self {
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let mut private = Self { whole: Vec::new(), inner: Vec::new() };
        private.whole.extend(COMMON.map(PathBuf::from));
        private.whole.push(real(std::env::temp_dir()));
        private.inner.extend(SECRET.map(PathBuf::from));
        for home in homes.map(real) {
            private.whole.extend(SHARED.map(|folder| home.join(folder)));
            private.inner.extend(CREDENTIALS.map(|path| home.join(path)));
            private.whole.push(home);
        }
        private.whole.extend(private.inner.iter().filter(|path| path.exists()).cloned());
        private
    }

    /// Whether this real path can be shown without anything private.
    pub(super) fn may_show(&self, path: &Path) -> bool {
        !self.whole.iter().any(|private| private.starts_with(path))
            && !self.inner.iter().any(|private| path.starts_with(private))
    }
}

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
}
