//! Which files are the release, and what they are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mcpsign_collect::artifact::{self, Artifact, ArtifactKind};
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_collect::image;
use mcpsign_collect::project::{self, Project};
use mcpsign_evidence::measure::measured;
use mcpsign_evidence::reference::Reference;
use mcpsign_schemas::inventory::{FileOutcome, Inventory};
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::MeasuredArtifact;

use super::observer::Installed;
use crate::commands::server::bound;
use crate::config::{Config, Settings};
use crate::failure::Failure;
use crate::output::Output;

/// What will be attested.
#[derive(Debug)]
pub(super) struct Plan {
    /// The distribution forms of one release; one at least.
    pub(super) references: Vec<Reference>,
    /// The project that they were made from, where it was found.
    pub(super) project: Option<Project>,
    /// Whether they were named, and not found in the project.
    pub(super) named: bool,
    /// What mcpsign.toml says of it.
    pub(super) settings: Settings,
    /// What was installed from a package by name, to be started.
    pub(super) installed: Option<Installed>,
}

/// The artifacts as they were read, in the order of [`Plan::references`].
#[derive(Debug)]
pub(super) struct Collected {
    /// Each with what it is made of.
    pub(super) forms: Vec<(Artifact, Inventory)>,
}

/// Resolves the paths given, or looks into the current folder: one plan for each release.
///
/// # Errors
/// When a path cannot be one of an artifact, or nothing is given and nothing found.
pub(super) fn plans(
    paths: &[OsString],
    kind: Kind,
    config: &Config,
    out: &mut Output,
) -> Result<Vec<Plan>, Failure> {
    let projects = projects(paths, config, out)?;
    told_apart(&projects)?;
    if paths.is_empty() {
        let plans: Vec<Plan> = projects
            .into_iter()
            .filter(|(project, _)| !project.artifacts.is_empty())
            .map(|(project, settings)| {
                let parse = |path: &PathBuf| {
                    Reference::parse(path.as_os_str()).map_err(|error| Failure::from_error(&error))
                };
                let references = project.artifacts.iter().map(parse).collect::<Result<_, _>>()?;
                Ok(Plan { references, project: Some(project), named: false, settings, installed: None })
            })
            .collect::<Result<_, Failure>>()?;
        return if plans.is_empty() { Err(nothing_to_attest()) } else { Ok(plans) };
    }
    let parse = |path: &OsString| {
        Reference::parse(path).map_err(|error| {
            Failure::from_error(&error).hint("name a file or a directory; write `./` before a path that looks like another kind of reference")
        })
    };
    let references: Vec<Reference> =
        super::paths::artifacts(paths, out)?.into_iter().map(parse).collect::<Result<_, _>>()?;
    references.iter().try_for_each(is_there)?;
    if projects.is_empty() {
        return Ok(by_place(references, kind, config, out));
    }
    group(references, projects)
}

/// The artifacts named, each with the project in the current folder, or the member of its workspace, that it lies in as its
/// release: then that one's lock file, server.json and way to start it count, as they do where nothing is named. Who
/// observes takes nobody's word for these.
fn by_place(references: Vec<Reference>, kind: Kind, config: &Config, out: &mut Output) -> Vec<Plan> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let plan = |references, project: Option<Project>| Plan {
        references,
        project,
        named: true,
        settings: config.settings.clone(),
        installed: None,
    };
    // Nothing was asked of the folder: where no release is described, there is none to complete the artifacts.
    let found = project::discover(Path::new(".")).ok().filter(|_| kind == Kind::Publisher);
    let mut projects = found.map(|found| found.projects).unwrap_or_default();
    let owners: Vec<Option<usize>> = references
        .iter()
        .map(|reference| {
            let path = real(reference.path());
            projects.iter().position(|project| project.artifacts.contains(&path))
        })
        .collect();
    let mut chosen: Vec<usize> = owners.iter().copied().flatten().collect();
    chosen.sort_unstable();
    chosen.dedup();
    for at in &chosen {
        if let Some(project) = projects.get(*at) {
            let root = escape(&project.root.to_string_lossy());
            out.talk(format_args!(
                "note: a release of the project in {root}, whose lock file and server.json count"
            ));
        }
    }
    match chosen.as_slice() {
        [] => vec![plan(references, None)],
        // Whatever else was named is another form of it.
        [only] => vec![plan(references, Some(projects.swap_remove(*only)))],
        // Of which of them the others are forms, nothing says.
        _ if owners.contains(&None) => vec![plan(references, None)],
        several => several
            .iter()
            .map(|at| {
                let own = references.iter().zip(&owners).filter(|(_, owner)| **owner == Some(*at));
                plan(own.map(|(reference, _)| reference.clone()).collect(), projects.get(*at).cloned())
            })
            .collect(),
    }
}

