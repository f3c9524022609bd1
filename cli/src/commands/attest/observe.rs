//! What the server shows: captured now, or taken from a capture file.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::{Artifact, ArtifactKind};
use mcpsign_collect::capture::{self, Captured};
use mcpsign_collect::installed::{self, Invocation, Proof, Unproven};
use mcpsign_collect::replies;
use mcpsign_collect::tree::Stamp;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::capture::{CaptureFile, MAX_BYTES};
use mcpsign_schemas::manifest::{Binding, Kind, Profile};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::untrusted::escape;

use super::AttestArgs;
use super::evidence;
use super::observer::Proof as How;
use super::release::{Collected, Plan};
use super::start::{self, Command, Start};
use crate::commands::registry;
use crate::commands::server::unpacked::{self, Unpacked};
use crate::commands::server::{self, ARTIFACT, Ca, Given, capture_failure, producer, with_folder};
use crate::config::{Config, DEFAULT_PROFILE};
use crate::describe::Shown;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Where the manifest's content comes from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// A capture made before.
    File(&'a Path),
    /// A server to start, once for each profile.
    Server(Vec<Start>),
    /// A remote server to ask: that of `--url`.
    Remote,
    /// Nowhere: there will be no manifest.
    Nothing,
}

/// What was seen, and what it has to do with the artifacts.
#[derive(Debug)]
pub(super) struct Capture {
    file: CaptureFile,
    /// Of each profile, in the file's order.
    related: Vec<Related>,
}

/// What relates a profile to the release.
#[derive(Debug)]
struct Related {
    /// Place of the artifact that was asked.
    form: usize,
    binding: Binding,
    /// Which files they were before the server ran, where it was started from the artifact itself.
    stamp: Option<Stamp>,
    /// Why it is no more than `command`.
    why: Option<String>,
}

impl Related {
    fn unproven(why: &str) -> Self {
        Self { form: 0, binding: Binding::Command, stamp: None, why: Some(why.to_owned()) }
    }

    /// The same, if the artifact is the very one that was started.
    fn still(self, now: Option<&Artifact>) -> Self {
        match now.map(|now| installed::untouched(self.stamp, now)) {
            Some(Err(why)) => Self { form: self.form, ..Self::unproven(&why.to_string()) },
            Some(Ok(())) | None => self,
        }
    }
}

impl<'a> Source<'a> {
    /// Exactly one source, named or found.
    ///
    /// # Errors
    /// When none is there, or flags for a server are given where none is started.
    pub(super) fn choose(
        args: &'a AttestArgs,
        config: &Config,
        plan: &Plan,
        out: &mut Output,
    ) -> Result<Self, Failure> {
        let source = match &args.capture {
            Some(path) => Self::File(path),
            None if args.no_manifest => Self::Nothing,
            None if args.command.is_empty() && args.server.remote.address()?.is_some() => Self::Remote,
            None => {
                let mut starts = start::all(args, plan, out)?;
                // The server is foreign code, and may lie beside what the release is signed with.
                let private = evidence::private_files(args, config);
                starts.iter_mut().for_each(|start| start.given.hidden.clone_from(&private));
                Self::Server(starts)
            }
        };
        let for_a_server = !(args.server.is_empty(ca(args, plan)) && args.allow_finding.is_empty());
        if for_a_server && matches!(source, Self::File(_) | Self::Nothing) {
            return Err(Failure::usage(server::NO_SERVER)
                .hint("give them to `mcpsign manifest capture`, or leave them out"));
        }
        Ok(source)
    }

