//! What the server shows: captured now, or taken from a capture file.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use mcpsign_collect::capture;
use mcpsign_collect::project::{Launch, Project};
use mcpsign_collect::replies;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::capture::{CaptureFile, MAX_BYTES};
use mcpsign_schemas::manifest::Binding;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::untrusted::escape;

use super::release::{Collected, Plan};
use super::{AttestArgs, program};
use crate::commands::server::{self, capture_failure, producer};
use crate::describe::Shown;
use crate::failure::Failure;
use crate::output::Output;

/// Name of the profile that `attest` captures itself.
const PROFILE: &str = "default";
const ARTIFACT: &str = "{artifact}";

/// Where the manifest's content comes from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// A capture made before.
    File(&'a Path),
    /// A server to start.
    Command(Vec<OsString>),
    /// A remote server to ask: that of `--url`.
    Remote,
    /// Nowhere: there will be no manifest.
    Nothing,
}

/// What was seen, and of which artifact.
#[derive(Debug)]
pub(super) struct Capture {
    file: CaptureFile,
    /// Place of the artifact that was asked.
    artifact: usize,
    binding: Binding,
}

impl<'a> Source<'a> {
    /// Exactly one source, named or found in the project.
    ///
    /// # Errors
    /// When none is there, or flags for a server are given where none is started.
    pub(super) fn choose(
        args: &'a AttestArgs,
        project: Option<&Project>,
        out: &mut Output,
    ) -> Result<Self, Failure> {
        let source = match &args.capture {
            Some(path) => Self::File(path),
            None if args.no_manifest => Self::Nothing,
            None if !args.command.is_empty() => Self::Command(args.command.clone()),
            None if args.server.remote.address()?.is_some() => Self::Remote,
            None => match project.and_then(|project| project.launch.as_ref()) {
                Some(launch) => Self::Command(discovered(launch, project, out)?),
                None => {
                    return Err(Failure::usage("nothing says how the server is started").hint(
                        "add `-- COMMAND ARG…`, or `--capture FILE` of an earlier `mcpsign manifest capture`, or `--no-manifest`",
                    ));
                }
            },
        };
        let for_a_server = !(args.server.is_empty() && args.allow_finding.is_empty());
        if for_a_server && matches!(source, Self::File(_) | Self::Nothing) {
            return Err(Failure::usage(server::NO_SERVER)
                .hint("give them to `mcpsign manifest capture`, or leave them out"));
        }
        Ok(source)
    }

    /// Whether untrusted code will have run.
    pub(super) const fn starts_a_server(&self) -> bool {
        matches!(self, Self::Command(_))
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
                Ok(Some(Capture { file: load(path)?, artifact: 0, binding: Binding::Command }))
            }
            Self::Command(argv) => start(argv, args, plan, before, out).map(Some),
            Self::Remote => {
                out.talk("asking the server what it shows");
                let captured = plan_of(args).capture()?.map_err(|error| capture_failure(error, out))?;
                let file = capture::into_file(vec![captured], producer(), jiff::Timestamp::now());
                Ok(Some(Capture { file, artifact: 0, binding: Binding::Command }))
            }
        }
    }
}

/// The command line of a launch that nobody named: its program is none of the project's unless it is named by path.
fn discovered(
    launch: &Launch,
    project: Option<&Project>,
    out: &mut Output,
) -> Result<Vec<OsString>, Failure> {
    let mut argv: Vec<OsString> = launch.argv.iter().map(OsString::from).collect();
    if let Some(name) = launch.argv.first().filter(|name| !name.contains('/')) {
        let projects: Vec<&Path> =
            project.into_iter().flat_map(|project| [project.root.as_path(), &project.locked_in]).collect();
        let program = program::find(name, &projects)?;
        out.talk(format_args!("  {} is {}", escape(name), escape(&program.to_string_lossy())));
        if let Some(first) = argv.first_mut() {
            *first = program.into_os_string();
        }
    }
    Ok(argv)
}

