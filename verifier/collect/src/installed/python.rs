//! A wheel in the site-packages of a virtual environment, as pip and uv install it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use configparser::ini::Ini;
use mcpsign_schemas::untrusted::escape;

use super::code::Code;
use super::layout::Layout;
use super::npm::files;
use super::{Artifact, Unproven};
use crate::archive::Package;
use crate::launch::runtime;

/// What installers write into `.dist-info`. RECORD is the wheel's, changed.
const GENERATED: [&str; 6] =
    ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"];
/// Bytes of entry_points.txt at the most; large frameworks have some KiB.
const MAX_ENTRY_POINTS: u64 = 1 << 20;

/// The environment that `code` runs in, if the wheel is installed there.
pub(super) fn layout(
    code: &Code,
    artifact: &Artifact,
    package: &Package,
) -> Option<Result<Layout, Unproven>> {
    let identity = artifact.identity.first()?;
    let info = package.files.entries().iter().find_map(|entry| {
        let (folder, file) = entry.path.as_str().split_once('/')?;
        (file == "METADATA" && folder.ends_with(".dist-info")).then(|| folder.to_owned())
    })?;
    let environment = match code {
        // A console script may be reached by a link (`~/.local/bin`); the interpreter of an environment is one.
        Code::Program(program) if program.is_symlink() => Environment::of(&program.canonicalize().ok()?)?,
        Code::Program(program) => Environment::of(program)?,
        Code::Module { interpreter, .. } => Environment::of(interpreter)?,
        Code::Script { .. } => return None,
    };
    let Some(site) = environment.site_packages(&info) else {
        let name = escape(&identity.name);
        return Some(Err(Unproven(format!("{name} is not installed in this version beside the program"))));
    };
    Some(environment.layout(code, &site, &info, package))
}

/// A virtual environment, or an installation of Python.
struct Environment {
    /// Its root, without links.
    root: PathBuf,
    /// Its `bin` as it was reached: first lines spell it as whoever installed it did.
    spelled: PathBuf,
}

impl Environment {
    /// That of a program in its `bin`.
    fn of(program: &Path) -> Option<Self> {
        let spelled = program.parent()?.to_owned();
        let bin = spelled.canonicalize().ok()?;
        let root = bin.parent().filter(|_| bin.ends_with("bin"))?.to_owned();
        Some(Self { root, spelled })
    }

    /// The site-packages that have the distribution: those of the only Python that there is in it.
    fn site_packages(&self, info: &str) -> Option<PathBuf> {
        let pythons = self.root.join("lib").read_dir().ok()?.flatten();
        let sites = pythons
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
            .map(|entry| entry.path().join("site-packages"));
        let sites: Vec<PathBuf> = sites.filter(|site| site.is_dir()).collect();
        match sites.as_slice() {
            [site] => site.join(info).is_dir().then(|| site.clone()),
            _ => None,
        }
    }

    fn layout(&self, code: &Code, site: &Path, info: &str, package: &Package) -> Result<Layout, Unproven> {
        let mut layout = Layout::at(self.root.clone(), vec![self.root.clone()]);
        let data = format!("{}.data/", info.trim_end_matches(".dist-info"));
        let record = format!("{info}/RECORD");
        for (path, size, sha256) in files(&package.files) {
            if path == record {
                continue;
            }
            let place = match path.strip_prefix(&data).and_then(|path| path.split_once('/')) {
                None => site.join(path),
                Some(("purelib" | "platlib", rest)) => site.join(rest),
                Some(("data", rest)) => self.root.join(rest),
                // Their first lines are written anew, and headers go where the version says.
                Some((kind, _)) => {
                    return Err(Unproven(format!(
                        "a wheel with {} cannot be held against files",
                        escape(kind)
                    )));
                }
            };
            layout.file(place, size, sha256);
        }
        let generated = GENERATED.iter().map(|name| site.join(info).join(name));
        layout.generated.extend(generated);
        layout.own = own(site, package, &data);
        alone(site, &layout, package, &data)?;
        self.scripts(&mut layout, site, info)?;
        self.nothing_shadows()?;

        match code {
            Code::Program(program) => {
                let program = program.canonicalize().unwrap_or_else(|_| program.clone());
                if !layout.has(&program) {
                    return Err(Unproven(format!(
                        "{} is no console script of the wheel",
                        escape(&program.to_string_lossy())
                    )));
                }
            }
            Code::Module { name, .. } => {
                let path = site.join(name.replace('.', "/"));
                if !layout.has(&path.with_extension("py")) && !layout.has(&path.join("__main__.py")) {
                    return Err(Unproven(format!("the module {} is not in the wheel", escape(name))));
                }
            }
            Code::Script { .. } => {}
        }
        Ok(layout)
    }

