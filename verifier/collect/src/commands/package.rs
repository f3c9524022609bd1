//! Programs that fetch a package by name and start it.

use mcpsign_schemas::purl::Purl;

use super::options::Options;
use super::{CommandError, Launched, Open, bridge, registry};

const NPX: Options = Options {
    flags: &[
        "-y",
        "--yes",
        "-q",
        "--quiet",
        "--silent",
        "-s",
        "--no-install",
        "--ignore-scripts",
        "--offline",
        "--prefer-offline",
        "--prefer-online",
        "--bun",
        "--no",
        "--verbose",
        "--no-audit",
        "--no-fund",
        "--loglevel=silent",
    ],
    valued: &[
        "-p",
        "--package",
        "--registry",
        "--cache",
        "--userconfig",
        "--prefix",
        "--loglevel",
        "-w",
        "--workspace",
        "--allow-build",
    ],
};

/// The commands of a package manager that fetch a package and start it.
pub(super) struct Commands {
    /// Those that name it.
    pub(super) start: &'static [&'static str],
    /// Those that name what it makes: `create x` starts `create-x`.
    pub(super) create: &'static [&'static str],
}

/// Reads what follows the one of these commands of npm, or of one like it, that comes after options; they count on both sides
/// of it.
pub(super) fn after(
    words: &[&str],
    commands: &Commands,
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = NPX.read(words)?;
    let (command, rest) = said.rest.split_first().ok_or(CommandError::LOCAL)?;
    let before = words.get(..words.len() - said.rest.len()).unwrap_or_default();
    if commands.start.contains(command) {
        return npx(&[before, rest].concat(), read);
    }
    if !commands.create.contains(command) {
        return Err(CommandError::LOCAL);
    }
    let options = NPX.read(rest)?;
    // Without a name a project is begun here.
    let (name, arguments) = options.rest.split_first().ok_or(CommandError::LOCAL)?;
    let between = rest.get(..rest.len() - options.rest.len()).unwrap_or_default();
    npx(&[before, between, &[&*initializer(name)], arguments].concat(), read)
}

/// The package that makes what is called so: `create-x` of `x`, `@s/create` of `@s`, `@s/create-x` of `@s/x`.
fn initializer(name: &str) -> String {
    match name.strip_prefix('@') {
        Some(scoped) => match (scoped.split_once('/'), scoped.split_once('@')) {
            (Some((scope, name)), _) => format!("@{scope}/create-{name}"),
            (None, Some((scope, version))) => format!("@{scope}/create@{version}"),
            (None, None) => format!("@{scoped}/create"),
        },
        None if name.contains(['/', ':']) || name.starts_with('.') => name.to_owned(),
        None => format!("create-{name}"),
    }
}

/// `npx`, `pnpm dlx`, `yarn dlx`, `bunx`: a package of npm, or those that `--package` names.
pub(super) fn npx(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = NPX.read(words)?;
    let command = said.rest.first();
    let launched = match said.of(&["-p", "--package"]).as_slice() {
        [] => npm(command.ok_or(CommandError::Nothing)?),
        [only] => npm(only),
        several => {
            let mut all = several.iter().map(|spec| npm(spec)).collect::<Result<Vec<_>, _>>()?;
            let is_started = |one: &Launched| {
                let name = one.purl.name();
                Some(&name.rsplit('/').next().unwrap_or_default()) == command
            };
            let at = all.iter().position(is_started).ok_or(CommandError::Several)?;
            let mut started = all.swap_remove(at);
            started.with = all.into_iter().map(|one| one.purl).collect();
            Ok(started)
        }
    }?;
    let launched = registry::of(launched, &said.of(&["--registry"]))?;
    Ok(bridge::followed(launched, said.rest.get(1..).unwrap_or_default(), read))
}

