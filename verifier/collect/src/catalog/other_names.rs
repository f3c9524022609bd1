//! Lock files under other names than their usual ones: which of a project's counts is not for us to guess, but one that somebody
//! names is read.

use mcpsign_schemas::tree::TreePath;

/// What a file at the root of a project is called usually, where its name tells that it is of that format and it is not called so.
pub(super) fn usual(path: &TreePath) -> Option<TreePath> {
    let name = path.as_str();
    let usual = match name.to_ascii_lowercase().as_str() {
        _ if name.contains('/') => return None,
        "buildscript-gradle.lockfile" | "settings-gradle.lockfile" => "gradle.lockfile",
        // Of a script.
        name if name.ends_with(".py.lock") => "uv.lock",
        // PEP 751: one word between the dots.
        name if of_pylock(name).is_some_and(|word| !word.is_empty() && !word.contains('.')) => "pylock.toml",
        name if is_list(name) && !["requirements.txt", "requirements.lock"].contains(&name) => {
            "requirements.txt"
        }
        _ => return None,
    };
    TreePath::try_from(usual).ok()
}

fn of_pylock(name: &str) -> Option<&str> {
    name.strip_prefix("pylock.")?.strip_suffix(".toml")
}

/// As pip's users call their lists.
fn is_list(name: &str) -> bool {
    let is_text = [".txt", ".in", ".lock"].iter().any(|end| name.ends_with(end));
    is_text && name.contains("requirements")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        for (name, expected) in [
            ("pylock.prod.toml", Some("pylock.toml")),
            ("requirements-prod.txt", Some("requirements.txt")),
            ("dev-requirements.in", Some("requirements.txt")),
            ("serve.py.lock", Some("uv.lock")),
            ("buildscript-gradle.lockfile", Some("gradle.lockfile")),
            ("pylock.toml", None),
            ("pylock.a.b.toml", None),
            ("pylock..toml", None),
            ("requirements.txt", None),
            ("requirements.lock", None),
            ("requirements.md", None),
            ("a/requirements-prod.txt", None),
            ("uv.lock", None),
        ] {
            let path = TreePath::try_from(name).unwrap();
            assert_eq!(usual(&path).as_ref().map(TreePath::as_str), expected, "{name}");
        }
    }
}
