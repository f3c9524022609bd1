//! Files that a requirements.txt names: what they ask for it asks for.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;
use std::os::fd::OwnedFd;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{FileOutcome, Location, Origin, Package};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use rustix::fs::OFlags;

use super::limits::Tally;
use super::source::Source;
use crate::catalog::pypi::{Included, REQUIREMENTS, includes, normalized, set_index_of, unknown};
use crate::catalog::{
    Cataloger as _, Content, Document, FileInput, InventoryError, MAX_BYTES, MAX_PACKAGES, other_names,
};
use crate::tree::{open_at, read_file};

/// Files that one names, and those name in turn. Projects have a handful.
const MAX_FILES: usize = 64;

/// How far one of them is from the first.
const MAX_DEPTH: usize = 16;

/// Bytes of all of them: twice the largest file that is read.
const MAX_TOTAL: usize = 2 * MAX_BYTES;

/// Why no more are read.
const TOO_MANY: &str = "it names more files than are read";

/// Reads from the project's folder what the requirements.txt among `documents` names there, links not followed. What is not there
/// is not added.
pub(super) fn add(root: &OwnedFd, documents: &mut Vec<Document>) {
    let is_list = |path: &TreePath| REQUIREMENTS.wants(path);
    let wants = |document: &Document| {
        is_list(&document.path) || other_names::usual(&document.path).is_some_and(|usual| is_list(&usual))
    };
    let mut open: Vec<Document> = documents.iter().filter(|document| wants(document)).cloned().collect();
    let mut known: BTreeSet<TreePath> = documents.iter().map(|document| document.path.clone()).collect();
    let (mut count, mut left) = (0, MAX_TOTAL);
    while let Some(document) = open.pop() {
        let Some(bytes) = document.bytes() else { continue };
        let named = includes(&FileInput { path: &document.path, bytes });
        for path in named.into_iter().filter_map(|one| one.path.ok()) {
            if count == MAX_FILES || !known.insert(path.clone()) {
                continue;
            }
            count += 1;
            let limit = left.min(MAX_BYTES);
            let Ok(bytes) = read_below(root, &path, limit) else { continue };
            left = left.saturating_sub(bytes.len());
            let sha256 = Sha256Digest::of(&bytes);
            let content = if bytes.len() > limit { Content::TooLarge } else { Content::Bytes(bytes) };
            let file = Document { path, sha256, content };
            documents.push(file.clone());
            open.push(file);
        }
    }
}

fn read_below(root: &OwnedFd, path: &TreePath, limit: usize) -> std::io::Result<Vec<u8>> {
    let (folders, name) = match path.as_str().rsplit_once('/') {
        Some((folders, name)) => (Some(folders), name),
        None => (None, path.as_str()),
    };
    let mut folder = root.try_clone()?;
    for part in folders.into_iter().flat_map(|folders| folders.split('/')) {
        folder = open_at(&folder, &CString::new(part)?, OFlags::DIRECTORY)?;
    }
    read_file(&folder, &CString::new(name)?, limit)
}

/// Lets each requirements.txt among `sources` say what the files say that it names, which are among `documents`.
pub(super) fn follow<'a>(
    sources: &mut Vec<Source<'a>>,
    documents: &'a [Document],
    tally: &mut Tally,
) -> Result<(), InventoryError> {
    let mut added = Vec::new();
    for source in sources.iter_mut() {
        let is_one = source.cataloger.id() == REQUIREMENTS.id() && !source.in_archive;
        let bytes = source.document.bytes().filter(|_| is_one && source.is_among(documents));
        let Some(bytes) = bytes.filter(|_| source.outcome == FileOutcome::Used) else { continue };
        let file = FileInput { path: &source.document.path, bytes };
        let seen = BTreeSet::from([(source.document.path.clone(), false)]);
        let mut walk = Walk { documents, source, read: Vec::new(), seen, gaps: Vec::new() };
        let mut found = Found::default();
        walk.follow(&file, false, 0, &mut found);
        let Walk { read, gaps, .. } = walk;
        source.passed_over = unknown(&file).into_iter().chain(gaps).collect();
        source.packages.extend(found.asked);
        constrain(&mut source.packages, &found.constraints);
        if let Err(error) = set_index_of(&file, &mut source.packages) {
            source.passed_over.push(error.to_string());
        }
        added.extend(read);
    }
    tally.extend(sources, added)
}

/// What the files say that were read.
#[derive(Default)]
struct Found {
    asked: Vec<Package>,
    constraints: Vec<Package>,
}