    /// The console scripts that installers write for `entry_points.txt`, whose own bytes are held to the wheel's.
    fn scripts(&self, layout: &mut Layout, site: &Path, info: &str) -> Result<(), Unproven> {
        use std::io::Read as _;
        let path = site.join(info).join("entry_points.txt");
        if !layout.has(&path) {
            return Ok(());
        }
        let unreadable = || Unproven("its entry_points.txt cannot be read".into());
        let mut text = String::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(MAX_ENTRY_POINTS).read_to_string(&mut text))
            .map_err(|_| unreadable())?;
        let mut ini = Ini::new_cs();
        ini.set_comment_symbols(&['#', ';']);
        let mut rules = ini.defaults();
        rules.delimiters = vec!['='];
        ini.load_defaults(rules);
        let sections: BTreeMap<_, _> = ini.read(text).map_err(|_| unreadable())?.into_iter().collect();
        let bin = self.root.join("bin");
        for (name, target) in sections.get("console_scripts").into_iter().flatten() {
            let script = bin.join(name);
            let Some(target) = target.as_deref().filter(|_| !name.contains('/') && script.exists()) else {
                continue;
            };
            layout.script(script, self.interpreters(), texts(target).ok_or_else(unreadable)?);
        }
        Ok(())
    }

    /// The environment's own interpreters, under every name that a first line may call them by.
    fn interpreters(&self) -> BTreeSet<PathBuf> {
        let names = self.root.join("bin").read_dir().into_iter().flatten().flatten();
        let pythons = names.map(|entry| entry.file_name()).filter(|name| {
            runtime(&name.to_string_lossy()).is_some_and(|runtime| runtime.starts_with("python"))
        });
        pythons.flat_map(|name| [self.root.join("bin").join(&name), self.spelled.join(&name)]).collect()
    }

    /// A script's own folder comes first where Python looks for modules.
    fn nothing_shadows(&self) -> Result<(), Unproven> {
        /// Written by virtualenv, and imported by nobody.
        const KNOWN: &str = "activate_this.py";
        for entry in self.root.join("bin").read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let module = [".py", ".pyc", ".so"].iter().any(|end| name.ends_with(end)) && name != KNOWN;
            let folder = entry.path().is_dir() && name != "__pycache__";
            if module || folder {
                return Err(Unproven(format!(
                    "{} would be found before the wheel's modules",
                    escape(&entry.path().to_string_lossy())
                )));
            }
        }
        Ok(())
    }
}

/// The folders that are the wheel's alone: those in which it has a file, but for site-packages themselves. A namespace
/// that distributions share holds folders only.
fn own(site: &Path, package: &Package, data: &str) -> BTreeSet<PathBuf> {
    let places = files(&package.files).filter(|(path, ..)| !path.starts_with(data));
    let folders: BTreeSet<PathBuf> =
        places.filter_map(|(path, ..)| site.join(path).parent().map(Path::to_owned)).collect();
    let outermost = |folder: &&PathBuf| {
        folder.as_path() != site
            && !folder.ancestors().skip(1).any(|above| above != site && folders.contains(above))
    };
    folders.iter().filter(outermost).cloned().collect()
}

/// Python takes the first that it finds of a folder, an extension and a source file of one name: in site-packages, and in the
/// namespaces there that distributions share, there is nothing else under a name that the wheel uses.
fn alone(site: &Path, layout: &Layout, package: &Package, data: &str) -> Result<(), Unproven> {
    let name_of = |file: &str| file.split('.').next().unwrap_or(file).to_owned();
    let mut used: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (path, ..) in files(&package.files) {
        let module = match path.strip_prefix(data) {
            None => Some(path),
            Some(rest) => rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/")),
        };
        let Some(module) = module.filter(|module| !module.contains(".dist-info/")) else { continue };
        let mut folder = site.to_owned();
        for part in module.split('/') {
            if layout.own.contains(&folder) {
                break;
            }
            used.entry(folder.clone()).or_default().insert(name_of(part));
            folder.push(part);
        }
    }
    for (folder, names) in used {
        let unreadable = |_| Unproven(format!("{} cannot be read", escape(&folder.to_string_lossy())));
        for entry in folder.read_dir().map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let metadata = [".dist-info", ".egg-info", ".data"].iter().any(|end| file.ends_with(end));
            let wheels = layout.has(&path) || layout.leads_somewhere(&path);
            if !metadata && !wheels && names.contains(&name_of(&file)) {
                return Err(Unproven(format!(
                    "{} would be found for a module of the wheel",
                    escape(&path.to_string_lossy())
                )));
            }
        }
    }
    Ok(())
}

/// What pip (distlib's template and its own later one) and uv write below the first line for `module:attribute`.
fn texts(target: &str) -> Option<Vec<String>> {
    let (module, attribute) = target.split('[').next()?.trim().split_once(':')?;
    let (module, attribute) = (module.trim(), attribute.trim());
    let identifier = |text: &str| {
        !text.is_empty()
            && text
                .split('.')
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
    };
    if !identifier(module) || !identifier(attribute) {
        return None;
    }
    let import = attribute.split('.').next()?;
    let from = format!("from {module} import {import}\n");
    Some(vec![
        format!(
            "# -*- coding: utf-8 -*-\nimport re\nimport sys\n{from}if __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit({attribute}())\n"
        ),
        format!(
            "import sys\n{from}if __name__ == '__main__':\n    if sys.argv[0].endswith('.exe'):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit({attribute}())\n"
        ),
        format!(
            "# -*- coding: utf-8 -*-\nimport sys\n{from}if __name__ == \"__main__\":\n    if sys.argv[0].endswith(\"-script.pyw\"):\n        sys.argv[0] = sys.argv[0][:-11]\n    elif sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit({attribute}())\n"
        ),
    ])
}
