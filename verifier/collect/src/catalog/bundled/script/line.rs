//! Lines by which a bundler names a module.

/// Bytes of such a line at the most: a path that a system opens, and what stands around it.
pub(super) const MAX_LINE: usize = 4096 + 64;

/// What stands before the path of a module that follows.
const MARKS: [&str; 6] = [
    // rolldown.
    "//#region ",
    // webpack, of modules that it joins into one scope; and since 5.90.
    ";// CONCATENATED MODULE: ",
    "// CONCATENATED MODULE: ",
    "// EXTERNAL MODULE: ",
    ";// ",
    // esbuild, with it tsup; Bun.
    "// ",
];

/// The path of the module that a line says to come next.
pub(super) fn module(line: &str) -> Option<&str> {
    let line = line.trim();
    let path = match MARKS.iter().find_map(|mark| line.strip_prefix(mark)) {
        Some(path) => joined(path),
        None => quoted(line)?,
    };
    // Loaders stand before the file that they load.
    let path = path.rsplit('!').next()?;
    (!path.is_empty() && !path.contains(char::is_whitespace)).then_some(path)
}

/// webpack's `/***/ "PATH":`, with the banner below it `!*** PATH ***!`; esbuild's `"PATH"(exports, module) {`.
fn quoted(line: &str) -> Option<&str> {
    if let Some(banner) = line.strip_prefix("!*** ") {
        return banner.strip_suffix(" ***!").map(joined);
    }
    let (text, is_marked) = match line.strip_prefix("/***/ ") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let (path, rest) = text.strip_prefix('"')?.split_once('"')?;
    (is_marked || rest.starts_with('(')).then_some(path)
}

/// Without `+ 2 modules`, which webpack writes behind the first of those that it joined.
fn joined(path: &str) -> &str {
    match path.split_once(" + ") {
        Some((path, more)) if more.ends_with(" modules") => path,
        _ => path,
    }
}

/// Whether a module's path is that of a source file, so that a comment which holds it alone is a bundler's.
pub(super) fn is_source(path: &str) -> bool {
    let ends = [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json"];
    ends.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_each_bundler() {
        for (line, path) in [
            (
                "// node_modules/.pnpm/zod@4.4.3/node_modules/zod/v4/core/util.js",
                Some("node_modules/.pnpm/zod@4.4.3/node_modules/zod/v4/core/util.js"),
            ),
            ("  // ../../node_modules/foo/index.js\r", Some("../../node_modules/foo/index.js")),
            (
                "  \"node_modules/ws/lib/constants.js\"(exports, module) {",
                Some("node_modules/ws/lib/constants.js"),
            ),
            ("//#region node_modules/zod/v4/core/core.js", Some("node_modules/zod/v4/core/core.js")),
            ("/***/ \"./node_modules/x/y.js\":", Some("./node_modules/x/y.js")),
            ("/***/ \"./node_modules/x/y.js\"", Some("./node_modules/x/y.js")),
            ("  !*** ./node_modules/x/y.js ***!", Some("./node_modules/x/y.js")),
            (";// ./node_modules/x/y.js + 3 modules", Some("./node_modules/x/y.js")),
            (";// CONCATENATED MODULE: ./node_modules/x/y.js", Some("./node_modules/x/y.js")),
            ("// EXTERNAL MODULE: ./node_modules/x/y.js", Some("./node_modules/x/y.js")),
            ("/***/ \"./node_modules/l/l.js!./node_modules/x/y.css\":", Some("./node_modules/x/y.css")),
            ("// see node_modules/x/y.js", None),
            ("// node_modules/x/y.js is patched", None),
            ("\"node_modules/x/y.js\": true,", None),
            ("require(\"./node_modules/x/y.js\")", None),
            ("/* node_modules/x/y.js */", None),
            ("// ", None),
        ] {
            assert_eq!(module(line), path, "{line}");
        }
    }
}