struct Walk<'w, 'a> {
    documents: &'a [Document],
    /// The first of the files.
    source: &'w Source<'a>,
    /// The others, without what they say.
    read: Vec<Source<'a>>,
    /// Which of them, and whether as constraints.
    seen: BTreeSet<(TreePath, bool)>,
    gaps: Vec<String>,
}

impl<'a> Walk<'_, 'a> {
    /// What a file names. In one that constrains all others do.
    fn follow(&mut self, file: &FileInput<'_>, constrains: bool, depth: usize, found: &mut Found) {
        for Included { line, constrains: own, path } in includes(file) {
            let at = match file.path == &self.source.document.path {
                true => format!("line {line}"),
                false => format!("`{}`, line {line}", escape(file.path.as_str())),
            };
            let path = match path {
                Ok(path) => path,
                Err(why) => {
                    self.gaps.push(format!("{at}: it names another file, {why}"));
                    continue;
                }
            };
            let constrains = constrains || own;
            if self.seen.contains(&(path.clone(), constrains)) {
                continue;
            }
            if depth == MAX_DEPTH || self.seen.len() > MAX_FILES {
                self.gaps.push(format!("{at}: {TOO_MANY}"));
                break;
            }
            self.seen.insert((path.clone(), constrains));
            if let Err(why) = self.read(&path, constrains, depth + 1, found) {
                self.gaps.push(format!("{at}: it names `{}`, {why}", escape(path.as_str())));
            }
        }
    }

    fn read(
        &mut self,
        path: &TreePath,
        constrains: bool,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), &'static str> {
        let documents: &'a [Document] = self.documents;
        let there = documents.iter().find(|document| document.path == *path);
        let document = there.ok_or("which is not there, or no file of its own")?;
        let bytes = document.bytes().ok_or("which is too large to be read")?;
        let file = FileInput { path: &document.path, bytes };
        self.gaps.extend(unknown(&file).into_iter().map(|why| format!("`{}`, {why}", escape(path.as_str()))));
        let mut source =
            Source::read(document, Cow::Borrowed(&document.path), self.source.origin, &REQUIREMENTS);
        if found.asked.len() + found.constraints.len() + source.packages.len() > MAX_PACKAGES {
            return Err("which names more packages than are read");
        }
        let into = if constrains { &mut found.constraints } else { &mut found.asked };
        for mut package in std::mem::take(&mut source.packages) {
            package.id = format!("{path} {}", package.id);
            let at = |found| Location { file: path.to_string(), ..found };
            package.found = package.found.into_iter().map(at).collect();
            into.push(package);
        }
        source.passed_over = Vec::new();
        let is_read = source.outcome == FileOutcome::Used;
        if !self.read.iter().any(|other| other.path == source.path) {
            self.read.push(source);
        }
        if is_read {
            self.follow(&file, constrains, depth, found);
        }
        Ok(())
    }
}

