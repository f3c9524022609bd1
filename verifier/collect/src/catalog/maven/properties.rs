//! pom.properties: which package Maven built an archive for.

use mcpsign_schemas::inventory::{Location, Means, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{package, wrong};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// pom.properties.
pub static POM_PROPERTIES: PomProperties = PomProperties;

/// The cataloger of `META-INF/maven/GROUP/ARTIFACT/pom.properties`: one in an archive of its own, one for each package that was
/// put into a larger one.
#[derive(Debug)]
pub struct PomProperties;

impl Cataloger for PomProperties {
    fn id(&self) -> &'static str {
        "java/pom-properties"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let Some(folder) = path.as_str().strip_suffix("/pom.properties") else { return false };
        let mut above = folder.rsplit('/').skip(2);
        above.next() == Some("maven") && above.next() == Some("META-INF")
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = String::from_utf8_lossy(file.bytes);
        let stated = |key: &str| {
            let mut values = text.lines().enumerate().filter_map(|(number, line)| {
                let (found, value) = line.split_once(['=', ':'])?;
                (found.trim() == key).then(|| (u32::try_from(number + 1).ok(), value.trim()))
            });
            match (values.next(), values.next()) {
                (Some((line, value)), None) if !value.is_empty() => Ok((line, value)),
                (Some((line, _)), Some(_)) => Err(wrong(line, "a property stands twice")),
                _ => Err(wrong(None, "`groupId`, `artifactId` or `version` is missing")),
            }
        };
        let ((_, group), (line, artifact), (_, version)) =
            (stated("groupId")?, stated("artifactId")?, stated("version")?);
        let mut package = package(group, artifact, version)?;
        let name = package.name.clone();
        package.scope = Scope::Required;
        package.bundled = true;
        package.found.insert(Location { line, ..Location::at(name, Means::Installed) });
        Ok(vec![package])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("META-INF/maven/io.example/core/pom.properties").unwrap();
        POM_PROPERTIES.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn properties_name_a_package() {
        let text =
            "#Created by Apache Maven 3.9.9\nartifactId=core\ngroupId = io.example\r\nversion=1.2.0-RC1\n";
        let packages = read(text).unwrap();
        let package = &packages[0];
        assert_eq!(package.purl, "pkg:maven/io.example/core@1.2.0-RC1");
        assert_eq!(package.found.first().and_then(|at| at.line), Some(2));
        for text in [
            "",
            "groupId=a\nartifactId=b\n",
            "groupId=a\nartifactId=b\nversion=\n",
            "groupId=a\nartifactId=b\nversion=1\nversion=2\n",
            "groupId=a\nartifactId=b\nversion=${revision}\n",
            "groupId=..\nartifactId=b\nversion=1\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        let wants = |path: &str| POM_PROPERTIES.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("META-INF/maven/a/b/pom.properties"));
        assert!(wants("WEB-INF/classes/META-INF/maven/a/b/pom.properties"));
        assert!(!wants("pom.properties") && !wants("META-INF/maven/b/pom.properties"));
    }
}
