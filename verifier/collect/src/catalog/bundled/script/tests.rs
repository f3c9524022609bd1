//! Scripts as bundlers write them, and as somebody writes them who wants to be slow to read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::digest::Sha256Digest;

use super::*;
use crate::catalog::{Content, Document, Keeper};

/// What a script names, each with its line.
fn named(text: &[u8]) -> Vec<String> {
    let path = TreePath::try_from("dist/index.js").unwrap();
    let packages = SCRIPT.read(&FileInput { path: &path, bytes: text }).unwrap();
    let line = |package: &Package| package.found.first().and_then(|at| at.line).unwrap_or_default();
    packages.iter().map(|one| format!("{} {}", one.purl.trim_start_matches("pkg:npm/"), line(one))).collect()
}

/// As it is kept in an artifact, whatever comes at a time.
fn kept(path: &str, bytes: &[u8], at_once: usize) -> Option<Content> {
    let keeper = Keeper::of_catalogers();
    let mut file = keeper.file(&TreePath::try_from(path).unwrap());
    bytes.chunks(at_once).for_each(|chunk| file.push(chunk));
    file.finish()
}

fn document(path: &str, bytes: &[u8]) -> Option<Document> {
    let content = kept(path, bytes, 16 << 10)?;
    Some(Document { path: TreePath::try_from(path).unwrap(), sha256: Sha256Digest::of(bytes), content })
}

/// So many lines of a program.
fn code(lines: usize) -> String {
    (0..lines).map(|at| format!("function name{at}(value) {{ return value + {at}; }}\n")).collect()
}

/// What esbuild leaves of its helpers in a file that it made small, in one line of 150 KB.
fn minified() -> String {
    let wrapped = "var a=(r,t)=>()=>(t||r((t={exports:{}}).exports,t),t.exports);";
    format!("#!/usr/bin/env node\n{wrapped}{}\n", "function f(a){return a+1};".repeat(6000))
}