    /// Whether untrusted code will have run.
    pub(super) const fn starts_a_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Names of the variables that carry secrets, beside those of the command line.
    pub(super) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Server(starts) => starts.iter().flat_map(|start| start.given.secret_env.clone()).collect(),
            Self::File(_) | Self::Remote | Self::Nothing => Vec::new(),
        }
    }

    /// Reads the capture or makes it.
    ///
    /// # Errors
    /// When the file is no capture, or the server is refused or cannot be observed.
    pub(super) fn obtain(
        &self,
        args: &AttestArgs,
        plan: &Plan,
        before: &Collected,
        out: &mut Output,
    ) -> Result<Option<Capture>, Failure> {
        match self {
            Self::Nothing => {
                out.talk("note: no tool manifest is signed; `mcpsign verify` demands one");
                Ok(None)
            }
            Self::File(path) => {
                let file = load(path)?;
                out.talk(format_args!(
                    "note: how the server was started and what confined it is the word of {}",
                    escape(&path.to_string_lossy())
                ));
                let related = file.profiles.iter().map(|profile| captured_elsewhere(profile, before));
                let related = related.collect::<Result<_, _>>()?;
                Ok(Some(Capture { file, related }))
            }
            Self::Remote => {
                out.talk("asking the server what it shows");
                let captured = plan_of(args).capture(out)?.map_err(|error| capture_failure(error, out))?;
                let file = capture::into_file(vec![captured], producer(), jiff::Timestamp::now());
                let related = vec![Related::unproven("a remote server runs whatever it runs")];
                Ok(Some(Capture { file, related }))
            }
            Self::Server(starts) => {
                let (mut captured, mut related) = (Vec::new(), Vec::new());
                for start in starts {
                    let (one, relation) = capture_one(start, args, plan, before, out)?;
                    captured.push(one);
                    related.push(relation);
                }
                let file = capture::into_file(captured, producer(), jiff::Timestamp::now());
                Ok(Some(Capture { file, related }))
            }
        }
    }
}

/// What a capture file says of a profile: with the digest of the artifact that it was made of, its binding stands, as far
/// as the file is believed at all.
fn captured_elsewhere(profile: &Profile, before: &Collected) -> Result<Related, Failure> {
    let Some(digest) = profile.subject else {
        return Ok(Related::unproven("it was captured elsewhere, without `--artifact`"));
    };
    let form =
        before.forms.iter().position(|(artifact, _)| artifact.digests.sha256 == digest).ok_or_else(|| {
            Failure::usage(format!("profile {} was captured from another artifact", escape(&profile.name)))
                .hint("attest the artifact that was named with `--artifact`, or capture again")
        })?;
    let launch = &profile.launch;
    if let Some(name) = launch.env.keys().chain(&launch.secret_env).find(|name| installed::loads_code(name)) {
        let why = format!("the variable {} can make it run other code", escape(name));
        return Ok(Related { form, ..Related::unproven(&why) });
    }
    Ok(match launch.binding {
        binding @ (Binding::Unpacked | Binding::Installed) => {
            Related { form, binding, stamp: None, why: None }
        }
        Binding::Command | Binding::Endpoint => {
            Related { form, ..Related::unproven("it was not proven where it was captured") }
        }
    })
}

/// What `--ca` is for.
fn ca(args: &AttestArgs, plan: &Plan) -> Ca {
    let by_name = |path: &OsString| registry::reference(path).is_ok_and(|package| package.is_some());
    let fetches = plan.installed.is_some() || args.paths.iter().any(by_name);
    if fetches { Ca::OfRegistry } else { Ca::OfServer }
}

/// The capture of a server that is not started here.
pub(super) fn plan_of(args: &AttestArgs) -> server::Plan<'_> {
    server::Plan {
        profile: DEFAULT_PROFILE,
        command: &[],
        server: &args.server,
        client_capabilities: Json::Object(Object::new()),
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: None,
        given: Given::default(),
    }
}

pub(super) fn load(path: &Path) -> Result<CaptureFile, Failure> {
    let hint = "`mcpsign manifest capture --out FILE -- COMMAND` makes one";
    let bytes = read::file(path, MAX_BYTES).map_err(|error| Failure::from_error(&error).hint(hint))?;
    let name = escape(&path.to_string_lossy());
    replies::capture_file(&bytes).map_err(|error| {
        Failure::usage(format!("`{name}` is no capture that can be signed")).because(error).hint(hint)
    })
}

