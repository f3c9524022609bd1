//! What `mcpsign scan` says: what MCP clients are configured to start, as references (`spec/scan.md`).

use serde::Serialize;

/// `scan --format json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScanReport {
    /// [`ScanReport::VERSION`]; fields are only ever added.
    pub report_version: u32,
    /// Every server, in the order of the files and in theirs.
    pub servers: Vec<ScannedServer>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ScannedServer {
    /// The file that names it, as given; absent for a command of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// As the configuration calls it; of a list the number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is started.
    #[serde(flatten)]
    pub scanned: Scanned,
}

/// What a client, or a bridge behind it, starts or speaks to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Scanned {
    /// A package URL, or the address of a remote server without what may be secret. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The version, range, tag or digest as asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What the command does not pin.
    pub open: Vec<Open>,
    /// Package URLs of what is fetched beside it.
    pub with: Vec<String>,
    /// What it starts or speaks to in turn, where it is a bridge to another server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Box<Scanned>>,
    /// Why there is no reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Something that a command does not pin: what the same command may do otherwise tomorrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Open {
    /// Which version is started: none is named, or a range or tag.
    Version,
    /// Which dependencies are installed: they are resolved whenever it is started.
    Dependencies,
}

impl ScanReport {
    /// The version of this document.
    pub const VERSION: u32 = 1;
}

impl Open {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Dependencies => "dependencies",
        }
    }
}
