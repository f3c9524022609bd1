//! gradle.lockfile: the versions that each configuration of a build was resolved to.

use mcpsign_schemas::inventory::{Location, Means, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{package, wrong};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

/// gradle.lockfile.
pub static GRADLE_LOCK: GradleLock = GradleLock;

/// The cataloger of gradle.lockfile.
#[derive(Debug)]
pub struct GradleLock;

impl Cataloger for GradleLock {
    fn id(&self) -> &'static str {
        "java/gradle-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "gradle.lockfile"
    }

    /// Nothing of who asks for whom, and no digests: these stand in a file of their own.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = str::from_utf8(file.bytes).map_err(|_| wrong(None, "not UTF-8"))?;
        let mut packages: Vec<Package> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let number = u32::try_from(number + 1).ok();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (module, configurations) =
                line.split_once('=').ok_or_else(|| wrong(number, "not a module and its configurations"))?;
            // Configurations without a module.
            if module == "empty" {
                continue;
            }
            let [group, artifact, version] = module.split(':').collect::<Vec<_>>()[..] else {
                return Err(wrong(number, "not a group, a name and a version"));
            };
            if packages.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            let found = Package {
                id: module.to_owned(),
                scope: scope(configurations),
                ..package(group, artifact, version)?
            };
            packages.push(found);
            if let Some(package) = packages.last_mut() {
                package.found.insert(Location { line: number, ..Location::at(module, Means::Lockfile) });
            }
        }
        let mut modules: Vec<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        modules.sort_unstable();
        match modules.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(_) => Err(wrong(None, "a module stands twice")),
            None => Ok(packages),
        }
    }
}

/// What only the configurations of tests and of tools of the build need is for development.
fn scope(configurations: &str) -> Scope {
    let is_product = |name: &str| name.to_ascii_lowercase().ends_with("classpath") && !is_of_tests(name);
    if configurations.split(',').any(|name| is_product(name.trim())) {
        Scope::Required
    } else {
        Scope::Development
    }
}

/// Whether one of the words that a name joins is `test`: `testRuntime…`, `integrationTest…`, and not `latest…`.
fn is_of_tests(name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_lowercase());
    name.strip_prefix("test").is_some_and(ends) || name.split("Test").skip(1).any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("gradle.lockfile").unwrap();
        GRADLE_LOCK.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn modules_of_configurations() {
        let text = "# This is a Gradle generated file for dependency locking.\r\n\
            io.example:sdk:0.14.1=compileClasspath,runtimeClasspath,testRuntimeClasspath\r\n\
            org.example:junit:5.11.0=testCompileClasspath,testRuntimeClasspath\n\
            org.example:processor:1.0=annotationProcessor\nempty=testAnnotationProcessor\n";
        let packages = read(text).unwrap();
        let shown: Vec<_> = packages
            .iter()
            .map(|p| (p.purl.as_str(), p.scope, p.found.first().and_then(|at| at.line).unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                ("pkg:maven/io.example/sdk@0.14.1", Scope::Required, 2),
                ("pkg:maven/org.example/junit@5.11.0", Scope::Development, 3),
                ("pkg:maven/org.example/processor@1.0", Scope::Development, 4),
            ]
        );
        for (name, scope) in [
            ("latestRuntimeClasspath", Scope::Required),
            ("attestationRuntimeClasspath", Scope::Required),
            ("Testament1CompileClasspath", Scope::Required),
            ("integrationTestRuntimeClasspath", Scope::Development),
            ("debugUnitTestCompileClasspath", Scope::Development),
        ] {
            assert_eq!(read(&format!("a:b:1={name}\n")).unwrap()[0].scope, scope, "{name}");
        }
        assert_eq!(read("empty=\n").unwrap(), []);
    }

    #[test]
    fn what_gradle_does_not_write_is_refused() {
        for text in
            ["a:b:1\n", "a:b=x\n", "a:b:1:c=x\n", "a:b/../c:1=x\n", "a:b:1=x\na:b:1=y\n", "a:b:\u{202e}=x\n"]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