/// Captures one profile, and finds out what it has to do with the release.
fn capture_one(
    start: &Start,
    args: &AttestArgs,
    plan: &Plan,
    before: &Collected,
    out: &mut Output,
) -> Result<(Captured, Related), Failure> {
    let mut given = Given { ca: ca(args, plan), ..start.given.clone() };
    let (mut argv, unpacked) = match &start.command {
        Command::Named(argv) => (argv.clone(), wants_unpacking(argv, plan, before)?),
        Command::Found(launch) => {
            let argv: Vec<OsString> = launch.argv.iter().map(OsString::from).collect();
            let wanted = launch.unpack.as_ref().map(|path| real(path));
            let form = plan.references.iter().position(|form| Some(real(form.path())) == wanted);
            let unpacked = form.map(|form| unpack(form, before, &launch.dependencies)).transpose()?;
            (argv, unpacked)
        }
        Command::Bundle => {
            let form = form_of(PackageForm::Mcpb, before).ok_or_else(|| {
                Failure::usage("nothing says how the server is started").hint("add `-- COMMAND ARG…`")
            })?;
            let (form, unpacked) = unpack(form, before, &[])?;
            let launch = unpacked.launch()?;
            for (name, value) in launch.env {
                given.env.entry(name).or_insert(value);
            }
            (launch.argv.iter().map(OsString::from).collect(), Some((form, unpacked)))
        }
    };
    argv.extend(start.args.iter().map(OsString::from));
    if !matches!(start.command, Command::Named(_)) {
        start::resolve(&mut argv, plan, out)?;
    }

    let named = Started::find(&argv, plan, before);
    let folder = unpacked.as_ref().map_or(named.folder, |(_, unpacked)| unpacked.folder().to_owned());
    let forms: Vec<&Artifact> = before.forms.iter().map(|(artifact, _)| artifact).collect();
    let filled: Vec<OsString> = argv.iter().map(|arg| with_folder(arg, &folder)).collect();
    let variables: BTreeSet<String> = args.server.variables(&given).collect();
    let invocation = Invocation {
        argv: &filled,
        variables: &variables,
        unpacked: unpacked.as_ref().map(|(form, unpacked)| (unpacked.folder(), *form)),
    };
    let built = plan.installed.as_ref().filter(|installed| installed.proof == How::Built);
    let built = built.map(|installed| &installed.folder);
    let proof = match built {
        Some(folder) => installed::built(&invocation, folder),
        None => installed::prove(&invocation, &forms),
    };
    // Spelled by its placeholder, the folder is what it stands for; else what was proven to be the artifact's.
    let spelled = argv.iter().any(|arg| arg.to_string_lossy().contains(ARTIFACT));
    let folder = match &proof {
        _ if built.is_some() => built.cloned().unwrap_or(folder),
        Ok(proof) if !spelled => proof.place.clone(),
        _ => folder,
    };
    given.readable.extend(unpacked.iter().flat_map(|(_, unpacked)| unpacked.needs()));
    if let Ok(proof) = &proof {
        given.readable.extend(proof.needs.clone());
        given.hidden.extend(proof.hidden.clone());
    }
    let server = server::Plan {
        profile: &start.profile,
        command: &argv,
        server: &args.server,
        client_capabilities: start.client_capabilities.clone(),
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: Some(&folder),
        given,
    };
    out.talk(format_args!("starting the server to see what it shows (profile {})", escape(&start.profile)));
    let captured = server.capture(out)?.map_err(|error| capture_failure(error, out))?;
    let named = unpacked.as_ref().map_or(named.artifact, |(form, _)| *form);
    let related = relate(proof, &captured, named);
    Ok((captured, related))
}

/// What still holds after the server has ended.
fn relate(proof: Result<Proof, Unproven>, captured: &Captured, named: usize) -> Related {
    let held = proof.and_then(|proof| proof.holds(captured.profile.launch.sandbox).map(|()| proof));
    match held {
        Ok(proof) => Related { form: proof.form, binding: proof.binding, stamp: proof.stamp, why: None },
        Err(why) => Related { form: named, ..Related::unproven(&why.to_string()) },
    }
}

