//! What a launch needs to see of the machine, besides the system: the program, its interpreter, the package, the
//! paths that it is given.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::Confinement;
use super::private::Private;
use super::record::runtime;

/// What a package begins with. The nearest folder above a script that has one of these is its root.
const PACKAGE: [&str; 6] =
    ["node_modules", "package.json", "pyproject.toml", "pyvenv.cfg", ".venv", "Cargo.toml"];
/// Of a prefix that cannot be shown as a whole (`~/.local`): where programs and their libraries lie.
const PARTS: [&str; 5] = ["bin", "sbin", "lib", "lib64", "libexec"];
/// What a script's name ends in.
const SCRIPT: [&str; 13] =
    ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "py", "pyz", "jar", "rb", "php"];
/// Bytes read of a script's first line or of `pyvenv.cfg`. 4 KiB: Linux itself reads 256 of the former.
const HEAD_BYTES: u64 = 4 << 10;
/// Packages in one folder that are looked at. 4,096: four times what large applications have.
const PACKAGES: usize = 4_096;
/// Interpreters of interpreters: a virtual environment's, that of a version manager, the real one.
const DEPTH: usize = 4;

/// A launch.
pub(super) struct Needy<'a> {
    pub(super) program: &'a Path,
    pub(super) args: &'a [String],
    /// Values of variables that were given for the server.
    pub(super) values: &'a [String],
    pub(super) artifact: Option<&'a Path>,
    /// The folder that it is started in.
    pub(super) current: Option<PathBuf>,
    pub(super) confinement: &'a Confinement,
}

/// Files and folders, as they are named: links stand for themselves and what they lead to.
pub(super) fn needs(needy: &Needy<'_>) -> Vec<PathBuf> {
    let mut needs = Needs { private: Private::of_caller(), found: Vec::new() };
    needs.program(needy.program, DEPTH);
    for path in needy.args.iter().chain(needy.values).flat_map(|text| paths(text)) {
        needs.named(&path);
    }
    if let Some(current) = &needy.current {
        needs.show(current);
    }
    if let Some(artifact) = needy.artifact {
        needs.show(artifact);
    }
    // These were said to be shown, by whoever knows what they are.
    needs.found.extend(needy.confinement.readable.iter().cloned());
    needs.found
}

/// The paths in an argument: itself, or what an option sets.
fn paths(text: &str) -> Vec<PathBuf> {
    let value = text.strip_prefix('-').and_then(|option| option.split_once('=')).map(|(_, value)| value);
    let given = [Some(text), value].into_iter().flatten();
    let given = given.filter(|path| !path.is_empty() && !path.contains('\0'));
    given.filter_map(|path| std::path::absolute(path).ok()).filter(|path| path.exists()).collect()
}

struct Needs {
    private: Private,
    found: Vec<PathBuf>,
}

impl Needs {
    /// Shows it unless it is private; whether it is shown.
    fn show(&mut self, path: &Path) -> bool {
        let shown = path.canonicalize().is_ok_and(|real| self.private.may_show(&real));
        if shown {
            self.found.push(path.to_owned());
        }
        shown
    }

    /// A program, the folders that it expects around it, under every name by which it is reached, and its interpreter.
    fn program(&mut self, program: &Path, depth: usize) {
        self.show(program);
        let Some(depth) = depth.checked_sub(1) else { return };
        for name in names(program) {
            if let Some(folder) = name.parent() {
                self.around(folder);
            }
            self.package(&name);
            for interpreter in self.interpreters(&name) {
                if interpreter == program {
                    continue;
                }
                // A script's own bytes name it, or a link beside it: only what is a runtime brings its folders along.
                if is_runtime(&interpreter) {
                    self.program(&interpreter, depth)
                } else {
                    self.executable(&interpreter)
                }
            }
        }
    }

    /// A single file that runs.
    fn executable(&mut self, path: &Path) {
        if path.is_file() && access(path, Access::EXEC_OK).is_ok() {
            self.show(path);
        }
    }

    /// The folder that a program lies in, and its prefix where it has one.
    fn around(&mut self, folder: &Path) {
        let prefix = folder.parent();
        let has = |prefix: &Path, name: &str| prefix.join(name).exists();
        match (folder.file_name().and_then(|name| name.to_str()), prefix) {
            (Some("bin" | "sbin"), Some(prefix)) if has(prefix, "lib") || has(prefix, "pyvenv.cfg") => {
                if !self.show(prefix) {
                    for part in PARTS {
                        self.show(&prefix.join(part));
                    }
                }
            }
            // Scripts that ask a version manager which program is meant; it lies beside them.
            (Some("shims"), Some(manager)) if self.show(manager) => {}
            _ => drop(self.show(folder)),
        }
    }

