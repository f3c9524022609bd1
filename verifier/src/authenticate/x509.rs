//! The few things that are read of a certificate (RFC 5280, section 4.1), borrowed from it. All of it was read by those who
//! verified it, most of it more than once: what is passed over here is passed over for speed.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Sequence};
use jiff::Timestamp;
use x509_cert::Version;
use x509_cert::time::{Time, Validity};

/// A certificate.
#[derive(Sequence)]
pub(super) struct Certificate<'a> {
    pub(super) tbs: TbsCertificate<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

/// What is signed of it.
#[derive(Sequence)]
pub(super) struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", default = "Default::default")]
    version: Version,
    serial_number: AnyRef<'a>,
    signature: AnyRef<'a>,
    /// A name's contents.
    pub(super) issuer: AnyRef<'a>,
    pub(super) validity: Validity,
    /// A name's contents.
    pub(super) subject: AnyRef<'a>,
    subject_public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension<'a>>>,
}

/// One of its extensions.
#[derive(Sequence)]
pub(super) struct Extension<'a> {
    pub(super) id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    pub(super) value: OctetStringRef<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate (DER).
    pub(super) fn read(der: &'a [u8]) -> Result<Self, der::Error> {
        Self::from_der(der)
    }
}

/// A time in a certificate. `99991231235959Z` says that there is none (RFC 5280, section 4.1.2.5), and is later than the last one
/// that is known here.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
