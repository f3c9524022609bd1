//! What of a command line is the server's code: the program, or what an interpreter is told to run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;

use super::{Unproven, script};
use crate::launch::{find_program, runtime};

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A program, machine code or a script that names its interpreter itself.
    Program(PathBuf),
    /// A file that an interpreter is given, and whether it was told to look for modules in its own places alone.
    Script { interpreter: PathBuf, file: PathBuf, isolated: bool },
    /// `python3 -m NAME`.
    Module { interpreter: PathBuf, name: String },
}

impl Code {
    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Program(file) | Self::Script { file, .. } => Some(file),
            Self::Module { .. } => None,
        }
    }

    /// Every path by which something is started.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let (first, second) = match self {
            Self::Program(file) => (file, None),
            Self::Script { interpreter, file, .. } => (interpreter, Some(file)),
            Self::Module { interpreter, .. } => (interpreter, None),
        };
        [Some(first), second].into_iter().flatten().map(PathBuf::as_path)
    }

    /// The script beside which Python looks for every module first, those of its own library included.
    pub(super) fn beside(&self) -> Option<&Path> {
        let looks = match self {
            Self::Script { isolated, .. } => !isolated,
            Self::Program(file) => script::interpreter(file).is_some_and(|line| {
                let is_python = |word: &String| {
                    let name = Path::new(word).file_name().unwrap_or_default().to_string_lossy();
                    name.starts_with("python") || name == "uv"
                };
                line.iter().any(is_python) && !line.iter().any(|word| word == "-I" || word == "-P")
            }),
            Self::Module { .. } => false,
        };
        self.file().filter(|_| looks)
    }

    /// As shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Program(file) | Self::Script { file, .. } => escape(&file.to_string_lossy()),
            Self::Module { name, .. } => format!("the module {}", escape(name)),
        }
    }
}

/// Options that stand before the script and cannot make Node run other code.
const HARMLESS_NODE: [&str; 4] =
    ["--no-warnings", "--no-deprecation", "--enable-source-maps", "--trace-warnings"];
/// Beginnings of such options.
const HARMLESS_NODE_BEGINNINGS: [&str; 2] = ["--max-old-space-size=", "--stack-trace-limit="];
/// The same for Python. Elsewhere these letters mean something else: `-I` is a folder for Ruby, `-B` code for PHP.
const HARMLESS_PYTHON: [&str; 9] = ["-I", "-E", "-s", "-P", "-B", "-u", "-q", "-O", "-Xutf8"];

fn is_harmless(runtime: &str, option: &str) -> bool {
    match runtime {
        "node" | "nodejs" => {
            HARMLESS_NODE.contains(&option)
                || HARMLESS_NODE_BEGINNINGS.iter().any(|begin| option.starts_with(begin))
        }
        _ => runtime.starts_with("python") && HARMLESS_PYTHON.contains(&option),
    }
}

/// Variables by which an interpreter, the shell or the loader is made to run something.
const LOADERS: [&str; 24] = [
    "PATH",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "GCONV_PATH",
    "LOCPATH",
    "NLSPATH",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "IFS",
    "SSL_ENGINE",
    "UV_PYTHON",
    "ENV",
    "BASH_ENV",
    "CLASSPATH",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "PERLLIB",
    "RUBYOPT",
    "RUBYLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "HOME",
];
/// Beginnings of the names of such variables.
const LOADER_FAMILIES: [&str; 18] = [
    "LD_",
    "DYLD_",
    "NODE_",
    "PYTHON",
    "PERL5",
    "DOTNET_",
    "BUN_",
    "DENO_",
    "GLIBC_",
    "OPENSSL_",
    "CORECLR_",
    "COR_",
    "COREHOST_",
    "GEM_",
    "BUNDLE_",
    "MONO_",
    "NPM_CONFIG_",
    "npm_config_",
];
/// Members of these families that only set a mode.
const MODES: [&str; 6] = [
    "NODE_ENV",
    "NODE_NO_WARNINGS",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "PYTHONIOENCODING",
    "PYTHONDONTWRITEBYTECODE",
];

/// Whether a variable can make a server run code that is neither its own nor its interpreter's.
pub(super) fn loads_code(variable: &str) -> bool {
    let family = LOADER_FAMILIES.iter().any(|family| variable.starts_with(family));
    LOADERS.contains(&variable) || (family && !MODES.contains(&variable))
}

/// What `argv` runs.
///
/// # Errors
/// When that cannot be told: an option that loads something, a program that looks for others.
pub(super) fn of(argv: &[OsString]) -> Result<Code, Unproven> {
    let argv: Vec<&str> = argv.iter().filter_map(|arg| arg.to_str()).collect();
    let Some((given, rest)) = argv.split_first() else {
        return Err(Unproven("the command line is empty".into()));
    };
    let named = given.strip_prefix("{runtime:").and_then(|name| name.strip_suffix('}'));
    let program =
        find_program(named.unwrap_or(given)).map_err(|error| Unproven(escape(&error.to_string())))?;
    let Some(runtime) = runtime(&program.to_string_lossy()).map(str::to_owned) else {
        return of_program(program);
    };
    let python = runtime.starts_with("python");
    let mut options = rest.iter();
    let mut isolated = false;
    let script = loop {
        let Some(argument) = options.next() else {
            return Err(Unproven(format!("{runtime} is not told what to run")));
        };
        isolated |= matches!(*argument, "-I" | "-P");
        match *argument {
            "-m" if python => {
                let name = options.next().copied().unwrap_or_default();
                if !isolated {
                    return Err(Unproven(format!(
                        "`{runtime} -m` looks into the current folder first: `{runtime} -P -m {}` does not",
                        escape(name)
                    )));
                }
                return Ok(Code::Module { interpreter: program, name: name.to_owned() });
            }
            "-jar" if runtime == "java" => continue,
            option if is_harmless(&runtime, option) => {}
            option if option.starts_with('-') => {
                return Err(Unproven(format!(
                    "the option {} can make {runtime} run other code",
                    escape(option)
                )));
            }
            script => break script,
        }
    };
    if !matches!(runtime.as_str(), "node" | "nodejs" | "python" | "python3" | "ruby" | "php" | "java") {
        // Of these, Deno and Bun read what to load first from the current folder.
        return Err(Unproven(format!("{runtime} looks for what it runs by itself")));
    }
    let file = std::path::absolute(script).unwrap_or_else(|_| script.into());
    if file.is_file() {
        Ok(Code::Script { interpreter: program, file, isolated: !python || isolated })
    } else {
        Err(Unproven(format!("{} is no file", escape(script))))
    }
}

