//! Programs that nobody named after `--`: `node` of a discovered launch command, a bare name in mcpsign.toml.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;

use crate::failure::Failure;
use crate::output::Output;

/// Where the system's programs lie; the administrator alone writes there.
const SYSTEM: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"];

/// Puts the whole path in place of a bare program name that nobody wrote after `--`, and says which was taken.
///
/// # Errors
/// When there is no such program outside of `projects`.
pub(crate) fn resolve(argv: &mut [OsString], projects: &[&Path], out: &mut Output) -> Result<(), Failure> {
    let Some(first) = argv.first_mut() else { return Ok(()) };
    let Some(name) = first.to_str().filter(|name| !name.contains(['/', '{'])) else { return Ok(()) };
    let program = find(name, projects)?;
    out.talk(format_args!("note: {} is {}", escape(name), escape(&program.to_string_lossy())));
    *first = program.into_os_string();
    Ok(())
}

/// The program `name`, absolute: the system's, else one in a folder of `$PATH` that is absolute and lies outside of
/// `projects`. What a project brings (`node_modules/.bin`, a `node` beside its sources) is what is attested, and never
/// chooses what attests it.
///
/// # Errors
/// When there is none.
pub(super) fn find(name: &str, projects: &[&Path]) -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_in(name, projects, &path).ok_or_else(|| {
        Failure::usage(format!("`{}` is found in no folder of the system", escape(name)))
            .hint("name it with its whole path, after `--` or in mcpsign.toml")
    })
}

fn find_in(name: &str, projects: &[&Path], path: &OsStr) -> Option<PathBuf> {
    let real = |path: &Path| path.canonicalize().ok();
    let projects: Vec<PathBuf> = projects.iter().filter_map(|project| real(project)).collect();
    let outside = |folder: &PathBuf| {
        folder.is_absolute()
            && real(folder).is_some_and(|real| {
                let inside = |part: &Path| part.file_name().is_some_and(|name| name == "node_modules");
                !projects.iter().any(|project| real.starts_with(project)) && !real.ancestors().any(inside)
            })
    };
    let system = SYSTEM.iter().map(PathBuf::from);
    system.chain(std::env::split_paths(path).filter(outside)).map(|folder| folder.join(name)).find(
        |program| {
            use std::os::unix::fs::PermissionsExt as _;
            program.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn b27_what_a_project_brings_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for folder in ["project/bin", "project/node_modules/.bin", "other/node_modules/.bin", "tools"] {
            fs::create_dir_all(at(folder)).unwrap();
            for name in ["sh", "no-system-has-this"] {
                fs::write(at(folder).join(name), "#!/bin/sh\n").unwrap();
                fs::set_permissions(at(folder).join(name), fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let path = |folders: &[&str]| std::env::join_paths(folders.iter().map(|folder| at(folder))).unwrap();
        let project = at("project");
        let find = |name, path: &OsStr| find_in(name, &[&project], path);
        let hostile = path(&["project/bin", "project/node_modules/.bin", "other/node_modules/.bin"]);
        assert_eq!(find("no-system-has-this", &hostile), None);
        assert_eq!(find("no-system-has-this", OsStr::new(":.:bin")), None);
        assert_eq!(
            find("no-system-has-this", &path(&["project/bin", "tools"])),
            Some(at("tools/no-system-has-this"))
        );
        assert!(find("sh", &path(&["tools"])).unwrap().starts_with("/usr") || Path::new("/bin/sh").exists());
        assert_ne!(find("sh", &path(&["tools"])), Some(at("tools/sh")));
    }
}
