//! What relates a command line to the artifacts of a release: whether it starts their bytes, and how that is known.
//!
//! A signed manifest says of each profile what its server had to do with the subject. `unpacked`: the program or script
//! is the artifact, or lies in it. `installed`: it belongs to an installed package all of whose files equal the
//! artifact's. Everything else is `command`, with the reason. The proof is made before the server runs and held once more
//! afterwards, for the server could have changed what it was started from.

mod code;
mod layout;
mod leading;
mod npm;
mod python;
pub(crate) mod script;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mcpsign_schemas::manifest::{Binding, Sandbox};
use mcpsign_schemas::untrusted::escape;

use self::code::Code;
use self::layout::{Found, Identities, Layout};
use self::leading::Leading;
use crate::archive::PackageForm;
use crate::artifact::{Artifact, ArtifactKind};
use crate::tree::Stamp;

/// A server about to be started.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Program and arguments, placeholders for folders filled in.
    pub argv: &'a [OsString],
    /// Names of the variables that it is given beside ours.
    pub variables: &'a BTreeSet<String>,
    /// The folder that an artifact was unpacked into by us, and its place among the forms.
    pub unpacked: Option<(&'a Path, usize)>,
}

/// A relation between a command line and one of the forms of a release.
#[derive(Debug)]
pub struct Proof {
    /// Place of the form.
    pub form: usize,
    /// [`Binding::Unpacked`] or [`Binding::Installed`].
    pub binding: Binding,
    /// Folders in the way: what an interpreter compiled and nobody signed. The proof holds only while they are hidden.
    pub hidden: Vec<PathBuf>,
    /// Where the form is: itself, the folder that it was unpacked or installed into. `{artifact}` in what is recorded.
    pub place: PathBuf,
    /// Folders that its code lies in: it must be able to read them.
    pub needs: Vec<PathBuf>,
    /// Of a form that is started where it lies: which files it was when it was read.
    pub stamp: Option<Stamp>,
    held_to: HeldTo,
    leading: Leading,
}

/// What is looked at again afterwards.
#[derive(Debug)]
enum HeldTo {
    /// The file that is started, itself or in a folder of ours or of the artifact's, by what it really is.
    Started { path: PathBuf, real: PathBuf, identity: Option<layout::Identity> },
    /// The files of an installation, and which they were.
    Layout(Layout, Identities),
    /// A folder that we built into, and what lies in it.
    Built(PathBuf, Identities),
}

/// Why nothing relates a command line to the artifacts, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unproven(pub(crate) String);

/// Whether a variable can make a server run code that is neither its own nor its interpreter's.
pub fn loads_code(variable: &str) -> bool {
    code::loads_code(variable)
}

/// Looks for the form whose bytes a command line starts.
///
/// # Errors
/// Why there is none: the reason that belongs to the form that came closest.
pub fn prove(invocation: &Invocation<'_>, forms: &[&Artifact]) -> Result<Proof, Unproven> {
    nothing_loaded(invocation)?;
    let code = code::of(invocation.argv)?;
    if let Some(proof) = unpacked(&code, invocation, forms) {
        if forms.get(proof.form).is_some_and(|form| matches!(form.kind, ArtifactKind::File)) {
            nothing_beside(&code)?;
        }
        return Ok(proof);
    }
    let mut closest = None;
    for (form, artifact) in forms.iter().enumerate() {
        let layout = match &artifact.kind {
            ArtifactKind::File => same_file(&code, artifact),
            ArtifactKind::Package(package) => match package.form {
                PackageForm::Npm => npm::layout(&code, artifact, package),
                PackageForm::Wheel => python::layout(&code, artifact, package),
                PackageForm::Crate => Some(Err(Unproven(
                    "a program built from a crate cannot be held against it; attest the program too".into(),
                ))),
                PackageForm::Sdist | PackageForm::Mcpb => None,
            },
            ArtifactKind::Image(_) | ArtifactKind::Tree(_) => None,
        };
        let Some(layout) = layout else { continue };
        match layout.and_then(|layout| Ok((layout.check()?, layout))) {
            Ok((Found { caches: hidden, identities }, layout)) => {
                let (place, needs) = (layout.place.clone(), layout.needs.clone());
                let leading = Leading::to(code.paths().chain(layout.files()));
                let held_to = HeldTo::Layout(layout, identities);
                let binding = Binding::Installed;
                return Ok(Proof { form, binding, hidden, place, needs, stamp: None, held_to, leading });
            }
            Err(why) => closest = closest.or(Some(why)),
        }
    }
    Err(closest.unwrap_or_else(|| Unproven(format!("{} belongs to none of the artifacts", code.shown()))))
}

/// The relation of what was built from the first form, in the same run and from its own bytes, into `folder`: more than any
/// comparison could show.
///
/// # Errors
/// When something else could be loaded beside it, or the folder cannot be read.
pub fn built(invocation: &Invocation<'_>, folder: &Path) -> Result<Proof, Unproven> {
    nothing_loaded(invocation)?;
    let unreadable = |_| Unproven(format!("{} cannot be read", escape(&folder.to_string_lossy())));
    let identities = Identities::below(folder).map_err(unreadable)?;
    let leading = Leading::to([folder].into_iter());
    let (place, needs) = (folder.to_owned(), vec![folder.to_owned()]);
    let held_to = HeldTo::Built(folder.to_owned(), identities);
    let binding = Binding::Installed;
    Ok(Proof { form: 0, binding, hidden: Vec::new(), place, needs, stamp: None, held_to, leading })
}