/// `NAME`, `NAME@VERSION`, `NAME@RANGE`, `NAME@TAG`; behind `npm:`, or `ALIAS@npm:`, likewise.
fn npm(spec: &str) -> Result<Launched, CommandError> {
    let real = spec.rsplit_once("npm:").filter(|(alias, _)| alias.is_empty() || alias.ends_with('@'));
    let spec = real.map_or(spec, |(_, real)| real);
    let split = spec.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
    let (name, asked) = match split {
        Some(at) => {
            (spec.get(..at).unwrap_or_default(), spec.get(at + 1..).filter(|asked| !asked.is_empty()))
        }
        None => (spec, None),
    };
    let is_elsewhere =
        |text: &str| text.contains(':') || text.starts_with(['.', '/']) || text.ends_with(".tgz");
    let in_scope = name.starts_with('@');
    if is_elsewhere(name) || asked.is_some_and(is_elsewhere) || (!in_scope && name.contains('/')) {
        return Err(CommandError::Elsewhere);
    }
    let exact = asked.filter(|asked| semver::Version::parse(asked).is_ok());
    let purl = Purl::npm(name, exact).map_err(|_| CommandError::Nothing)?;
    Ok(launched(purl, asked, exact.is_some()))
}

const DENO: Options = Options {
    flags: &[
        "-A",
        "--allow-all",
        "-N",
        "-R",
        "-W",
        "-E",
        "-S",
        "-q",
        "--quiet",
        "--no-prompt",
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-run",
        "--allow-sys",
        "--allow-ffi",
        "--allow-import",
        "--allow-scripts",
        "--deny-net",
        "--deny-read",
        "--deny-write",
        "--deny-env",
        "--deny-run",
        "--deny-sys",
        "--deny-ffi",
        "--no-remote",
        "--no-npm",
        "--no-config",
        "--frozen",
        "--check",
        "--vendor",
        "--no-check",
        "--no-lock",
        "--cached-only",
        "--reload",
        "--unstable",
        "--node-modules-dir",
        "--env-file",
    ],
    // A file behind `--lock` may be one or may be left out.
    valued: &["-c", "--config", "--import-map", "--cert", "-L", "--log-level", "-p", "--package"],
};

/// `deno x [npm:]NAME@VERSION[/PROGRAM]`, `deno x -p NAME PROGRAM`: of npm, unless another registry is named.
pub(super) fn deno_x(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = DENO.read(words)?;
    let (program, arguments) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    let spec = said.of(&["-p", "--package"]).last().copied().unwrap_or(program);
    if spec.contains(':') && !spec.starts_with("npm:") {
        return Err(CommandError::Elsewhere);
    }
    Ok(bridge::followed(npm(package_of(spec))?, arguments, read))
}

/// `deno run npm:NAME@VERSION/PATH`.
pub(super) fn deno(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = DENO.read(words)?;
    let (spec, arguments) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    if !spec.starts_with("npm:") {
        return Err(if spec.contains(':') { CommandError::Elsewhere } else { CommandError::LOCAL });
    }
    Ok(bridge::followed(npm(package_of(spec))?, arguments, read))
}

/// The package of a specifier of Deno's. The path of a file in it may follow: behind the version, or else behind the name.
fn package_of(spec: &str) -> &str {
    let spec = spec.strip_prefix("npm:").unwrap_or(spec).trim_start_matches('/');
    let parts = if spec.starts_with('@') { 2 } else { 1 };
    let end = spec.match_indices('/').nth(parts - 1).map_or(spec.len(), |(at, _)| at);
    spec.get(..end).unwrap_or(spec)
}

const CARGO: Options = Options {
    flags: &[
        "--locked",
        "--frozen",
        "--offline",
        "--force",
        "-f",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--debug",
        "--all-features",
        "--no-default-features",
        "--bins",
        "--no-track",
    ],
    valued: &[
        "--version",
        "--vers",
        "--features",
        "-F",
        "--root",
        "--bin",
        "--profile",
        "--target",
        "--target-dir",
        "--index",
        "--registry",
        "--git",
        "--branch",
        "--tag",
        "--rev",
        "--path",
        "-j",
        "--jobs",
        "--color",
        "--config",
    ],
};

