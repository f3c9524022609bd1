//! Why a zip archive is no well-formed wheel.

/// A wheel that contradicts itself, or that installers would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelError {
    /// None or several folders of metadata.
    #[error("not exactly one folder `.dist-info` at the top")]
    DistInfo,
    /// A file of metadata that is not there.
    #[error("`{file}` is missing")]
    Missing {
        /// Which.
        file: &'static str,
    },
    /// A file of metadata that has more bytes than are read.
    #[error("`{file}` is too large")]
    TooLarge {
        /// Which.
        file: &'static str,
    },
    /// `Wheel-Version` in WHEEL is missing, stands twice, or is none that installers know.
    #[error("WHEEL states no version that installers know")]
    Version,
    /// A name that is not `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl`.
    #[error("`{name}` is not the name of a wheel")]
    FileName {
        /// The file's name, escaped.
        name: String,
    },
    /// The name of the file or of its folder of metadata is that of another package than METADATA's.
    #[error("{what} is of `{found}`, METADATA of `{stated}`")]
    Disagree {
        /// Which name.
        what: &'static str,
        /// Name and version in it, escaped.
        found: String,
        /// Name and version in METADATA, escaped.
        stated: String,
    },
    /// RECORD is malformed or does not list the files.
    #[error("RECORD: {what}: `{path}`")]
    Record {
        /// What is wrong.
        what: &'static str,
        /// Which file, escaped.
        path: String,
    },
    /// A file for another place than among the modules that installers would put elsewhere, or over another.
    #[error("`{path}`: {what}")]
    Data {
        /// Escaped.
        path: String,
        /// Why.
        what: &'static str,
    },
}
