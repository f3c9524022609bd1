//! An artifact and the server that is started of it: unpacked where the command line means what lies in it, and what
//! relates the two before the server runs and after it has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::{self, Artifact};
use mcpsign_collect::capture::Captured;
use mcpsign_collect::installed::{self, Invocation, Proof, Unproven};
use mcpsign_schemas::code::attest::ARTIFACT_CHANGED;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::escape;

use super::unpacked::{self, Unpacked};
use super::{ARTIFACT, Given, ServerArgs, with_folder};
use crate::commands::attest::program;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// An artifact as it was before its server was started, and what relates the two.
#[derive(Debug)]
pub(crate) struct Bound {
    artifact: Artifact,
    argv: Vec<OsString>,
    /// Variables that a bundle's own manifest sets.
    env: BTreeMap<String, String>,
    unpacked: Option<Unpacked>,
    proof: Result<Proof, Unproven>,
}

/// Reads the artifact that a server is of.
///
/// # Errors
/// When it cannot be read, or readers could take it differently.
pub(crate) fn open(path: &Path) -> Result<Artifact, Failure> {
    artifact::open(path).map_err(|error| {
        Failure::from_error(&error)
            .hint(error.hint().unwrap_or("name the release file or the installed directory"))
    })
}

/// Whether the artifact says itself how its server is started.
pub(crate) fn is_bundle(artifact: &Artifact) -> bool {
    artifact.package().is_some_and(|package| package.form == PackageForm::Mcpb)
}

/// What to say of an artifact that is another after its server was run.
pub(crate) fn changed(old: &Artifact, new: &Artifact, out: &mut Output) -> Failure {
    let name = escape(&new.name);
    let finding = Finding::new(ARTIFACT_CHANGED, format!("`{name}` changed while the server was running"))
        .expected(format!("sha256:{}", old.digests.sha256))
        .found(format!("sha256:{}", new.digests.sha256));
    out.aside(human::findings(std::slice::from_ref(&finding)));
    Failure::new(Exit::Denied, format!("`{name}` is not what it was; nothing was written"))
        .hint(ARTIFACT_CHANGED.cure)
}

impl Bound {
    /// Looks for the artifact in `command`, unpacks it where that means what lies in it, and proves what can be proven. An
    /// empty command is what the bundle's own manifest says; `args` come after either.
    ///
    /// # Errors
    /// When it cannot be unpacked, or says nothing of how it is started.
    pub(crate) fn new(
        artifact: Artifact,
        command: &[OsString],
        args: &[OsString],
        given: (&ServerArgs, &Given),
        out: &mut Output,
    ) -> Result<Self, Failure> {
        let meant = artifact.package().is_some_and(|package| unpacked::is_meant(package, command));
        let unpacked = if command.is_empty() || meant {
            // Beside the tarball, as `npm pack` leaves it in its project, or where we are.
            let beside = artifact.path.canonicalize().ok();
            let folders = beside.iter().filter_map(|path| path.parent()).chain([Path::new(".")]);
            let package = artifact.package();
            let dependencies = package.map(|package| unpacked::dependencies(package, folders));
            Some(Unpacked::new(&artifact, &dependencies.unwrap_or_default())?)
        } else {
            None
        };
        let (mut argv, mut env) = (command.to_vec(), BTreeMap::new());
        if let (true, Some(unpacked)) = (command.is_empty(), &unpacked) {
            let launch = unpacked.launch()?;
            argv = launch.argv.iter().map(OsString::from).collect();
            env.extend(launch.env);
            program::resolve(&mut argv, &[Path::new(".")], out)?;
        }
        argv.extend_from_slice(args);
        let place = artifact.path.canonicalize().unwrap_or_else(|_| artifact.path.clone());
        let folder = unpacked.as_ref().map_or(place.as_path(), Unpacked::folder);
        let filled: Vec<OsString> = argv.iter().map(|arg| with_folder(arg, folder)).collect();
        let (server, given) = given;
        let variables: BTreeSet<String> = server.variables(given).chain(env.keys().cloned()).collect();
        let unpacked_here = unpacked.as_ref().map(|unpacked| (unpacked.folder(), 0));
        let invocation = Invocation { argv: &filled, variables: &variables, unpacked: unpacked_here };
        let proof = installed::prove(&invocation, &[&artifact]);
        Ok(Self { artifact, argv, env, unpacked, proof })
    }

    /// Program and arguments, placeholders and all.
    pub(crate) fn argv(&self) -> &[OsString] {
        &self.argv
    }

    /// What `{artifact}` stands for: what the command line says by it, else where the artifact's own files were found.
    pub(crate) fn place(&self) -> &Path {
        let spelled = self.argv.iter().any(|arg| arg.to_string_lossy().contains(ARTIFACT));
        match (&self.unpacked, &self.proof) {
            (Some(unpacked), _) => unpacked.folder(),
            (None, Ok(proof)) if !spelled => &proof.place,
            (None, _) => &self.artifact.path,
        }
    }

    /// `given`, and what this server needs of the machine beside.
    pub(crate) fn given(&self, mut given: Given) -> Given {
        for (name, value) in &self.env {
            given.env.entry(name.clone()).or_insert_with(|| value.clone());
        }
        given.readable.extend(self.unpacked.iter().flat_map(Unpacked::needs));
        if let Ok(proof) = &self.proof {
            given.readable.extend(proof.needs.clone());
            given.hidden.extend(proof.hidden.clone());
        }
        given
    }

    /// Records the artifact in what was captured, and what relates them if that still holds.
    ///
    /// # Errors
    /// When the artifact is no longer what it was.
    pub(crate) fn record(self, captured: &mut Captured, out: &mut Output) -> Result<(), Failure> {
        let now = open(&self.artifact.path)?;
        let name = escape(&now.name);
        if now.digests != self.artifact.digests || now.subject() != self.artifact.subject() {
            return Err(changed(&self.artifact, &now, out));
        }
        let profile = &mut captured.profile;
        profile.subject = Some(now.digests.sha256);
        let held = self.proof.and_then(|proof| {
            proof.holds(profile.launch.sandbox)?;
            installed::untouched(proof.stamp, &now).map(|()| proof)
        });
        match held {
            Ok(proof) => profile.launch.binding = proof.binding,
            Err(why) => out.talk(format_args!(
                "note: nothing proves that profile {} ran the bytes of {name}: {why}; recorded as `command`",
                escape(&profile.name)
            )),
        }
        Ok(())
    }
}