/// `cargo install NAME[@VERSION]`.
pub(super) fn cargo(words: &[&str]) -> Result<Launched, CommandError> {
    // Options may follow the name as well.
    let said = CARGO.read(words)?;
    let (name, after) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    let more = CARGO.read(after)?;
    let either = |names: &[&str]| [said.of(names), more.of(names)].concat();
    if !either(&["--git", "--path"]).is_empty() {
        return Err(CommandError::Elsewhere);
    }
    if !more.rest.is_empty() {
        return Err(CommandError::Several);
    }
    let versions = either(&["--version", "--vers"]);
    let (name, asked) = match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (*name, versions.last().copied()),
    };
    let exact = asked.map(|asked| asked.trim_start_matches('='));
    let exact = exact.filter(|asked| semver::Version::parse(asked).is_ok());
    let purl = Purl::cargo(name, exact).map_err(|_| CommandError::Nothing)?;
    let mut launched = launched(purl, asked, exact.is_some());
    if words.iter().any(|word| matches!(*word, "--locked" | "--frozen")) {
        launched.open.retain(|open| *open != Open::Dependencies);
    }
    registry::of(launched, &either(&["--index", "--registry"]))
}

const GO: Options = Options {
    flags: &["-a", "-n", "-race", "-msan", "-asan", "-v", "-work", "-x", "-trimpath", "-modcacherw"],
    valued: &["-C", "-p", "-mod", "-tags", "-ldflags", "-gcflags", "-buildmode", "-exec", "-overlay"],
};

/// `go run PACKAGE@VERSION`. The module's own files say which dependencies it has.
pub(super) fn go(words: &[&str]) -> Result<Launched, CommandError> {
    let said = GO.read(words)?;
    let (path, asked) =
        said.rest.first().ok_or(CommandError::Nothing)?.split_once('@').ok_or(CommandError::LOCAL)?;
    let is_exact = asked.strip_prefix('v').is_some_and(|version| semver::Version::parse(version).is_ok());
    let purl = Purl::golang(path, Some(asked).filter(|_| is_exact)).map_err(|_| CommandError::Nothing)?;
    let open = if is_exact { Vec::new() } else { vec![Open::Version, Open::Dependencies] };
    Ok(Launched { purl, asked: Some(asked.to_owned()), open, with: Vec::new(), behind: None })
}

const DNX: Options = Options {
    flags: &[
        "-y",
        "--yes",
        "--prerelease",
        "--interactive",
        "--allow-roll-forward",
        "--ignore-failed-sources",
        "--no-http-cache",
    ],
    valued: &["--version", "--source", "--add-source", "--configfile", "-v", "--verbosity", "--framework"],
};

/// `dnx NAME[@VERSION]`: a tool of .NET.
pub(super) fn dnx(words: &[&str]) -> Result<Launched, CommandError> {
    let said = DNX.read(words)?;
    let (name, after) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    // What follows may be the tool's own.
    let versions =
        [said.of(&["--version"]), DNX.read(after).map(|more| more.of(&["--version"])).unwrap_or_default()]
            .concat();
    let (name, asked) = match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (*name, versions.last().copied()),
    };
    let is_exact = |asked: &&str| {
        asked.starts_with(|c: char| c.is_ascii_digit()) && !asked.contains(['*', ',', '[', '('])
    };
    let exact = asked.filter(is_exact);
    let purl = Purl::nuget(name, exact).map_err(|_| CommandError::Nothing)?;
    Ok(launched(purl, asked, exact.is_some()))
}

/// A package whose dependencies are resolved whenever it is started.
pub(super) fn launched(purl: Purl, asked: Option<&str>, is_exact: bool) -> Launched {
    let version = (!is_exact).then_some(Open::Version);
    Launched {
        purl,
        asked: asked.map(str::to_owned),
        open: version.into_iter().chain([Open::Dependencies]).collect(),
        with: Vec::new(),
        behind: None,
    }
}
