//! What of a wheel Python runs whenever it starts, whoever asked for what: lines of `*.pth` that begin with `import`, and the modules
//! by which a site customises it. Installing such a wheel is as good as running it.

use mcpsign_schemas::tree::TreePath;

/// Whether Python looks for a file of this path when it starts: one that is installed to where its packages lie.
pub(crate) fn is_startup_file(path: &TreePath) -> bool {
    installed(path.as_str()).is_some_and(|path| is_path_file(path) || is_module(path))
}

/// Whether such a file runs something; one that was too large to be kept might.
pub(crate) fn runs(path: &TreePath, bytes: Option<&[u8]>) -> bool {
    match (installed(path.as_str()), bytes) {
        (Some(path), Some(bytes)) if is_path_file(path) => has_import(&String::from_utf8_lossy(bytes)),
        _ => true,
    }
}

/// Where among the packages a wheel's file is installed: as it lies, or from the folders of its data that go there.
fn installed(path: &str) -> Option<&str> {
    let data = path.split_once('/').filter(|(folder, _)| folder.ends_with(".data"));
    let Some((_, data)) = data else { return Some(path) };
    let (scheme, place) = data.split_once('/')?;
    match scheme {
        "purelib" | "platlib" => Some(place),
        // Below the prefix of the installation.
        "data" => PACKAGES.iter().find_map(|folder| Some(place.split_once(folder)?.1)),
        _ => None,
    }
}

/// Folders of packages.
const PACKAGES: [&str; 2] = ["site-packages/", "dist-packages/"];

/// How what Python loads as a module ends.
const ENDINGS: [&str; 4] = [".py", ".pyc", ".so", ".pyd"];

fn is_path_file(path: &str) -> bool {
    path.ends_with(".pth") && !path.contains('/')
}

fn is_module(path: &str) -> bool {
    ["sitecustomize", "usercustomize"].iter().any(|module| {
        let rest = path.strip_prefix(module);
        // Libraries have the interpreter's name in theirs.
        let is_loaded = |rest: &str| ENDINGS.iter().any(|ending| rest.ends_with(ending));
        rest.is_some_and(|rest| {
            rest == "/__init__.py" || (rest.starts_with('.') && !rest.contains('/') && is_loaded(rest))
        })
    })
}

/// Lines as Python tells them apart, any of which begins as its module `site` looks for it.
fn has_import(text: &str) -> bool {
    const ENDS: [char; 10] =
        ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    let runs = |line: &str| ["import ", "import\t"].iter().any(|begin| line.starts_with(begin));
    text.split(ENDS).any(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_what_python_runs_when_it_starts_is_told() {
        let is = |path: &str| is_startup_file(&TreePath::try_from(path).unwrap());
        for path in [
            "litellm_init.pth",
            "x-1.0.data/purelib/x.pth",
            "x-1.0.data/platlib/x.pth",
            "x-1.0.data/data/lib/python3.12/site-packages/x.pth",
            "sitecustomize.py",
            "usercustomize.cpython-312-x86_64-linux-gnu.so",
            "sitecustomize/__init__.py",
        ] {
            assert!(is(path), "{path}");
        }
        for path in [
            "x/y.pth",
            "x-1.0.data/scripts/x.pth",
            "x-1.0.data/data/share/x.pth",
            "x.pth.txt",
            "sitecustomize/x.py",
            "sitecustomized.py",
            "sitecustomize.js",
            "x-1.0.data/purelib/usercustomize.mjs",
        ] {
            assert!(!is(path), "{path}");
        }
        let path = |path: &str| TreePath::try_from(path).unwrap();
        let lines = |text: &str| runs(&path("x.pth"), Some(text.as_bytes()));
        assert!(
            lines("../y\nimport os; os.system('x')\n") && lines("# x\u{2028}import\tx") && lines("import x")
        );
        assert!(!lines("../y\n# import x\n import x\nimported\n") && !lines(""));
        assert!(runs(&path("sitecustomize.py"), Some(b"")) && runs(&path("x.pth"), None));
    }
}
