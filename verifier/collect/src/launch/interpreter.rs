//! Which interpreter runs a server, and in which version: what a server shows may depend on it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcpsign_schemas::manifest::{Network, Product};

use super::record::runtime;
use super::{Confinement, SandboxMode, Tool, ToolLimits, ToolStatus, run_tool};
use crate::installed::script;

/// For saying its version. 10 s: a Java machine on a busy disk.
const TIME: Duration = Duration::from_secs(10);
/// Bytes that it may say: real ones say a line or three.
const OUTPUT: u64 = 64 << 10;
/// Characters of a version at the most.
const VERSION: usize = 64;

/// A program that runs others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    name: String,
    /// Absolute.
    program: PathBuf,
}

impl Interpreter {
    /// The one that `program` is, or that its first line names; looked up in `path` where that leaves it open. None that
    /// lies in the `artifact`: that is the server's own, whatever it is called.
    pub(super) fn of(program: &Path, artifact: Option<&Path>, path: &OsStr) -> Option<Self> {
        let program = if runtime(&program.to_string_lossy()).is_some() {
            program.to_owned()
        } else if let Some(name) = script::looked_up(program) {
            std::env::split_paths(path).map(|folder| folder.join(&name)).find(|found| found.is_file())?
        } else {
            script::interpreter(program)?.into_iter().next().map(PathBuf::from)?
        };
        let name = runtime(&program.to_string_lossy())?.to_owned();
        let inside = |path: &Path| artifact.is_some_and(|artifact| path.starts_with(artifact));
        // In a virtual environment it is a link to what that was made with.
        let program = if inside(&program) { program.canonicalize().ok()? } else { program };
        (program.is_absolute() && !inside(&program)).then_some(Self { name, program })
    }

    /// What it says of its version when it is asked, behind the walls that the server gets and without its variables; `None`
    /// where it says nothing of that kind.
    pub(crate) fn product(&self, sandbox: SandboxMode, stage: &Path) -> Option<Product> {
        let tool = Tool {
            program: self.program.clone(),
            args: vec!["--version".into()],
            env: BTreeMap::new(),
            secret_env: BTreeMap::new(),
            confinement: Confinement { sandbox, network: Network::None, ..Confinement::default() },
            writable: Vec::new(),
            limits: ToolLimits { time: TIME, output_bytes: OUTPUT, memory: ToolLimits::MEMORY },
        };
        let output = run_tool(&tool, stage).ok().filter(|output| output.status == ToolStatus::Succeeded)?;
        let mut lines = output.stdout_tail.iter().chain(&output.stderr_tail);
        let version = lines.find_map(|line| version(line))?;
        Some(Product { name: self.name.clone(), version: version.to_owned() })
    }
}

/// The first word that is a version: `v22.22.0`, `Python 3.11.2`, `openjdk 17.0.9 2023-10-17`.
fn version(line: &str) -> Option<&str> {
    let is_version = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.contains('.')
            && word.len() <= VERSION
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
    };
    line.split_ascii_whitespace()
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| is_version(word))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn versions_are_found_in_what_runtimes_say() {
        for (line, expected) in [
            ("v22.22.0", Some("22.22.0")),
            ("Python 3.11.2", Some("3.11.2")),
            ("Python 3.14.0rc1", Some("3.14.0rc1")),
            ("uvx 0.5.1 (c6be6ef 2024-11-09)", Some("0.5.1")),
            ("openjdk 17.0.9 2023-10-17", Some("17.0.9")),
            ("PHP 8.2.7 (cli) (built: Jun  9 2023 19:37:27) (NTS)", Some("8.2.7")),
            ("ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]", Some("3.1.2p20")),
            ("8.0.100", Some("8.0.100")),
            ("no version", None),
            ("1.\u{202e}2", None),
            ("", None),
        ] {
            assert_eq!(version(line), expected, "{line}");
        }
    }

    #[test]
    fn the_interpreter_is_the_program_or_what_its_first_line_names() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("bin")).unwrap();
        for (file, text) in [
            ("bin/node", ""),
            ("plain", "\u{7f}ELF"),
            ("direct", "#!/opt/py/bin/python3.11 -I\n"),
            ("asked", "#!/usr/bin/env node\n"),
            ("shell", "#!/bin/sh\n"),
            ("gone", "#!/usr/bin/env deno\n"),
        ] {
            fs::write(at(file), text).unwrap();
        }
        let path = at("bin");
        let of = |file: &str, artifact: Option<&Path>| {
            let found = Interpreter::of(&at(file), artifact, path.as_os_str())?;
            Some((found.name, found.program))
        };
        assert_eq!(of("bin/node", None), Some(("node".into(), at("bin/node"))));
        assert_eq!(of("asked", None), Some(("node".into(), at("bin/node"))));
        assert_eq!(of("direct", None), Some(("python3".into(), "/opt/py/bin/python3.11".into())));
        assert_eq!(of("bin/node", Some(dir.path())), None, "the artifact's own");
        fs::create_dir(at("venv")).unwrap();
        std::os::unix::fs::symlink(at("bin/node"), at("venv/node")).unwrap();
        let linked = of("venv/node", Some(&at("venv"))).unwrap().1;
        assert_eq!(linked, at("bin/node").canonicalize().unwrap());
        for none in ["plain", "shell", "gone", "missing"] {
            assert_eq!(of(none, None), None, "{none}");
        }
    }
}
