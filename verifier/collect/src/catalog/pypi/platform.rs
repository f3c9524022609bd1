//! The platform that markers are evaluated for.

use std::str::FromStr;

use mcpsign_schemas::inventory::{Inventory, Package, Scope};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder};

use super::marker::parse;

/// CPython on a machine.
#[derive(Debug, Clone)]
pub struct Platform {
    /// As it was named.
    name: String,
    environment: MarkerEnvironment,
}

/// What names no platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no platform: `SYSTEM/MACHINE/PYTHON`, the system `linux`, `macos` or `windows`, the machine as Python calls it there"
)]
pub struct PlatformError;

impl FromStr for Platform {
    type Err = PlatformError;

    /// `SYSTEM/MACHINE/PYTHON`: `linux/x86_64/3.12`, `macos/arm64/3.11.7`, `windows/AMD64/3.13`.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [system, machine, python] = parts.as_slice() else { return Err(PlatformError) };
        let (os_name, sys_platform, platform_system) = match *system {
            "linux" => ("posix", "linux", "Linux"),
            "macos" => ("posix", "darwin", "Darwin"),
            "windows" => ("nt", "win32", "Windows"),
            _ => return Err(PlatformError),
        };
        let is_machine = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if machine.is_empty() || !is_machine(machine) {
            return Err(PlatformError);
        }
        let mut parts = python.split('.');
        let (Some(major), Some(minor)) = (parts.next(), parts.next()) else { return Err(PlatformError) };
        let short = format!("{major}.{minor}");
        let full = if parts.next().is_some() { (*python).to_owned() } else { format!("{short}.0") };
        let builder = MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name,
            platform_machine: machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system,
            platform_version: "",
            python_full_version: &full,
            python_version: &short,
            sys_platform,
        };
        let environment = MarkerEnvironment::try_from(builder).map_err(|_| PlatformError)?;
        Ok(Self { name: text.to_owned(), environment })
    }
}

impl Platform {
    /// Says in `inventory` which packages of Python are wanted there, without extras: what no marker of its own lets in is `optional`, for
    /// another platform may want it. None is left out.
    pub fn narrow(&self, inventory: &mut Inventory) {
        let of_python =
            inventory.packages.values_mut().filter(|package| package.purl.starts_with("pkg:pypi/"));
        let mut is_asked = false;
        for package in of_python.filter(|package| !package.markers.is_empty()) {
            is_asked = true;
            if package.scope != Scope::Development && !self.wants(package) {
                package.scope = Scope::Optional;
            }
        }
        if is_asked {
            inventory.resolutions.insert(format!("markers of Python for {}", self.name));
        }
    }

    /// Whether a package is wanted there. What no marker says, and what is none, holds everywhere.
    pub(super) fn wants(&self, package: &Package) -> bool {
        let holds = |marker: &String| parse(marker).is_none_or(|tree| tree.evaluate(&self.environment, &[]));
        package.markers.is_empty() || package.markers.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn on(name: &str) -> Platform {
        name.parse().unwrap()
    }

    #[test]
    fn platforms_evaluate_markers() {
        let mut package = Package::new("a", "pkg:pypi/a@1", "a");
        let (linux, windows) = (on("linux/x86_64/3.11.7"), on("windows/AMD64/3.10"));
        assert!(linux.wants(&package));
        package.markers =
            BTreeSet::from(["python_full_version < '3.11' or sys_platform == 'win32'".to_owned()]);
        assert!(!linux.wants(&package) && windows.wants(&package));
        package.markers = BTreeSet::from(["platform_machine == 'x86_64'".to_owned()]);
        assert!(
            linux.wants(&package) && !windows.wants(&package) && !on("linux/aarch64/3.12").wants(&package)
        );
        package.markers = BTreeSet::from(["extra == 'cli'".to_owned()]);
        assert!(!linux.wants(&package), "an extra is asked for by name");
        package.markers = BTreeSet::from(["not a marker".to_owned()]);
        assert!(linux.wants(&package), "what is no marker leaves nothing out");
        for wrong in [
            "linux",
            "linux/x86_64",
            "beos/x/3.11",
            "linux/x/three",
            "linux/x/3",
            "linux//3.12",
            "linux/x/3.12/y",
            "",
        ] {
            assert_eq!(wrong.parse::<Platform>().err(), Some(PlatformError), "{wrong}");
        }
    }

    #[test]
    fn what_another_platform_wants_is_optional_and_stays() {
        let with = |id: &str, scope, marker: &str| {
            let mut package = Package::new(id, id, id);
            package.scope = scope;
            package.markers =
                [marker].into_iter().filter(|marker| !marker.is_empty()).map(str::to_owned).collect();
            (id.to_owned(), package)
        };
        let mut inventory = Inventory {
            packages: [
                with("pkg:pypi/everywhere@1", Scope::Required, ""),
                with("pkg:pypi/here@1", Scope::Required, "sys_platform == 'linux'"),
                with("pkg:pypi/there@1", Scope::Required, "sys_platform == 'win32'"),
                with("pkg:pypi/tried@1", Scope::Development, "sys_platform == 'win32'"),
                with("pkg:npm/there@1", Scope::Required, "os=win32"),
            ]
            .into_iter()
            .collect(),
            ..Inventory::default()
        };
        on("linux/x86_64/3.12").narrow(&mut inventory);
        let scopes: Vec<Scope> = inventory.packages.values().map(|package| package.scope).collect();
        let (required, optional) = (Scope::Required, Scope::Optional);
        assert_eq!(scopes, [required, required, required, optional, Scope::Development]);
        assert!(inventory.resolutions.contains("markers of Python for linux/x86_64/3.12"));
    }
}