#[test]
fn comments_of_bundlers_name_packages_and_lines() {
    let esbuild = "import x from \"y\";\n\n// node_modules/.pnpm/zod@4.4.3/node_modules/zod/v4/core/util.js\nvar util;\n\n\
        // node_modules/.pnpm/@modelcontextprotocol+client@2.0.0/node_modules/@modelcontextprotocol/client/dist/a.mjs\n\
        // ../../node_modules/foo/index.js\nvar require_foo = __commonJS({\n  \"node_modules/foo/index.js\"(exports) {\n";
    assert_eq!(named(esbuild.as_bytes()), ["%40modelcontextprotocol/client@2.0.0 6", "foo 7", "zod@4.4.3 3"]);
    let webpack = "/***/ \"./node_modules/x/y.js\":\n/*!***!*\\\n  !*** ./node_modules/x/y.js ***!\n;// ./node_modules/@s/z/i.js + 2 modules\n";
    assert_eq!(named(webpack.as_bytes()), ["%40s/z 4", "x 1"]);
    let yarn = "// ../.yarn/cache/a-npm-1.2.3-0a1b2c3d4e-9f8e7d6c5b.zip/node_modules/a/x.js\n";
    assert_eq!(named(yarn.as_bytes()), ["a@1.2.3 1"]);
    for text in [
        "// see node_modules/a/x.js\n",
        "const path = \"node_modules/a/x.js\";\n",
        "// node_modules/.bin/tsc\n",
        "// (disabled):node_modules/a/x.js\n",
        "// src/index.ts\n",
    ] {
        assert!(named(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn lines_count_wherever_a_block_ends() {
    let before = code(5000);
    let text = format!("{before}// node_modules/a/x.js\n{}// node_modules/c/x.js", code(4000));
    let expected = ["a 5001", "c 9002"];
    for at_once in [1, 1000, 70_000, 1 << 20] {
        let Some(Content::Script(script)) = kept("a.mjs", text.as_bytes(), at_once) else {
            panic!("{at_once}")
        };
        let packages = script.packages().unwrap();
        let shown: Vec<String> = packages
            .iter()
            .map(|one| format!("{} {}", one.name, one.found.first().and_then(|at| at.line).unwrap()))
            .collect();
        assert_eq!(shown, expected, "{at_once}");
    }
}

#[test]
fn source_maps_within_are_read() {
    let map =
        br#"{"version":3,"sources":["../src/a.ts","../node_modules/.pnpm/ws@8.21.0/node_modules/ws/a.js"]}"#;
    let with = |head: &str, data: &str| format!("{}//# sourceMappingURL={head}{data}", code(3000));
    let packed = STANDARD.encode(map);
    for head in ["data:application/json;base64,", "data:application/json;charset=utf-8;base64,"] {
        assert_eq!(named(with(head, &packed).as_bytes()), ["ws@8.21.0 3001"], "{head}");
    }
    // Larger than what is looked at together.
    let long =
        format!(r#"{{"sources":["node_modules/a/x.js"],"sourcesContent":["{}"]}}"#, "x".repeat(1 << 20));
    let text = with("data:application/json;base64,", &STANDARD.encode(long));
    for at_once in [4096, 1 << 20] {
        let Some(Content::Script(script)) = kept("a.js", text.as_bytes(), at_once) else {
            panic!("{at_once}")
        };
        assert_eq!(script.packages().unwrap().len(), 1);
    }
    // What cannot be read is said, and what is none is none.
    for (head, data) in [("data:application/json;base64,", "!!"), ("data:application/json,", "%7B%7D")] {
        let script = Scanner::all(with(head, data).as_bytes()).unwrap();
        assert_eq!(script.gaps(), ["its source map cannot be read"], "{head}");
    }
    assert_eq!(Scanner::all(b"let a = \"//# sourceMappingURL=data:application/json;base64,!!\";\n"), None);
    assert_eq!(Scanner::all(b"//# sourceMappingURL=a.js.map\n"), None);
    let huge = with("data:application/json;base64,", &"A".repeat(map::MAX_LINE));
    assert_eq!(Scanner::all(huge.as_bytes()).unwrap().gaps(), ["its source map is too large to be read"]);
}

#[test]
fn large_bundles_that_tell_nothing_are_gaps() {
    let silent = |files: &[(&str, &[u8])]| -> Vec<String> {
        let documents: Vec<Document> =
            files.iter().filter_map(|(path, bytes)| document(path, bytes)).collect();
        super::silent(&documents).into_iter().map(ToString::to_string).collect()
    };
    let minified = minified();
    let webpack = format!("{}var __webpack_modules__ = ({{}});\n", code(4000));
    let scoped = format!(
        "var e=(a,b)=>{{for(var c in b)d(a,c,{{get:b[c],enumerable:!0}})}};{}",
        "a.b(1);".repeat(20_000)
    );
    // Without any helper: all in one scope.
    let joined = "let a=b=>b+1;".repeat(10_000);
    for text in [&minified, &webpack, &scoped, &joined] {
        assert_eq!(silent(&[("dist/server.js", text.as_bytes())]), ["dist/server.js"]);
        assert_eq!(
            silent(&[("bin/serve", text.as_bytes())]),
            if text == &minified { vec!["bin/serve"] } else { vec![] }
        );
    }
    // What somebody wrote, data, and what is small.
    let data = format!("export default \"{}\";\n", "x".repeat(200_000));
    let small = "var a={exports:{}};\n".repeat(100);
    // Of chunks that get their helpers from others.
    for used in [
        "var a = __webpack_require__(42);",
        "__webpack_require__.d(b, {});",
        "var require_a = __commonJS({",
        "__export(a_exports, {",
        "import a from \"b\"; var b = __toESM(require_b());",
    ] {
        let text = format!("{}{used}\n", code(4000));
        assert_eq!(silent(&[("dist/server.js", text.as_bytes())]), ["dist/server.js"], "{used}");
    }
    let of_a_bundler = format!("{}// `__webpack_require__` and `__commonJS` are its own\n", code(4000));
    for text in [&code(4000), &data, &small, &of_a_bundler] {
        assert_eq!(silent(&[("dist/server.js", text.as_bytes())]), [""; 0]);
    }
    // What names its own modules alone tells that there are no others.
    let told = format!("{webpack}// src/index.ts\nlet a;\n");
    assert_eq!(silent(&[("dist/server.js", told.as_bytes())]), [""; 0]);
    // Other files tell it.
    let notice = b"/*! a v1.0.0 | MIT */\n".as_slice();
    let map = br#"{"version":3,"sources":["../src/a.ts"]}"#.as_slice();
    let sbom = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","purl":"pkg:npm/a@1"}]}"#;
    let own = ("dist/server.js", minified.as_bytes());
    for (file, tells) in [
        (("dist/server.js.map", map), true),
        (("dist/server.js.LICENSE.txt", notice), true),
        (("dist/other.js.LICENSE.txt", notice), false),
        (("THIRD-PARTY-NOTICES.txt", notice), true),
        (("THIRD-PARTY-NOTICES.txt", b"Many thanks."), false),
        (("lib/THIRD-PARTY-NOTICES.txt", notice), false),
        (("sbom.json", sbom), true),
    ] {
        assert_eq!(silent(&[own, file]).is_empty(), tells, "{}", file.0);
    }
    let installed = ("node_modules/a/index.cjs", minified.as_bytes());
    assert_eq!(silent(&[installed, ("THIRD-PARTY-NOTICES.txt", notice)]), ["node_modules/a/index.cjs"]);
}

#[test]
fn archives_and_programs_under_a_scripts_name_are_what_they_are() {
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0, 1], &[0; 600]].concat();
    assert_eq!(kept("server.js", &elf, 4096), None);
    assert!(matches!(kept("a.js", b"7z\xbc\xaf\x27\x1c", 4096), Some(Content::Archive(_))));
}

/// The work grows as the file does, whatever is in it.
#[test]
fn no_file_is_slow_to_read() {
    let many: String = (0..200_000).map(|at| format!("// node_modules/p{at}/x.js\n")).collect();
    assert!(matches!(Scanner::all(many.as_bytes()).unwrap().packages(), Err(CatalogError::TooMany { .. })));
    let one_line = "node_modules/".repeat(1 << 20);
    assert_eq!(Scanner::all(one_line.as_bytes()), None);
    let half_maps = "//# sourceMappingURL=data:\n".repeat(100_000);
    assert!(Scanner::all(half_maps.as_bytes()).is_some());
}