fn nothing_loaded(invocation: &Invocation<'_>) -> Result<(), Unproven> {
    match invocation.variables.iter().find(|name| code::loads_code(name)) {
        Some(name) => Err(Unproven(format!("the variable {} can make it run other code", escape(name)))),
        None => Ok(()),
    }
}

impl Proof {
    /// Holds the proof once more, after the server has ended in `sandbox`.
    ///
    /// # Errors
    /// What no longer is as it was, or never was out of the server's way.
    pub fn holds(&self, sandbox: Sandbox) -> Result<(), Unproven> {
        self.is_as_it_was(sandbox)?;
        self.leading.moved().map_or(Ok(()), |path| Err(touched(&path)))
    }

    fn is_as_it_was(&self, sandbox: Sandbox) -> Result<(), Unproven> {
        match &self.held_to {
            HeldTo::Started { path, real, identity } => {
                let same = path.canonicalize().is_ok_and(|now| now == *real)
                    && layout::Identity::of(real) == *identity;
                if same { Ok(()) } else { Err(Unproven("what was started was replaced while it ran".into())) }
            }
            HeldTo::Built(..) if sandbox != Sandbox::LinuxNamespaces => {
                Err(Unproven("without a sandbox, what was built can be changed while it runs".into()))
            }
            HeldTo::Built(folder, before) => {
                let now = Identities::below(folder).unwrap_or_default();
                before.other_than(&now).map_or(Ok(()), |path| Err(touched(path)))
            }
            HeldTo::Layout(layout, before) => {
                let Found { caches, identities } = layout.check()?;
                if let Some(path) = before.other_than(&identities) {
                    return Err(touched(path));
                }
                let hidden = sandbox == Sandbox::LinuxNamespaces;
                match caches.iter().find(|cache| !hidden || !self.hidden.contains(cache)) {
                    None => Ok(()),
                    Some(cache) => Err(Unproven(format!(
                        "{} holds compiled files that nobody signed, and no sandbox hid it",
                        escape(&cache.to_string_lossy())
                    ))),
                }
            }
        }
    }
}

fn touched(path: &Path) -> Unproven {
    Unproven(format!("{} was replaced or touched while it ran", escape(&path.to_string_lossy())))
}

/// Whether a form is the very one that was read before: `before` is what [`Proof::stamp`] says.
///
/// # Errors
/// When it was swapped meanwhile, even if what lies there now is the same again.
pub fn untouched(before: Option<Stamp>, now: &Artifact) -> Result<(), Unproven> {
    match before {
        Some(before) if now.stamp != Some(before) => {
            Err(Unproven(format!("files of {} were replaced or touched while it ran", escape(&now.name))))
        }
        _ => Ok(()),
    }
}

/// The program or script is a form, lies in one, or lies in the folder that we unpacked one into.
fn unpacked(code: &Code, invocation: &Invocation<'_>, forms: &[&Artifact]) -> Option<Proof> {
    let path = code.file()?;
    let real = path.canonicalize().ok()?;
    let ours = invocation.unpacked.and_then(|(folder, form)| {
        let folder = folder.canonicalize().ok()?;
        real.starts_with(&folder).then_some((form, folder))
    });
    let lies_elsewhere = ours.is_none();
    let (form, place) = ours.or_else(|| {
        forms.iter().enumerate().find_map(|(form, artifact)| {
            let place = artifact.path.canonicalize().ok()?;
            let lies_there = match &artifact.kind {
                ArtifactKind::File => real == place,
                ArtifactKind::Tree(_) => real.starts_with(&place),
                ArtifactKind::Package(_) | ArtifactKind::Image(_) => false,
            };
            lies_there.then_some((form, place))
        })
    })?;
    let identity = layout::Identity::of(&real);
    let leading = Leading::to(code.paths());
    let held_to = HeldTo::Started { path: path.to_owned(), real, identity };
    let needs = vec![place.clone()];
    let stamp = forms.get(form).filter(|_| lies_elsewhere).and_then(|artifact| artifact.stamp);
    Some(Proof {
        form,
        binding: Binding::Unpacked,
        hidden: Vec::new(),
        place,
        needs,
        stamp,
        held_to,
        leading,
    })
}

/// A copy of the artifact's file, as `cargo install` makes one of a program.
fn same_file(code: &Code, artifact: &Artifact) -> Option<Result<Layout, Unproven>> {
    let real = code.file()?.canonicalize().ok()?;
    if let Err(why) = nothing_beside(code) {
        return Some(Err(why));
    }
    let mut layout = Layout::at(real.clone(), vec![real.clone()]);
    layout.file(real, artifact.size, artifact.digests.sha256);
    Some(Ok(layout))
}

/// Of a release that is one file nothing else is signed: where Python would import what lies beside it, in place of a module of
/// any name, that is not what runs.
fn nothing_beside(code: &Code) -> Result<(), Unproven> {
    let Some(script) = code.beside() else { return Ok(()) };
    let unreadable = |_| Unproven(format!("what lies beside {} cannot be read", code.shown()));
    let real = script.canonicalize().map_err(unreadable)?;
    for entry in real.parent().unwrap_or(&real).read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_module = [".py", ".pyc", ".so"].iter().any(|end| name.ends_with(end));
        let is_package = || ["__init__.py", "__init__.pyc"].iter().any(|file| path.join(file).exists());
        if path != real && (is_module || is_package()) {
            return Err(Unproven(format!(
                "Python would import {} for a module of that name: `python3 -P {}` does not",
                escape(&path.to_string_lossy()),
                code.shown()
            )));
        }
    }
    Ok(())
}
