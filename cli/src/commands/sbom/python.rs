//! For which platform the packages of a Python project are meant.

use clap::Args;
use mcpsign_collect::catalog::pypi::{Platform, PlatformError};
use mcpsign_schemas::inventory::Inventory;

/// What markers are evaluated for.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PythonArgs {
    /// The platform for which the markers of Python packages are evaluated, e.g. `--python-platform linux/x86_64/3.12`: what it does not
    /// want is listed as optional. Without it markers are recorded alone
    #[arg(long, value_name = "SYSTEM/MACHINE/PYTHON", value_parser = platform)]
    python_platform: Option<Platform>,
}

fn platform(text: &str) -> Result<Platform, PlatformError> {
    text.parse()
}

impl PythonArgs {
    /// Whether they say anything.
    pub(crate) const fn is_empty(&self) -> bool {
        self.python_platform.is_none()
    }

    /// Says in `inventory` what that platform wants.
    pub(crate) fn narrow(&self, inventory: &mut Inventory) {
        if let Some(platform) = &self.python_platform {
            platform.narrow(inventory);
        }
    }
}
