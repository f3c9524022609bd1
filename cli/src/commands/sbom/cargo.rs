//! Which of the crates in a Cargo.lock are built, as cargo itself says.

use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::catalog::cargo::narrow;
use mcpsign_evidence::registry::client::{CargoBuild, CargoClient};
use mcpsign_schemas::inventory::{Inventory, KnownGap, Means};

use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;

/// What cargo is asked.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CargoArgs {
    /// Ask this cargo which crates of Cargo.lock are built, and for what: the toolchain's own, e.g. `--cargo "$(rustup which
    /// cargo)"`. It fetches and builds nothing
    #[arg(long, value_name = "FILE")]
    cargo: Option<PathBuf>,
    /// The machine that is built for, e.g. `--cargo-target aarch64-apple-darwin`; this one by default
    #[arg(long, value_name = "TRIPLE", requires = "cargo")]
    cargo_target: Option<String>,
    /// Features that are built beside the default ones, e.g. `--cargo-features http,tls`
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "cargo")]
    cargo_features: Vec<String>,
    /// Every feature is built, e.g. `--cargo-all-features`
    #[arg(long, requires = "cargo", conflicts_with_all = ["cargo_features", "cargo_no_default_features"])]
    cargo_all_features: bool,
    /// The default features are not built, e.g. `--cargo-no-default-features`
    #[arg(long, requires = "cargo")]
    cargo_no_default_features: bool,
}

impl CargoArgs {
    /// Whether they say anything.
    pub(crate) const fn is_empty(&self) -> bool {
        self.cargo.is_none()
    }

    /// Says in `inventory` what the project in `folder` builds, where it has a Cargo.lock. What cargo does not know is a known
    /// gap.
    ///
    /// # Errors
    /// When cargo is not where it should be.
    pub(crate) fn narrow(
        &self,
        inventory: &mut Inventory,
        folder: &Path,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let Some(cargo) = &self.cargo else { return Ok(()) };
        let client = CargoClient::find(Some(cargo)).map_err(|error| {
            Failure::from_error(&error)
                .hint("name the toolchain's own, e.g. `--cargo \"$(rustup which cargo)\"`")
        })?;
        let is_locked = |package: &mcpsign_schemas::inventory::Package| {
            package.purl.starts_with("pkg:cargo/") && package.means() == Means::Lockfile
        };
        if !inventory.packages.values().any(is_locked) {
            out.talk("note: no Cargo.lock was catalogued, so that cargo was not asked");
            return Ok(());
        }
        let folder = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let manifest = folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join("Cargo.toml");
        let build = CargoBuild {
            target: self.cargo_target.clone(),
            features: self.cargo_features.clone(),
            all_features: self.cargo_all_features,
            no_default_features: self.cargo_no_default_features,
        };
        let said = client.metadata(&manifest, &build).map_err(|error| error.to_string());
        let done = said.and_then(|(metadata, target)| {
            let build = format!("{target}, {}", self.features());
            narrow(inventory, &metadata, &build).map_err(|error| error.to_string())
        });
        if let Err(error) = done {
            out.talk(format_args!("warning: cargo does not say what is built: {}", value(&error)));
            out.talk("note: `cargo metadata --locked --offline` must work there; `cargo fetch --locked` fetches what it reads");
            inventory.gaps.push(KnownGap::unread(
                Some("Cargo.lock".to_owned()),
                "cargo does not say which of its packages are built",
            ));
        }
        Ok(())
    }

    fn features(&self) -> String {
        match (self.cargo_all_features, self.cargo_no_default_features, self.cargo_features.as_slice()) {
            (true, ..) => "all features".to_owned(),
            (_, false, []) => "default features".to_owned(),
            (_, true, []) => "no features".to_owned(),
            (_, false, list) => format!("default features and {}", list.join(", ")),
            (_, true, list) => format!("features {}", list.join(", ")),
        }
    }
}
