//! Every way in which this Sigstore, or whoever assembled a bundle of its parts, can lie: one knob a lie, named after
//! what was really done to verifiers (the catalogue's ids stand behind each).

use crate::ca::Issuer;
use crate::ct::CtLogName;
use crate::tsa::Tsa;

/// Something that is not as an honest bundle would have it. Times are seconds after the time of signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lie {
    // The log entry is a genuine one, of something else.
    /// The same signer's entry for other bytes (B01).
    EntryOfOtherArtifact,
    /// Somebody else's entry for the same bytes (B01).
    EntryByOtherSigner,
    /// The same signer's entry for the same bytes and another signature over them (B01).
    EntryOfOtherSignature,
    /// An entry that calls itself a kind of entry that it is not (B01).
    EntryOfOtherKind,
    /// An entry of Rekor v2 that calls the signer's key one of this kind (B01).
    EntryForKeyOf(&'static str),
    /// Two entries, of which the first is right and the second somebody else's (B01, B23).
    SecondEntryByOtherSigner,
    /// Two genuine entries of one log, at two places (B09).
    EntryTwice,

    // The log entry is broken.
    /// The body is changed after it was logged (B03).
    EntryAltered,
    /// A bit of the signed entry timestamp is flipped (B03).
    PromiseAltered,
    /// The signed entry timestamp is by a key that is not the log's (B03).
    PromiseByOtherKey,
    /// The signed entry timestamp is of another place in the log (B03).
    PromiseOfOtherIndex,
    /// A bit of the audit path is flipped (B03).
    ProofAltered,
    /// The audit path lacks its last hash (B03).
    ProofShortened,
    /// The audit path is another leaf's (B03).
    ProofOfOtherLeaf,
    /// There is no inclusion proof (B03).
    ProofMissing,
    /// The checkpoint's root is changed after it was signed, and so is the proof's (B03).
    CheckpointAltered,
    /// The checkpoint is signed by a key that is not the log's, under the log's name and hint (B03).
    CheckpointByOtherKey,
    /// The checkpoint has witnesses' signatures alone (B03).
    CheckpointWithoutLog,
    /// The checkpoint is of the tree one leaf earlier (B03).
    CheckpointOfOtherSize,
    /// The media type says 0.1 and the proof is cut out, so that the log's promise alone would do (B11).
    Downgraded,

    // Time.
    /// There is no signed entry timestamp, and the time of integration is invented (B11).
    PromiseWithheld(i64),
    /// The log says, and signs, that it integrated the entry then (B14).
    LoggedAt(i64),
    /// The authority says, and signs, that it saw the signature then (B14).
    StampedAt(i64),
    /// Besides the others there is a timestamp that says then (B12).
    AlsoStampedAt(i64),
    /// The timestamp is by this authority (B13).
    StampedBy(Tsa),
    /// Every timestamp stands there twice (B09).
    TimestampTwice,
    /// There is no timestamp (B11).
    TimestampMissing,

    // The timestamp's token.
    /// It is of another signature (B13).
    TimestampOfOtherSignature,
    /// It is signed with a forged certificate of the authority's name and number, which comes first in the token's bag
    /// (B13).
    ForgedCertificateInBag,
    /// It is signed by somebody whose whole chain is in the token's bag (B60).
    EmbeddedTsaChain,
    /// A second SignerInfo, which nobody's key made, behind the good one (B60).
    SecondSignerInfo,
    /// No signed attributes: the signature is over the content itself (B60).
    SignedAttributesMissing,
    /// The signed attributes say that the content is of another type (B60).
    OtherContentType,
    /// The signed attributes name another certificate as the signer's (RFC 5816).
    OtherSigningCertificate,
    /// The digest among the signed attributes is of other content (B60).
    OtherMessageDigest,
    /// The imprint is by a hash that nobody knows (B19).
    UnknownImprintHash,

    // The certificate's issuer.
    /// The certificate is issued by this authority (B15, B17, B60).
    IssuedBy(Issuer),
    /// The bundle brings the issuers along, in an older version that allows it (B15, B60).
    ChainEmbedded,

    // The certificate's receipt.
    /// None (B17).
    ReceiptMissing,
    /// By this log (B17).
    ReceiptBy(CtLogName),
    /// Over another precertificate (B17).
    ReceiptOfOtherCertificate,
    /// Over the issuer's twin: same name, other key (B17).
    ReceiptOfTwin,
    /// Two of the same log (B09).
    ReceiptTwice,
    /// A bit of its signature is flipped (B17).
    ReceiptAltered,
    /// So many seconds after the certificate was made (B14).
    ReceiptDated(i64),

    // The certificate.
    /// It was over before the time of signing (B15).
    CertificateExpired,
    /// It begins after the time of signing (B15).
    CertificateNotYetValid,
    /// It is not for signing code (B15).
    NoCodeSigning,
    /// Its key is of an algorithm that nobody knows (B19).
    UnknownKeyAlgorithm,
    /// It is signed with an algorithm that nobody knows (B19).
    UnknownSignatureAlgorithm,
    /// The issuer's extension (`.1.8`) is no UTF8String (B19).
    IssuerMalformed,
    /// The issuer's extension stands twice, the second naming another (B19).
    IssuerTwice,
    /// This claim's extension is no UTF8String (B19).
    ClaimMalformed(u8),
    /// This claim's extension stands twice, the second saying something else (B19).
    ClaimTwice(u8),
    /// It names two subjects: the right one and another (B19).
    TwoSubjects,
    /// It names no subject (B22).
    SubjectMissing,
    /// It names no issuer of a token (B22).
    IssuerMissing,

    // Hashes.
    /// The digest in the log entry claims an algorithm that nobody knows (B19).
    UnknownEntryHash,
    /// The digest of the message claims an algorithm that nobody knows; message signatures only (B19).
    UnknownMessageHash,
}

/// What a trust root says that it should not. Roots are configuration: these are mistakes that somebody makes, or what
/// somebody would like you to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootLie {
    /// Nothing at all (B19).
    Empty,
    /// A timestamp authority without certificates (B13).
    EmptyTsaChain,
    /// It lists this timestamp authority, too (B13, B60).
    ListsTsa(Tsa),
    /// It lists this certificate authority, too (B15).
    ListsIssuer(Issuer),
    /// The window of every transparency log ended before the time of signing (B14).
    LogsEnded,
    /// The window of every transparency log begins after the time of signing (B14).
    LogsNotStarted,
    /// The window of every timestamp authority ended before the time of signing (B13).
    TsasEnded,
    /// The window of every certificate authority ended before the time of signing (B15).
    IssuersEnded,
    /// A log stands twice, under the same id (B09, B10).
    LogTwice,
    /// A certificate log stands twice, under the same id (B09, B10).
    CtLogTwice,
    /// A timestamp authority stands twice (B09, B10).
    TsaTwice,
    /// A log's key is of an algorithm that nobody knows (B19).
    UnknownLogKey,
    /// No transparency log.
    NoLogs,
    /// No certificate log.
    NoCtLogs,
    /// No timestamp authority (B19).
    NoTsas,
}