    /// A path that was given: the file or folder, and of a script the package.
    fn named(&mut self, path: &Path) {
        self.show(path);
        let script = path.extension().and_then(|end| end.to_str()).is_some_and(|end| SCRIPT.contains(&end));
        if path.is_file() && script {
            for name in names(path) {
                // Its siblings, even outside of any package.
                if let Some(folder) = name.parent() {
                    self.show(folder);
                }
                self.package(&name);
            }
        }
    }

    /// The package that a file belongs to, and what is installed above it, as interpreters look for it.
    fn package(&mut self, file: &Path) {
        let mut nearest = true;
        for folder in file.ancestors().skip(1) {
            let marked = PACKAGE.iter().any(|marker| folder.join(marker).exists());
            let modules = folder.join("node_modules");
            self.linked(&modules);
            if (nearest && marked) || modules.is_dir() {
                nearest &= !marked;
                if !self.show(folder) {
                    for part in ["node_modules", "package.json", ".venv"] {
                        self.show(&folder.join(part));
                    }
                }
            }
        }
    }

    /// Dependencies that are links: the folder itself, or a package in it. The package itself may have made them, so they lead
    /// to other `node_modules` or nowhere; what a project links within itself is shown with it.
    fn linked(&mut self, modules: &Path) {
        let entries = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.take(PACKAGES).map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let mut links = vec![modules.to_owned()];
        for entry in entries(modules) {
            let is_scope = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"@"));
            links.extend(if is_scope { entries(&entry) } else { Vec::new() });
            links.push(entry);
        }
        for link in links.iter().filter(|link| link.is_symlink()) {
            let installed = |real: PathBuf| real.components().any(|part| part.as_os_str() == "node_modules");
            if link.canonicalize().is_ok_and(installed) {
                self.show(link);
            }
        }
    }

    /// What runs this program if it is a script, and what a virtual environment stands on.
    fn interpreters(&mut self, program: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut line = Vec::new();
        if let Ok(file) = File::open(program) {
            let _ = BufReader::new(file.take(HEAD_BYTES)).read_until(b'\n', &mut line);
        }
        if let Some(line) = line.strip_prefix(b"#!").and_then(|line| std::str::from_utf8(line).ok()) {
            let mut words = line.split_ascii_whitespace();
            found.extend(words.next().map(PathBuf::from).filter(|path| path.is_absolute()));
        }
        let prefix = program.parent().and_then(Path::parent);
        if let Some(prefix) = prefix.filter(|prefix| prefix.join("pyvenv.cfg").is_file()) {
            found.extend(["python", "python3"].map(|name| prefix.join("bin").join(name)));
            found.extend(base_of(prefix).map(|folder| folder.join("python3")));
        }
        found.retain(|path| path.exists());
        found
    }
}

/// Whether it is an interpreter by its own name and by that of what it is a link to, and runs.
fn is_runtime(path: &Path) -> bool {
    let known = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // With whatever version and variant (`python3.13t`, `pypy3.11`).
        runtime(name).is_some() || ["python", "pypy"].iter().any(|known| name.starts_with(known))
    };
    known(path)
        && path.canonicalize().is_ok_and(|real| known(&real) && real.is_file())
        && access(path, Access::EXEC_OK).is_ok()
}

/// The folder of the interpreter that a virtual environment was made with: `home = …`, as `site.py` reads it.
fn base_of(environment: &Path) -> Option<PathBuf> {
    let mut text = String::new();
    File::open(environment.join("pyvenv.cfg")).ok()?.take(HEAD_BYTES).read_to_string(&mut text).ok()?;
    let home = text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "home")?.1;
    Some(PathBuf::from(home.trim())).filter(|home| home.is_absolute())
}

/// A file's own path, and that of everything it is a link to.
fn names(path: &Path) -> Vec<PathBuf> {
    let mut names = vec![path.to_owned()];
    let mut last = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&last) else { break };
        last = last.parent().unwrap_or(Path::new("/")).join(target);
        names.push(last.clone());
    }
    names.extend(path.canonicalize());
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
