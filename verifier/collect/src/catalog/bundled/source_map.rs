//! Source maps: the paths of the files that a bundle was made from.

use std::borrow::Cow;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;
use serde::Deserialize;

use super::{Bundled, package_of};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// Maps inside each other: of sections, which have none.
const MAX_DEPTH: usize = 2;

/// A JavaScript file's map.
pub static SOURCE_MAP: SourceMap = SourceMap;

/// The cataloger of source maps.
#[derive(Debug)]
pub struct SourceMap;

impl Cataloger for SourceMap {
    fn id(&self) -> &'static str {
        "javascript/source-map"
    }

    fn wants(&self, path: &TreePath) -> bool {
        [".js.map", ".mjs.map", ".cjs.map"].iter().any(|end| path.as_str().ends_with(end))
    }

    fn role(&self) -> Role {
        Role::Notice
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        // Servers may put this before it, to keep it from being run as a script.
        let json = match file.bytes.strip_prefix(b")]}'") {
            Some(rest) => rest
                .iter()
                .position(|byte| *byte == b'\n')
                .and_then(|end| rest.get(end..))
                .unwrap_or_default(),
            None => file.bytes,
        };
        let mut found = Bundled::default();
        sources_of(json, None, &mut found)?;
        found.packages()
    }
}

/// Notes the packages of the sources that a map names, and how many sources those are. `line` is that of the map.
pub(super) fn sources_of(json: &[u8], line: Option<u32>, found: &mut Bundled) -> Result<usize, CatalogError> {
    let map: Map<'_> = serde_json::from_slice(json)
        .map_err(|_| CatalogError::Malformed { at: "source map".into(), what: "not one" })?;
    collect(&map, 0, line, found)
}

/// Of a map what names sources (ECMA-426).
#[derive(Deserialize)]
struct Map<'m> {
    #[serde(borrow, default)]
    sources: Vec<Option<Cow<'m, str>>>,
    #[serde(borrow, default)]
    sections: Vec<Section<'m>>,
}

#[derive(Deserialize)]
struct Section<'m> {
    #[serde(borrow)]
    map: Map<'m>,
}

fn collect(
    map: &Map<'_>,
    depth: usize,
    line: Option<u32>,
    found: &mut Bundled,
) -> Result<usize, CatalogError> {
    if depth > MAX_DEPTH {
        return Err(CatalogError::Malformed { at: "sections".into(), what: "so many levels" });
    }
    let mut count = 0;
    for source in map.sources.iter().flatten() {
        count += 1;
        // Some tools write paths as Windows does.
        let source = if source.contains('\\') {
            Cow::Owned(source.replace('\\', "/"))
        } else {
            Cow::Borrowed(&**source)
        };
        if let Some((name, version)) = package_of(&source) {
            found.add(name, version, line);
        }
    }
    for section in &map.sections {
        count += collect(&section.map, depth + 1, line, found)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<String>, CatalogError> {
        let path = TreePath::try_from("dist/a.js.map").unwrap();
        let packages = SOURCE_MAP.read(&FileInput { path: &path, bytes })?;
        Ok(packages.into_iter().map(|package| package.purl).collect())
    }

    #[test]
    fn sources_and_sections_are_read() {
        let map = br#")]}'
            {"version":3,"sources":["../src/a.ts",null,"../node_modules/zod/lib/index.mjs","../node_modules/zod/lib/b.mjs"],
            "sections":[{"offset":{},"map":{"sources":["node_modules/.pnpm/ws@8.21.0/node_modules/ws/a.js"]}}],"mappings":"AAAA"}"#;
        assert_eq!(read(map).unwrap(), ["pkg:npm/ws@8.21.0", "pkg:npm/zod"]);
        assert_eq!(read(br#"{"sources":["a.ts"]}"#).unwrap(), [""; 0]);
        // As Windows writes them, relative and whole.
        let windows = br#"{"sources":["..\\..\\node_modules\\j1\\x.js","webpack:///C:\\p\\node_modules\\.pnpm\\@s+a@1.2.3\\node_modules\\@s\\a\\x.js"]}"#;
        assert_eq!(read(windows).unwrap(), ["pkg:npm/%40s/a@1.2.3", "pkg:npm/j1"]);
        // Names that no package has are passed over.
        assert_eq!(
            read(br#"{"sources":["node_modules/a b/x.js","node_modules/..%2f/x"]}"#).unwrap(),
            [""; 0]
        );
    }

    #[test]
    fn what_is_no_map_is_said() {
        for bytes in [&b""[..], b"{", b"[]x", br#"{"sources":1}"#, br#"{"sources":[],"sources":[]}"#] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        let deep = br#"{"sections":[{"map":"#.repeat(4);
        assert!(read(&[deep.as_slice(), b"{}", &b"}]}".repeat(4)].concat()).is_err());
    }
}
