//! What of a launch is recorded: placeholders for paths, names for secrets.

use std::path::Path;

/// Programs that run other programs: which one is a matter of the machine, not of the server.
const RUNTIMES: [&str; 14] = [
    "node", "nodejs", "npx", "deno", "bun", "bunx", "python", "python3", "uv", "uvx", "java", "dotnet",
    "ruby", "php",
];

/// A path and what it is recorded as.
#[derive(Debug)]
pub(super) struct Placeholder<'a> {
    pub(super) name: &'static str,
    pub(super) path: &'a str,
}

/// The name of the runtime that `program` is, if it is a known one.
pub(crate) fn runtime(program: &str) -> Option<&str> {
    let name = Path::new(program).file_name()?.to_str()?;
    // `python3.11` is `python3` with a version, as distributions install it beside others.
    let minor = name.strip_prefix("python3.").unwrap_or_default();
    if !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return name.get(.."python3".len());
    }
    RUNTIMES.contains(&name).then_some(name)
}

/// `text` with `{name}` for every path that it names, the longest first.
pub(super) fn with_placeholders(text: &str, placeholders: &[Placeholder<'_>]) -> String {
    let mut recorded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let here = placeholders
            .iter()
            .filter(|placeholder| stands_at(placeholder.path, rest, recorded.chars().next_back()))
            .max_by_key(|placeholder| placeholder.path.len());
        match here {
            Some(Placeholder { name, path }) => {
                recorded.push('{');
                recorded.push_str(name);
                recorded.push('}');
                rest = &rest[path.len()..];
            }
            None => {
                recorded.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    recorded
}

/// Whether `rest` begins with `path`, as a whole path or as the beginning of one. The root and what is no absolute
/// path stand nowhere.
fn stands_at(path: &str, rest: &str, before: Option<char>) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}');
    path.len() > 1
        && path.starts_with('/')
        && !before.is_some_and(part_of_name)
        && rest.strip_prefix(path).is_some_and(|after| !after.chars().next().is_some_and(part_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_known_by_name_wherever_they_lie() {
        assert_eq!(runtime("/usr/bin/node"), Some("node"));
        assert_eq!(runtime("uvx"), Some("uvx"));
        assert_eq!(runtime("/opt/py/bin/python3.11"), Some("python3"));
        assert_eq!(runtime("python3."), None);
        assert_eq!(runtime("python3.x"), None);
        assert_eq!(runtime("/srv/mcp-server-git"), None);
        assert_eq!(runtime("node-red"), None);
    }

    #[test]
    fn the_longest_path_wins_and_only_whole_names_count() {
        let placeholders = [
            Placeholder { name: "home", path: "/home/ann" },
            Placeholder { name: "artifact", path: "/home/ann/pkg" },
            Placeholder { name: "never", path: "/" },
        ];
        for (text, recorded) in [
            ("/home/ann/pkg/dist/index.js", "{artifact}/dist/index.js"),
            ("/home/ann/pkg", "{artifact}"),
            ("/home/ann/pkg-2", "{home}/pkg-2"),
            ("--root=/home/ann:/home/ann/pkg", "--root={home}:{artifact}"),
            ("/home/anna", "/home/anna"),
            ("/mnt/home/ann", "/mnt/home/ann"),
            ("file:///home/ann/é", "file://{home}/é"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(with_placeholders(text, &placeholders), recorded);
        }
    }
}
