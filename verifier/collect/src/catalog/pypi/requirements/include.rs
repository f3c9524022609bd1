//! Which other files a requirements.txt names: pip reads them where it reads that line.

use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::{Line, decoded, line_of, logical_lines};
use crate::catalog::FileInput;

/// A file that another one names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Included {
    /// The line that names it.
    pub(crate) line: u32,
    /// Whether it says which versions will do, and installs nothing.
    pub(crate) constrains: bool,
    /// Where it lies in the project; or why it is not looked for, fit to be shown.
    pub(crate) path: Result<TreePath, String>,
}

/// Every file that this one names.
pub(crate) fn includes(file: &FileInput<'_>) -> Vec<Included> {
    let Ok(text) = decoded(file.bytes) else { return Vec::new() };
    let lines = logical_lines(&text).into_iter();
    let each = lines.filter_map(|(line, text)| match line_of(&text) {
        Line::Includes { target, constrains } => {
            Some(Included { line, constrains, path: within(file.path, target) })
        }
        Line::Other(_) => None,
    });
    each.collect()
}

/// Whether a file of this path may be one that another names: by convention they are called so, and only what is called somehow
/// is kept of an artifact before it is known who names it.
pub(crate) fn may_be_included(path: &TreePath) -> bool {
    let path = path.as_str().to_ascii_lowercase();
    [".txt", ".in", ".lock"].iter().any(|end| path.ends_with(end))
        && ["requirement", "constraint"].iter().any(|word| path.contains(word))
        && path.split('/').count() <= MAX_PARTS
}

/// Folders of such a path, and its name: more have what is installed.
const MAX_PARTS: usize = 3;

/// The file that `target` means in `from`, if it lies in the project.
fn within(from: &TreePath, target: &str) -> Result<TreePath, String> {
    let outside = |what: &str| Err(format!("`{}`: {what}", escape(target)));
    let words = shlex::split(target).unwrap_or_default();
    let [target] = words.as_slice() else { return outside("not the name of one file") };
    if target.contains("://") || target.starts_with("file:") {
        // It may hold a password.
        return Err("an address, which is not asked".to_owned());
    }
    if crate::catalog::url::is_absolute(target) {
        return Err("a path outside of the project, which is not read".to_owned());
    }
    if target.contains("${") {
        return outside("its name depends on the environment");
    }
    let mut parts: Vec<&str> = from.parent().map(|folder| folder.split('/').collect()).unwrap_or_default();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err("a path outside of the project, which is not read".to_owned());
                }
            }
            part => parts.push(part),
        }
    }
    TreePath::try_from(parts.join("/").as_str()).or_else(|_| outside("not the name of one file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> TreePath {
        TreePath::try_from(path).unwrap()
    }

    #[test]
    fn targets_lie_in_the_project() {
        let from = path("requirements/dev.txt");
        for (target, found) in [
            ("base.txt", "requirements/base.txt"),
            ("./base.txt", "requirements/base.txt"),
            ("../requirements.txt", "requirements.txt"),
            ("'a b.txt'", "requirements/a b.txt"),
            ("x/../base.txt", "requirements/base.txt"),
        ] {
            assert_eq!(within(&from, target), Ok(path(found)), "{target}");
        }
        for target in [
            "../../base.txt",
            "../..",
            "/etc/passwd",
            "~/a.txt",
            "C:\\a.txt",
            "https://u:S3CRET@x.example/a.txt",
            "file:///a.txt",
            "${HOME}/a.txt",
            "a b.txt",
            "",
        ] {
            let why = within(&from, target).unwrap_err();
            assert!(!why.contains("S3CRET"), "{why}");
        }
    }

    #[test]
    fn files_are_named_in_all_spellings() {
        let text = "-r a.txt\n-ra2.txt\n--requirement b.txt\n--requirement=c.txt # x\n-c d.txt\n--constraint=e.txt\n--no-binary x\ncython==1\n";
        let from = path("requirements.txt");
        let found = includes(&FileInput { path: &from, bytes: text.as_bytes() });
        let shown: Vec<_> =
            found.iter().map(|one| (one.line, one.path.as_ref().unwrap().as_str(), one.constrains)).collect();
        assert_eq!(
            shown,
            [
                (1, "a.txt", false),
                (2, "a2.txt", false),
                (3, "b.txt", false),
                (4, "c.txt", false),
                (5, "d.txt", true),
                (6, "e.txt", true)
            ]
        );
    }

    #[test]
    fn names_are_those_that_are_usual() {
        for name in
            ["requirements-dev.txt", "requirements/base.in", "constraints.txt", "x/requirements/a.txt"]
        {
            assert!(may_be_included(&path(name)), "{name}");
        }
        for name in ["readme.txt", "requirements.json", "a/b/c/requirements.txt"] {
            assert!(!may_be_included(&path(name)), "{name}");
        }
    }
}