/// Said before anything else of it: where its evidence would go says less.
pub(super) fn is_there(reference: &Reference) -> Result<(), Failure> {
    let found = reference.path().metadata();
    if !found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(());
    }
    let hint = if reference.shown().contains(['*', '?', '[']) {
        "the shell found nothing for this pattern; build the release first, or look at the folder"
    } else {
        "name a readable file, or a directory of an installed or unpacked release"
    };
    Err(Failure::usage(format!("`{}` does not exist", escape(reference.shown()))).hint(hint))
}

/// The projects that are attested: those that mcpsign.toml lists, or else, where no artifact is named, the one in the
/// current folder and the members of its workspace.
fn projects(
    paths: &[OsString],
    config: &Config,
    out: &mut Output,
) -> Result<Vec<(Project, Settings)>, Failure> {
    let discover = |folder: &Path| {
        project::discover(folder).map_err(|error| {
            let hint = error.hint().unwrap_or("name the release's files: `mcpsign attest PATH…`");
            Failure::from_error(&error).hint(hint)
        })
    };
    let mut projects = Vec::new();
    for package in &config.packages {
        let root = package.path.canonicalize().unwrap_or_else(|_| package.path.clone());
        let found = discover(&package.path)?.projects;
        let own = found.into_iter().find(|project| project.root == root).ok_or_else(|| {
            Failure::usage(format!("`{}` releases nothing", escape(&package.path.to_string_lossy())))
                .hint("mend the `[[package]]` of mcpsign.toml, or build the release first")
        })?;
        projects.push((own, package.settings.clone()));
    }
    if paths.is_empty() && config.packages.is_empty() {
        let found = discover(Path::new("."))?;
        for note in &found.notes {
            out.talk(format_args!("note: {note}"));
        }
        projects.extend(found.projects.into_iter().map(|project| (project, config.settings.clone())));
    }
    if paths.is_empty() {
        for (project, _) in &projects {
            out.talk(format_args!("in {}:", escape(&project.root.to_string_lossy())));
            for note in &project.notes {
                out.talk(format_args!("  {note}"));
            }
        }
    }
    Ok(projects)
}

/// Checks that no two of the projects release one package in one version, or the same file: what is signed about the one would be
/// believed of the other.
fn told_apart(projects: &[(Project, Settings)]) -> Result<(), Failure> {
    let root = |project: &Project| escape(&project.root.to_string_lossy());
    let (mut packages, mut files): (Vec<(Purl, &Project)>, BTreeMap<&Path, &Project>) = Default::default();
    for (project, _) in projects {
        let purls = project.released.iter().filter_map(|package| package.parsed().ok()).collect::<Vec<_>>();
        let package = packages.iter().find(|(other, _)| purls.contains(other));
        let package = package.map(|(purl, other)| (purl.to_string(), *other));
        let file = project.artifacts.iter().find_map(|path| {
            let other = files.insert(path, project)?;
            Some((format!("`{}`", escape(&path.to_string_lossy())), other))
        });
        if let Some((what, other)) = file.or(package) {
            return Err(Failure::usage(format!("`{}` and `{}` both release {what}", root(other), root(project)))
                .hint("no registry takes two of one name and version: rename one, or attest each in a run of its own"));
        }
        packages.extend(purls.into_iter().map(|purl| (purl, project)));
    }
    Ok(())
}