/// A package that a command line wants to start something in: `{artifact}/…` of what is a file.
fn wants_unpacking(
    argv: &[OsString],
    plan: &Plan,
    before: &Collected,
) -> Result<Option<(usize, Unpacked)>, Failure> {
    let is_named = Started::find(argv, plan, before).named;
    let is_meant = |form: &usize| {
        let package = before.forms.get(*form).and_then(|(artifact, _)| artifact.package());
        package.is_some_and(|package| unpacked::is_meant(package, argv))
    };
    // A bundle is made to be unpacked.
    let form = form_of(PackageForm::Mcpb, before).into_iter().chain(0..before.forms.len()).find(is_meant);
    // Where a folder is among the forms, that is what is meant.
    let tree = before.forms.iter().any(|(artifact, _)| artifact.subject().media_type.is_some());
    let Some(form) = form.filter(|_| !is_named && !tree) else { return Ok(None) };
    let roots = plan.project.iter().flat_map(|project| [project.root.as_path(), &project.locked_in]);
    let package = before.forms.get(form).and_then(|(artifact, _)| artifact.package());
    let dependencies = package.map(|package| unpacked::dependencies(package, roots)).unwrap_or_default();
    unpack(form, before, &dependencies).map(Some)
}

fn form_of(form: PackageForm, before: &Collected) -> Option<usize> {
    before
        .forms
        .iter()
        .position(|(artifact, _)| artifact.package().is_some_and(|package| package.form == form))
}

fn unpack(form: usize, before: &Collected, dependencies: &[PathBuf]) -> Result<(usize, Unpacked), Failure> {
    let (artifact, _) =
        before.forms.get(form).ok_or_else(|| Failure::new(Exit::Bug, "a form that was not read"))?;
    Ok((form, Unpacked::new(artifact, dependencies)?))
}

/// What a command line has to do with the artifacts.
#[derive(Debug)]
struct Started {
    /// Place of the artifact that it names; the first if it names none.
    artifact: usize,
    /// What `{artifact}` stands for.
    folder: PathBuf,
    /// Whether it names one.
    named: bool,
}

impl Started {
    fn find(argv: &[OsString], plan: &Plan, before: &Collected) -> Self {
        let forms: Vec<PathBuf> = plan.references.iter().map(|reference| real(reference.path())).collect();
        let named =
            |form: &PathBuf| argv.iter().any(|arg| is_path(arg) && real(Path::new(arg)).starts_with(form));
        let named = forms.iter().position(named);
        // Spelled without a path behind it, it is what is started: of several forms the one that can be.
        let alone = argv.iter().any(|arg| arg == ARTIFACT);
        let program =
            before.forms.iter().position(|(artifact, _)| matches!(artifact.kind, ArtifactKind::File));
        // With a path behind it, what can lie in is a folder.
        let within = argv.iter().any(|arg| arg.to_string_lossy().contains(&format!("{ARTIFACT}/")));
        let tree =
            before.forms.iter().position(|(artifact, _)| matches!(artifact.kind, ArtifactKind::Tree(_)));
        let artifact = named.or(program.filter(|_| alone)).or(tree.filter(|_| within));
        // The project is where its tarball was made from: the same files, as far as anybody can tell by name.
        let project = plan.project.as_ref().filter(|_| !plan.named).map(|project| project.root.clone());
        let folder = match (artifact, project) {
            (Some(at), _) => forms.get(at).cloned(),
            (None, Some(root)) => Some(root),
            (None, None) => forms.first().cloned(),
        };
        let folder = folder.unwrap_or_default();
        Self { artifact: artifact.unwrap_or(0), folder, named: named.is_some() }
    }
}