/// Lets what is only asked for be what the constraints pin of that name, where they pin one thing whatever the platform.
fn constrain(packages: &mut [Package], constraints: &[Package]) {
    let mut pins: HashMap<String, Vec<&Package>> = HashMap::new();
    for constraint in constraints {
        pins.entry(normalized(&constraint.name)).or_default().push(constraint);
    }
    for package in packages.iter_mut().filter(|package| package.origin == Origin::Declared) {
        let Some([pin]) = pins.get(&normalized(&package.name)).map(Vec::as_slice) else { continue };
        if pin.origin == Origin::Declared || !pin.markers.is_empty() {
            continue;
        }
        package.purl.clone_from(&pin.purl);
        package.version.clone_from(&pin.version);
        package.origin.clone_from(&pin.origin);
        package.hashes.clone_from(&pin.hashes);
        package.file_name.clone_from(&pin.file_name);
        package.files.clone_from(&pin.files);
        package.requested.clear();
        package.found.extend(pin.found.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use mcpsign_schemas::inventory::Inventory;

    use super::super::{InventoryRoot, inventory};

    fn of(root: &Path) -> Inventory {
        inventory(&InventoryRoot { project: Some(root), ..InventoryRoot::default() }).unwrap()
    }

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// Each package, and where it was found.
    fn shown(inventory: &Inventory) -> Vec<String> {
        let at = |found: &mcpsign_schemas::inventory::Location| {
            format!("{}:{}", found.file, found.line.unwrap_or_default())
        };
        let each = inventory.packages.values().map(|package| {
            let places: Vec<String> = package.found.iter().map(at).collect();
            format!("{} {}", package.purl, places.join(" "))
        });
        each.collect()
    }

    fn gaps(inventory: &Inventory) -> Vec<String> {
        inventory.known_gaps().into_iter().map(|gap| gap.reason).collect()
    }

    const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn what_a_file_names_is_followed_and_constrained() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("project");
        let pinned = format!("d==3.0 --hash=sha256:{DIGEST}\ne<2\nunused==9\n");
        write(
            &root,
            &[
                ("requirements.txt", "a==1\n-r requirements/base.txt\n-c constraints.txt\n"),
                ("requirements/base.txt", "b==2\nd>=1\ne\n-r ../more.txt\n-r base.txt\n"),
                ("more.txt", "c==3\n-r requirements.txt\n"),
                ("constraints.txt", &pinned),
            ],
        );
        let found = of(&root);
        assert_eq!(
            shown(&found),
            [
                "pkg:pypi/a@1 requirements.txt:1",
                "pkg:pypi/b@2 requirements/base.txt:1",
                "pkg:pypi/c@3 more.txt:1",
                "pkg:pypi/d@3.0 constraints.txt:1 requirements/base.txt:2",
                "pkg:pypi/e requirements/base.txt:3",
            ]
        );
        assert_eq!(found.packages["pkg:pypi/d@3.0"].hashes.len(), 1);
        assert_eq!(gaps(&found), [""; 0]);
        let files: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["constraints.txt", "more.txt", "requirements.txt", "requirements/base.txt"]);
        // By its name as from its folder; as an artifact as from its project.
        assert_eq!(shown(&of(&root.join("requirements.txt"))), shown(&found));
        fs::rename(root.join("more.txt"), root.join("requirements/more.txt")).unwrap();
        fs::write(root.join("requirements/base.txt"), "b==2\nd>=1\ne\n-r more.txt\n").unwrap();
        fs::write(root.join("requirements/more.txt"), "c==3\n-r ../requirements.txt\n").unwrap();
        let artifact = crate::artifact::open(&root).unwrap();
        let of_artifact =
            inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() }).unwrap();
        let purls = |found: &Inventory| found.packages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(purls(&of_artifact), purls(&found));
    }

    #[test]
    fn nothing_is_read_outside_of_the_project() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("project");
        let outside = dir.path().join("outside.txt");
        write(
            dir.path(),
            &[
                ("outside.txt", "evil==1\n"),
                ("project/requirements/x.txt", "x==1\n"),
                ("folder/f.txt", "evil==2\n"),
            ],
        );
        std::os::unix::fs::symlink(&outside, root.join("linked.txt")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("folder"), root.join("folder")).unwrap();
        for target in [
            "../outside.txt",
            outside.to_str().unwrap(),
            "linked.txt",
            "folder/f.txt",
            "https://x.example/outside.txt",
            "requirements/../../outside.txt",
            "gone.txt",
            "requirements",
        ] {
            for option in ["-r", "-c"] {
                write(&root, &[("requirements.txt", &format!("a==1\n{option} {target}\n"))]);
                let found = of(&root);
                assert_eq!(shown(&found), ["pkg:pypi/a@1 requirements.txt:1"], "{target}");
                let gaps = gaps(&found);
                assert!(gaps.len() == 1 && gaps[0].starts_with("line 2: it names "), "{target}: {gaps:?}");
                assert!(!gaps[0].contains(dir.path().to_str().unwrap()), "{gaps:?}");
            }
        }
    }

    #[test]
    fn what_is_named_is_bounded_and_what_is_wrong_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for at in 0..40 {
            write(root, &[(&format!("r{at}.txt"), &format!("p{at}==1\n-r r{}.txt\n", at + 1))]);
        }
        write(root, &[("requirements.txt", "-r r0.txt\n")]);
        let found = of(root);
        assert_eq!(found.packages.len(), super::MAX_DEPTH);
        assert_eq!(gaps(&found), ["`r15.txt`, line 2: it names more files than are read"]);
        write(
            root,
            &[("requirements.txt", "a==1\n-r bad.txt\n"), ("bad.txt", "a b\n"), ("r0.txt", "./lib\n")],
        );
        assert_eq!(gaps(&of(root)), ["line 1: not a requirement"]);
        write(root, &[("requirements.txt", "a==1\n-r r0.txt\n")]);
        let gaps = gaps(&of(root));
        assert!(
            gaps.len() == 1 && gaps[0].starts_with("`r0.txt`, line 1: a folder or an address"),
            "{gaps:?}"
        );
    }
}
