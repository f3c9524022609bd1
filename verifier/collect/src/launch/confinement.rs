//! What a started program is kept from, as asked for.

use std::path::PathBuf;

use mcpsign_schemas::manifest::Network;

/// How far a started program is confined, and what it may see all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    /// Whether there must be a sandbox.
    pub sandbox: SandboxMode,
    /// The network inside the sandbox. Where Linux refuses namespaces, [`Network::None`] means that no socket can be made; without any
    /// sandbox it is the machine's, whatever stands here.
    pub network: Network,
    /// Folders and files that may be read though they lie where nothing is shown (the home, `/srv`, …). Absolute.
    pub readable: Vec<PathBuf>,
    /// Folders and files covered by empty ones, e.g. a cache that an installation made beside its signed files, or a key. Absolute.
    pub hidden: Vec<PathBuf>,
}

/// Whether there must be a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// Nothing is started without one.
    Required,
    /// One where the machine can, the next best where it cannot.
    Auto,
    /// None.
    Off,
}

impl Default for Confinement {
    fn default() -> Self {
        Self { sandbox: SandboxMode::Auto, network: Network::None, readable: Vec::new(), hidden: Vec::new() }
    }
}