/// The capture of a server that is not started here.
pub(super) fn plan_of(args: &AttestArgs) -> server::Plan<'_> {
    server::Plan {
        profile: PROFILE,
        command: &[],
        server: &args.server,
        client_capabilities: Json::Object(Object::new()),
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: None,
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

fn start(
    argv: &[OsString],
    args: &AttestArgs,
    plan: &Plan,
    before: &Collected,
    out: &mut Output,
) -> Result<Capture, Failure> {
    let started = Started::find(argv, plan);
    let before_file = started.program.as_deref().and_then(Identity::of);
    let server = server::Plan {
        profile: PROFILE,
        command: argv,
        server: &args.server,
        client_capabilities: Json::Object(Object::new()),
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: Some(&started.folder),
    };
    out.talk("starting the server to see what it shows");
    let captured = server.capture()?.map_err(|error| capture_failure(error, out))?;

    // The digests are compared by whoever reads the artifacts again; here, that it is the same file at all.
    let same_file = before_file.is_some() && before_file == started.program.as_deref().and_then(Identity::of);
    let is_file = before
        .forms
        .get(started.artifact)
        .is_some_and(|(artifact, _)| artifact.subject().media_type.is_none());
    let binding = if same_file && is_file { Binding::Unpacked } else { Binding::Command };
    let file = capture::into_file(vec![captured], producer(), jiff::Timestamp::now());
    Ok(Capture { file, artifact: started.artifact, binding })
}

/// What a command line has to do with the artifacts.
#[derive(Debug)]
struct Started {
    /// Place of the artifact that it names; the first if it names none.
    artifact: usize,
    /// What `{artifact}` stands for.
    folder: PathBuf,
    /// The artifact's own file, if that is the program.
    program: Option<PathBuf>,
}

impl Started {
    fn find(argv: &[OsString], plan: &Plan) -> Self {
        let forms: Vec<PathBuf> = plan.references.iter().map(|reference| real(reference.path())).collect();
        let named =
            |form: &PathBuf| argv.iter().any(|arg| is_path(arg) && real(Path::new(arg)).starts_with(form));
        let named = forms.iter().position(named);
        // The project is where its tarball was made from: the same files, as far as anybody can tell by name.
        let project = plan.project.as_ref().map(|project| project.root.clone());
        let folder = match (named, project) {
            (Some(at), _) => forms.get(at).cloned(),
            (None, Some(root)) => Some(root),
            (None, None) => forms.first().cloned(),
        };
        let folder = folder.unwrap_or_default();
        let is_artifact =
            |arg: &&OsString| *arg == ARTIFACT || (is_path(arg) && real(Path::new(arg)) == folder);
        let program = argv.first().filter(is_artifact).map(|_| folder.clone());
        Self { artifact: named.unwrap_or(0), folder, program }
    }
}

/// With a `/`, so that a plain word is none; programs without one are looked up elsewhere.
fn is_path(arg: &OsStr) -> bool {
    arg.to_string_lossy().contains('/')
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Which file lies at a path.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

impl Capture {
    /// As content of a manifest: every profile is of the artifact that was asked, and says what relates them.
    pub(super) fn of(self, collected: &Collected, out: &mut Output) -> Shown {
        let subject = collected.forms.get(self.artifact).map(|(artifact, _)| artifact);
        if self.binding == Binding::Command {
            out.talk(format_args!(
                "note: nothing proves that the command ran {}: recorded as `command`",
                subject
                    .map_or_else(String::new, |artifact| format!("the bytes of {}", escape(&artifact.name))),
            ));
        }
        let mut profiles = self.file.profiles;
        for profile in &mut profiles {
            profile.subject = subject.map(|artifact| artifact.digests.sha256);
            profile.launch.binding = self.binding;
        }
        server::summary(&profiles, out);
        Shown { profiles, items: self.file.items }
    }
}

/// What a verifier is to find when it looks itself: one observation for each profile.
pub(super) fn observations(shown: &Shown) -> Vec<ObservedServer> {
    shown.profiles.iter().map(|profile| ObservedServer::from_profile(profile, &shown.items)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let plan = Plan { references: vec![reference("file"), reference("tree")], project: None };
        (dir, plan)
    }

    #[test]
    fn the_artifact_that_a_command_names_is_the_one_that_was_asked() {
        let (dir, plan) = folder();
        let root = dir.path().canonicalize().unwrap();
        let at = |path: &str| dir.path().join(path).into_os_string();
        for (argv, artifact, folder, is_program) in [
            (vec![at("file")], 0, "file", true),
            (vec![at("tree/../file")], 0, "file", true),
            (vec![ARTIFACT.into()], 0, "file", true),
            (vec![at("tree/bin/run")], 1, "tree", false),
            (vec!["node".into(), at("tree/bin/run")], 1, "tree", false),
            (vec![at("elsewhere")], 0, "file", false),
            (vec!["file".into()], 0, "file", false),
            (vec!["node".into(), at("file")], 0, "file", false),
        ] {
            let started = Started::find(&argv, &plan);
            assert_eq!((started.artifact, started.folder), (artifact, root.join(folder)), "{argv:?}");
            assert_eq!(started.program.is_some(), is_program, "{argv:?}");
        }
    }

    #[test]
    fn another_file_under_the_same_path_is_another_file() {
        let (dir, _) = folder();
        let path = dir.path().join("file");
        let before = Identity::of(&path);
        fs::write(dir.path().join("new"), "x").unwrap();
        assert_eq!(Identity::of(&path), before);
        fs::rename(dir.path().join("new"), &path).unwrap();
        assert_ne!(Identity::of(&path), before);
        assert_eq!(Identity::of(&dir.path().join("none")), None);
    }
}