/// With a `/`, so that a plain word is none; programs without one are looked up elsewhere.
fn is_path(arg: &OsStr) -> bool {
    arg.to_string_lossy().contains('/')
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl Capture {
    /// As content of a manifest: every profile is of the artifact that was asked, and says what relates them.
    ///
    /// # Errors
    /// When an observer could prove nothing.
    pub(super) fn of(self, collected: &Collected, kind: Kind, out: &mut Output) -> Result<Shown, Failure> {
        let mut profiles = self.file.profiles;
        for (profile, related) in profiles.iter_mut().zip(self.related) {
            let subject = collected.forms.get(related.form).map(|(artifact, _)| artifact);
            let related = related.still(subject);
            profile.subject = subject.map(|artifact| artifact.digests.sha256);
            profile.launch.binding = related.binding;
            let (name, subject) = (escape(&profile.name), subject.map_or("", |artifact| &artifact.name));
            let binding = match related.binding {
                Binding::Unpacked => "unpacked",
                Binding::Installed => "installed",
                Binding::Endpoint => "endpoint",
                Binding::Command => "command",
            };
            match related.why {
                None => out.talk(format_args!("profile {name} is of {}: {binding}", escape(subject))),
                Some(why) if kind == Kind::Observer => {
                    return Err(Failure::new(
                        Exit::Denied,
                        format!("nothing proves that profile {name} ran the bytes of {}: {why}", escape(subject)),
                    )
                    .hint("an observer vouches for bytes: install the artifact itself, and start the server from there"));
                }
                Some(why) => out.talk(format_args!(
                    "note: nothing proves that profile {name} ran the bytes of {}: {why}; recorded as `{binding}`",
                    escape(subject),
                )),
            }
        }
        server::summary(&profiles, out);
        Ok(Shown { profiles, items: self.file.items })
    }
}

/// What a verifier is to find when it looks itself: one observation for each profile.
pub(super) fn observations(shown: &Shown) -> Vec<ObservedServer> {
    shown.profiles.iter().map(|profile| ObservedServer::from_profile(profile, &shown.items)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use mcpsign_evidence::reference::Reference;
    use std::fs;

    /// A file, a tree with a program in it, and a program elsewhere.
    fn folder() -> (tempfile::TempDir, Plan) {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        fs::create_dir_all(at("tree/bin")).unwrap();
        for path in ["file", "tree/bin/run", "elsewhere"] {
            fs::write(at(path), "x").unwrap();
        }
        let reference = |path: &str| Reference::parse(at(path).as_os_str()).unwrap();
        let plan = Plan {
            references: vec![reference("file"), reference("tree")],
            project: None,
            named: true,
            installed: None,
            settings: Settings::default(),
        };
        (dir, plan)
    }

    #[test]
    fn the_artifact_that_a_command_names_is_the_one_that_was_asked() {
        let (dir, mut plan) = folder();
        let before = plan.collect().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let at = |path: &str| dir.path().join(path).into_os_string();
        for (argv, artifact, folder, is_named) in [
            (vec![at("file")], 0, "file", true),
            (vec![at("tree/../file")], 0, "file", true),
            (vec![ARTIFACT.into()], 0, "file", false),
            (vec![at("tree/bin/run")], 1, "tree", true),
            (vec!["node".into(), at("tree/bin/run")], 1, "tree", true),
            (vec![at("elsewhere")], 0, "file", false),
            (vec!["file".into()], 0, "file", false),
            (vec!["node".into(), at("file")], 0, "file", true),
        ] {
            let started = Started::find(&argv, &plan, &before);
            assert_eq!((started.artifact, started.folder), (artifact, root.join(folder)), "{argv:?}");
            assert_eq!(started.named, is_named, "{argv:?}");
        }
        // Of several forms the placeholder alone is the one that can be started, wherever it stands.
        plan.references.reverse();
        let mut before = plan.collect().unwrap();
        let started = Started::find(&[ARTIFACT.into()], &plan, &before);
        assert_eq!((started.artifact, started.folder), (1, root.join("file")));
        // With a path behind it, it is the folder, wherever that stands.
        for reversed in [true, false] {
            let started = Started::find(&["{artifact}/bin/run".into()], &plan, &before);
            let at = usize::from(!reversed);
            assert_eq!((started.artifact, started.folder), (at, root.join("tree")), "{reversed}");
            plan.references.reverse();
            before = plan.collect().unwrap();
        }
    }
}
