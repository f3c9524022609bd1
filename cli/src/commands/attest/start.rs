//! How the server of a release is started: by whom that is said, in this order: after `--`, in mcpsign.toml, in the
//! project, in the bundle itself.

use std::ffi::OsString;
use std::path::Path;

use mcpsign_collect::project::Launch;
use mcpsign_schemas::canonical::Json;

use super::release::Plan;
use super::{AttestArgs, program};
use crate::commands::server::Given;
use crate::config::{Profile, Settings};
use crate::failure::Failure;
use crate::output::Output;

/// One profile to be captured.
#[derive(Debug)]
pub(super) struct Start {
    /// Its name.
    pub(super) profile: String,
    pub(super) command: Command,
    /// More arguments.
    pub(super) args: Vec<String>,
    /// What it is given beside what the command line says.
    pub(super) given: Given,
    /// A JSON object.
    pub(super) client_capabilities: Json,
}

/// What is started.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// A program that somebody named, and its arguments.
    Named(Vec<OsString>),
    /// What was found in the project.
    Found(Launch),
    /// What a bundle's own manifest says.
    Bundle,
}

/// Every profile to be captured.
///
/// # Errors
/// When nothing says how the server is started, or a program that nobody named after `--` is not found.
pub(super) fn all(args: &AttestArgs, plan: &Plan, out: &mut Output) -> Result<Vec<Start>, Failure> {
    let settings = &plan.settings;
    if let Some(installed) = &plan.installed {
        let argv = Command::Named(installed.argv.clone());
        return Ok(vec![start(argv, Profile::default_one(), settings)]);
    }
    if !args.command.is_empty() {
        // What is said on the command line is one way of starting it; what the file lists are others.
        let profile = Profile { name: crate::config::DEFAULT_PROFILE.into(), ..base(settings) };
        if settings.profiles.len() > 1 || settings.profiles.iter().any(|other| other.name != profile.name) {
            out.talk("note: the profiles of mcpsign.toml are left aside for the command line");
        }
        let profile = Profile { args: Vec::new(), ..profile };
        return Ok(vec![start(Command::Named(args.command.clone()), profile, settings)]);
    }
    let found = found(plan);
    let mut starts = Vec::new();
    for profile in &settings.profiles {
        let command = match (&profile.command, &found) {
            (Some(argv), _) => Command::Named(argv.iter().map(OsString::from).collect()),
            (None, Some(found)) => found.clone(),
            (None, None) => {
                return Err(Failure::usage("nothing says how the server is started").hint(
                    "add `-- COMMAND ARG…`, or `--capture FILE` of an earlier `mcpsign manifest capture`, or `--no-manifest`",
                ));
            }
        };
        let mut start = start(command, profile.clone(), settings);
        if let Command::Named(argv) = &mut start.command {
            resolve(argv, plan, out)?;
        }
        starts.push(start);
    }
    Ok(starts)
}

/// The first profile, for what holds for all of them: variables, capabilities.
fn base(settings: &Settings) -> Profile {
    settings.profiles.first().cloned().unwrap_or_else(Profile::default_one)
}

fn found(plan: &Plan) -> Option<Command> {
    let launch = plan.project.as_ref().and_then(|project| project.launch.clone());
    launch.map(Command::Found).or_else(|| {
        let is_bundle = |path: &Path| {
            path.extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("mcpb") || end.eq_ignore_ascii_case("dxt"))
        };
        plan.references.iter().any(|reference| is_bundle(reference.path())).then_some(Command::Bundle)
    })
}

fn start(command: Command, profile: Profile, settings: &Settings) -> Start {
    let mut given = settings.given(&profile);
    if let Command::Found(launch) = &command {
        for (name, value) in &launch.env {
            given.env.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let client_capabilities = profile.client_capabilities;
    Start { profile: profile.name, command, args: profile.args, given, client_capabilities }
}

/// As [`program::resolve`], for a program that lies outside of the project.
///
/// # Errors
/// Likewise.
pub(super) fn resolve(argv: &mut [OsString], plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    let roots = plan.project.iter().flat_map(|project| [project.root.as_path(), &project.locked_in]);
    program::resolve(argv, &roots.chain([Path::new(".")]).collect::<Vec<_>>(), out)
}