/// The artifacts named, each with the package of mcpsign.toml that it is of.
fn group(references: Vec<Reference>, projects: Vec<(Project, Settings)>) -> Result<Vec<Plan>, Failure> {
    let mut plans: Vec<Plan> = projects
        .into_iter()
        .map(|(project, settings)| Plan {
            references: Vec::new(),
            project: Some(project),
            named: true,
            settings,
            installed: None,
        })
        .collect();
    for reference in references {
        let artifact = open(&reference)?;
        let is = |plan: &&mut Plan| {
            let packages = plan.project.iter().flat_map(|project| &project.packages);
            let mut purls = packages.filter_map(|package| package.parsed().ok());
            purls.any(|purl| artifact.identity.iter().any(|own| own.parsed().is_ok_and(|own| own == purl)))
        };
        let Some(plan) = plans.iter_mut().find(is) else {
            return Err(Failure::usage(format!(
                "`{}` is of none of the packages in mcpsign.toml",
                escape(reference.shown())
            ))
            .hint("list its project as `[[package]]`, or attest it in a run of its own"));
        };
        plan.references.push(reference);
    }
    plans.retain(|plan| !plan.references.is_empty());
    Ok(plans)
}

fn nothing_to_attest() -> Failure {
    Failure::usage("there is no release artifact of this version to attest").hint(
        "the ecosystem's own tool makes it (`npm pack`, `python -m build`, `cargo package`), after the project was built; mcpsign runs none",
    )
}

pub(super) fn open(reference: &Reference) -> Result<Artifact, Failure> {
    let artifact = artifact::open(reference.path()).map_err(|error| {
        let hint = error
            .hint()
            .unwrap_or("name a readable file, or a directory of an installed or unpacked release");
        Failure::from_error(&error).hint(hint)
    })?;
    if artifact.keeps_modes {
        return Ok(artifact);
    }
    let name = escape(reference.shown());
    Err(Failure::usage(format!(
        "`{name}` lies where no execute bits are kept, and a listing says which files have one"
    ))
    .hint("attest the package that it was unpacked from, or a copy on another file system"))
}

impl Collected {
    /// Says which of them hold an image and are attested as the files that they are: whoever pulls it has another digest.
    pub(super) fn say_what_is_no_image(&self, out: &mut Output) {
        let files = self.forms.iter().map(|(artifact, _)| artifact);
        for file in files.filter(|artifact| matches!(artifact.kind, ArtifactKind::File)) {
            if image::is_archived(&file.path) {
                out.talk(format_args!(
                    "note: `{}` is an archive with a container image in it: the file is attested, and not the image, which is pulled by another digest; `skopeo copy` (`oci-archive:FILE` or `docker-archive:FILE`, to `oci:DIR`) makes a folder of it that is attested as the image",
                    escape(&file.name)
                ));
            }
        }
    }

    /// Says which lock files are put aside, as nothing that they pin is in an SBOM then.
    pub(super) fn say_which_locks_are_anothers(&self, out: &mut Output) {
        for (artifact, inventory) in &self.forms {
            let locks = inventory.files.iter().filter(|file| file.pins);
            for lock in locks.filter(|lock| lock.outcome == FileOutcome::Unrelated) {
                out.talk(format_args!(
                    "warning: `{}` is the lock file of another project than `{}`: the SBOM lists what is declared, and no version that the lock file pins",
                    escape(&lock.path),
                    escape(&artifact.name)
                ));
            }
        }
    }

    /// As what each is held against the signatures over it.
    pub(super) fn measured(&self, references: &[Reference]) -> Vec<MeasuredArtifact> {
        let forms = self.forms.iter().zip(references);
        forms.map(|((artifact, _), reference)| measured(artifact, reference.shown())).collect()
    }
}

impl Plan {
    /// The project's server.json.
    pub(super) fn server_json(&self) -> Option<&Path> {
        self.project.as_ref()?.server_json.as_deref()
    }