/// A script that has its interpreter looked up gets it from the folder that it lies in first, which nobody signed.
fn of_program(program: PathBuf) -> Result<Code, Unproven> {
    if let Some(name) = script::looked_up(&program)
        && let Some(beside) =
            program.parent().map(|folder| folder.join(&name)).filter(|beside| beside.exists())
    {
        return Err(Unproven(format!("it would be run by {}", escape(&beside.to_string_lossy()))));
    }
    Ok(Code::Program(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a command line whose program is called `name` runs, `server` being a file.
    fn run(name: &str, args: &[&str]) -> Result<Code, Unproven> {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (program, server) = (dir.path().join(name), dir.path().join("server"));
        for file in [&program, &server] {
            std::fs::write(file, "").unwrap();
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut argv = vec![program.into_os_string()];
        argv.extend(args.iter().map(|arg| if *arg == "server" { server.clone().into() } else { arg.into() }));
        of(&argv)
    }

    #[test]
    fn an_option_is_harmless_to_one_interpreter_only() {
        for (program, options) in [
            ("node", &["--no-warnings", "--enable-source-maps", "--max-old-space-size=64"][..]),
            ("python3", &["-I", "-E", "-s", "-P", "-B", "-u", "-q", "-O", "-Xutf8"]),
            ("python3.11", &["-I"]),
        ] {
            for option in options {
                assert!(
                    matches!(run(program, &[option, "server"]), Ok(Code::Script { .. })),
                    "{program} {option}"
                );
            }
        }
        for (program, option) in [
            // A folder of libraries, code, a file read first.
            ("ruby", "-I"),
            ("ruby", "-E"),
            ("ruby", "-s"),
            ("php", "-B"),
            ("php", "-E"),
            ("php", "-q"),
            ("node", "-I"),
            ("node", "-r"),
            ("node", "--import=x"),
            ("node", "--max-old-space-size"),
            ("python3", "--no-warnings"),
            ("python3", "-i"),
            ("python3", "-c"),
            ("python3", "-Ximporttime"),
            ("java", "-I"),
            ("java", "-javaagent:x"),
        ] {
            let refused = run(program, &[option, "server"]);
            let expected = format!("the option {option} can make {program} run other code");
            assert_eq!(refused, Err(Unproven(expected)), "{program} {option}");
        }
    }

    #[test]
    fn what_looks_for_its_code_by_itself_runs_nothing_that_is_known() {
        for program in ["deno", "bun", "bunx", "npx", "uv", "uvx", "dotnet"] {
            let refused = run(program, &["server"]);
            assert_eq!(refused, Err(Unproven(format!("{program} looks for what it runs by itself"))));
        }
        for program in ["node", "python3", "ruby", "php", "java"] {
            assert!(run(program, &["server"]).is_ok(), "{program}");
        }
    }

    #[test]
    fn variables_that_bring_code_along_are_told_from_those_that_do_not() {
        for loader in [
            "OPENSSL_CONF",
            "OPENSSL_MODULES",
            "OPENSSL_ENGINES",
            "SSL_ENGINE",
            "LD_PRELOAD",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "GLIBC_TUNABLES",
            "GCONV_PATH",
            "LOCPATH",
            "NODE_OPTIONS",
            "NODE_PATH",
            "NODE_EXTRA_CA_CERTS",
            "npm_config_node_options",
            "NPM_CONFIG_PREFIX",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PYTHONHOME",
            "PERL5OPT",
            "PERLLIB",
            "RUBYOPT",
            "RUBYLIB",
            "BUNDLE_GEMFILE",
            "JAVA_TOOL_OPTIONS",
            "CLASSPATH",
            "DOTNET_STARTUP_HOOKS",
            "CORECLR_PROFILER",
            "MONO_PATH",
            "BUN_OPTIONS",
            "DENO_DIR",
            "BASH_ENV",
            "ENV",
            "PATH",
            "HOME",
            "TMPDIR",
            "XDG_CONFIG_HOME",
        ] {
            assert!(loads_code(loader), "{loader}");
        }
        for other in [
            "TZ",
            "LANG",
            "LC_ALL",
            "API_TOKEN",
            "ROOT",
            "NODE_ENV",
            "PYTHONUNBUFFERED",
            "PYTHONUTF8",
            "SSL_CERT_FILE",
            "HTTPS_PROXY",
        ] {
            assert!(!loads_code(other), "{other}");
        }
    }
}