    /// Reads every artifact once.
    ///
    /// # Errors
    /// When one cannot be read, or they are not the forms of one release.
    pub(super) fn collect(&self) -> Result<Collected, Failure> {
        let forms =
            self.references.iter().map(|reference| self.read(reference)).collect::<Result<Vec<_>, _>>()?;
        one_release(forms.iter().map(|(artifact, _)| artifact))?;
        if let Some(project) = &self.project {
            forms.iter().try_for_each(|(artifact, _)| of_this_version(artifact, project))?;
        }
        Ok(Collected { forms })
    }

    /// Reads every artifact once more, after a server was run that could have changed them.
    ///
    /// # Errors
    /// When one is no longer what it was.
    pub(super) fn collect_again(&self, before: &Collected, out: &mut Output) -> Result<Collected, Failure> {
        let after = self.collect()?;
        for ((old, _), (new, _)) in before.forms.iter().zip(&after.forms) {
            if old.digests != new.digests || old.subject() != new.subject() {
                return Err(bound::changed(old, new, out));
            }
        }
        Ok(after)
    }

    fn read(&self, reference: &Reference) -> Result<(Artifact, Inventory), Failure> {
        let artifact = open(reference)?;
        let root = InventoryRoot {
            artifact: Some(&artifact),
            project: self.project.as_ref().map(|project| project.locked_in.as_path()),
            member: self.project.as_ref().is_some_and(|project| project.locked_in != project.root),
            resolved: self.installed.as_ref().map(|installed| installed.lock.as_path()),
        };
        let inventory = inventory(&root).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
        Ok((artifact, inventory))
    }
}

/// What the project was built into is what the project says: a file of the last version may lie under the name of this one.
fn of_this_version(artifact: &Artifact, project: &Project) -> Result<(), Failure> {
    let stated: Vec<Purl> = project.packages.iter().filter_map(|package| package.parsed().ok()).collect();
    for inside in artifact.identity.iter().filter_map(|identity| identity.parsed().ok()) {
        let is = |stated: &&Purl| {
            let versions = stated.version().zip(inside.version());
            stated.same_package(&inside) && versions.is_none_or(|(a, b)| project::same_version(a, b))
        };
        let Some(other) = stated.iter().find(|stated| stated.ty() == inside.ty()) else { continue };
        if stated.iter().any(|stated| is(&stated)) {
            continue;
        }
        return Err(Failure::usage(format!(
            "`{}` is {inside} inside, the project is {other}",
            escape(&artifact.name)
        ))
        .hint("build it again, or name the release's files: `mcpsign attest PATH…`"));
    }
    Ok(())
}

/// One run is about one release: each form once, and no two that call themselves different versions of a package.
fn one_release<'a>(artifacts: impl Iterator<Item = &'a Artifact>) -> Result<(), Failure> {
    let mut names = BTreeMap::new();
    let mut packages: BTreeMap<String, (Purl, &str)> = BTreeMap::new();
    let mut version: Option<(String, &str)> = None;
    for artifact in artifacts {
        if names.insert(artifact.name.as_str(), ()).is_some() {
            let name = escape(&artifact.name);
            return Err(Failure::usage(format!("two of the artifacts are called `{name}`"))
                .hint("statements tell subjects apart by name: name each once, and each by another name"));
        }
        let own = artifact.identity.iter().find_map(|identity| identity.version.clone());
        match (&version, own) {
            (Some((other, first)), Some(own)) if !project::same_version(other, &own) => {
                return Err(Failure::usage(format!(
                    "`{}` has the version {}, `{}` {}: not one release",
                    escape(&artifact.name),
                    escape(&own),
                    escape(first),
                    escape(other),
                ))
                .hint("attest each release in a run of its own"));
            }
            (None, Some(own)) => version = Some((own, &artifact.name)),
            _ => {}
        }
        for purl in artifact.identity.iter().filter_map(|identity| identity.parsed().ok()) {
            match packages.get(purl.ty()) {
                Some((other, first)) if *other != purl => {
                    return Err(Failure::usage(format!(
                        "`{}` is {purl} and `{}` is {other}: not one release",
                        escape(&artifact.name),
                        escape(first),
                    ))
                    .hint("attest each release in a run of its own"));
                }
                _ => {
                    packages.insert(purl.ty().to_owned(), (purl, &artifact.name));
                }
            }
        }
    }
    Ok(())
}
