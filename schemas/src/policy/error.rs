//! What can be wrong with a policy, where, and what to do about it.

use std::fmt;

use super::PatternError;
use crate::hidden::name;
use crate::untrusted::Untrusted;

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// Name of the file, or of the policy where it came from no file.
    pub file: String,
    /// The member at fault, such as `rules[0].match`; empty for the document as a whole.
    pub path: String,
    /// Where it stands, as far as the reader knows.
    pub position: Option<Position>,
    /// What is wrong.
    pub problem: Problem,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Counted from 1.
    pub line: usize,
    /// Characters, counted from 1.
    pub column: usize,
}

/// What is wrong with a policy. Text of the document inside is shortened, not made harmless for a terminal: [`PolicyError`] does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More than [`super::MAX_BYTES`].
    #[error("{found} bytes, more than the {} allowed", super::MAX_BYTES)]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// Neither strict JSON nor YAML as policies may use it.
    #[error("{0}")]
    Syntax(String),
    /// A part of YAML that policies may not use.
    #[error("{0} are not allowed in policies")]
    Forbidden(&'static str),
    /// A character that readers do not see, or see in another place.
    #[error("U+{:04X}, {}, stands where readers do not see it", u32::from(*.0), name(*.0))]
    Hidden(char),
    /// Two members of one object have this key.
    #[error("`{0}` stands twice in one object")]
    DuplicateKey(String),
    /// A number that readers would disagree about.
    #[error("the number `{0}` cannot be represented exactly")]
    Number(String),
    /// A member without value.
    #[error("it has no value")]
    Null,
    /// Another `schema`.
    #[error("`schema` must be `{schema}`, not `{found}`")]
    Schema {
        /// What it must be.
        schema: &'static str,
        /// What it says.
        found: String,
    },
    /// An unknown or missing member, or a value of another type.
    #[error("{0}")]
    Shape(String),
    /// A list that must not be empty.
    #[error("the list is empty")]
    EmptyList,
    /// More keys than [`super::MAX_KEYS`].
    #[error("{found} keys, more than the {} allowed", super::MAX_KEYS)]
    TooManyKeys {
        /// How many.
        found: usize,
    },
    /// A name that is empty, too long, or not fit to be shown.
    #[error("`{0}` is no usable name")]
    Name(String),
    /// Two entries of one name.
    #[error("`{0}` stands twice")]
    DuplicateName(String),
    /// An element of a list that stands in it before.
    #[error("it stands in the list twice")]
    Repeated,
    /// A name that nothing has.
    #[error("`{name}` is no {what}")]
    Unknown {
        /// What is looked for.
        what: &'static str,
        /// By which name.
        name: String,
    },
    /// An entry that nothing refers to.
    #[error("no {by} uses it")]
    Unused {
        /// What should.
        by: &'static str,
    },
    /// None or several of the ways to say whom a certificate must name.
    #[error("an identity is exactly one of `subject`, `subjectPattern` and `signerWorkflow`")]
    NotOneSubject,
    /// Text that has not the form of its member.
    #[error("`{found}` is no {what}")]
    Form {
        /// What it should be.
        what: &'static str,
        /// What it is.
        found: String,
    },
    /// Members that mean nothing without each other.
    #[error("`{0}` and `{1}` belong together")]
    Together(&'static str, &'static str),
    /// A requirement that requires nothing.
    #[error("it demands nothing")]
    Nothing,
    /// A number of signers that is met by nobody, or by no set of them.
    #[error("a threshold of {found} among {of} signers")]
    Threshold {
        /// The number.
        found: u32,
        /// How many there are.
        of: usize,
    },
    /// Signers that count together and could be one.
    #[error("it could be the same signer as `{0}`")]
    NotDistinct(String),
    /// Signers who may speak two kinds that distinct signers must, and could be one.
    #[error("`{0}` and `{1}` could be the same signer")]
    OneSpeaker(String, String),
    /// A predicate type of which more is said than that it is required.
    #[error("`{0}` is not among the rule's predicates")]
    NotRequired(String),
    /// A requirement of provenance where none is required.
    #[error("no provenance is among the rule's predicates")]
    NoProvenance,
    /// A type that says nothing by being there.
    #[error("a statement of `{0}` proves nothing by its type")]
    NotEvidence(String),
    /// A version of something that is read, and that is not.
    #[error("`{0}` is no version that is read of what it names")]
    UnreadType(String),
    /// A level that SLSA does not have.
    #[error("`{0}` is no level of SLSA's build track")]
    Level(u8),
    /// A kind that is required and that nobody may speak as.
    #[error("no signer of this rule may speak as this kind")]
    NobodySpeaks,
    /// None or several of the names that a namespace is of.
    #[error("a namespace is exactly one of `server`, `package`, `image` and `endpoint`")]
    NotOneName,
    /// None or several of `key`, `keys` and `identity`.
    #[error("a signer is exactly one of `key`, `keys` and `identity`")]
    NotOneSigner,
    /// An identity or issuer that could be taken for "any", or that no certificate can hold.
    #[error("`{0}` is not an exact identity")]
    NotExact(String),
    /// Two signer entries that are one signer.
    #[error("it is the same signer as `{0}`")]
    SameSigner(String),
    /// Something that is no predicate type.
    #[error("`{0}` is no predicate type")]
    PredicateType(String),
    /// `kinds` where no tool manifest may be signed, or the other way round.
    #[error("`kinds` must stand where `predicates` names the tool manifest, and only there")]
    Kinds,
    /// A pattern that would match more than it says.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// `require.predicates` without the tool manifest.
    #[error("the tool manifest is not among the predicates")]
    NoManifest,
    /// A predicate that is required and that nobody may make.
    #[error("no signer of this rule may sign `{0}`")]
    NobodyMay(String),
    /// Not one to a hundred.
    #[error("{0} is no share of a hundred")]
    Percent(u8),
    /// A signer whose VEX is to count, and who may sign none.
    #[error("`{0}` may sign no VEX")]
    NoVex(String),
    /// Licences without a list of them.
    #[error("neither `allow` nor `deny` is there")]
    NoLicenses,
    /// Not a single licence.
    #[error("`{0}` is no licence of the SPDX list, alone or with an exception")]
    License(String),
    /// A rule behind one that matches whatever it does.
    #[error("the rule is never reached: whatever it matches, `{0}` before it does")]
    Unreachable(String),
    /// A key that cannot be used.
    #[error("the key cannot be used: {0}")]
    Key(String),
    /// A window that ends before it begins.
    #[error("`notAfter` lies before `notBefore`")]
    Window,
    /// A demand that contradicts another one.
    #[error("nobody can meet it: {0}")]
    Unmeetable(&'static str),
    /// An object none of whose members is there.
    #[error("it demands nothing")]
    SaysNothing,
    /// A text that is empty.
    #[error("the text is empty")]
    EmptyText,
    /// A number that is too large, or nought.
    #[error("{found} is not from 1 to {most}")]
    OutOfRange {
        /// The number.
        found: u64,
        /// The largest that is allowed.
        most: u64,
    },
    /// A pattern for names of tools that would match more than it says, or nothing.
    #[error("`{0}` is no pattern for names of tools")]
    ToolName(String),
    /// An expression that is no condition.
    #[error("{}{what}", Place(*at))]
    Expression {
        /// Line and column in the expression, counted from 1.
        at: Option<(usize, usize)>,
        /// Of which kind the fault is.
        kind: ExpressionFault,
        /// One sentence.
        what: String,
    },
    /// Somebody who may not say what is asked of them.
    #[error("the signer may not sign `{0}`")]
    MayNot(String),
    /// Something that names nobody.
    #[error("`{0}` is no URI")]
    Uri(String),
    /// No days, or so many that nothing is asked.
    #[error("from 1 to {most} days can be asked for")]
    Days {
        /// The most.
        most: u32,
    },
    /// A comparison with earlier releases that says nothing of the first one.
    #[error("`firstSeen` is missing: what to make of a server of which no earlier release is known?")]
    FirstSeen,
    /// A finding that nobody may bear.
    #[error("findings of `{0}` are never borne")]
    NeverExcepted(String),
    /// A condition about what nobody looks for.
    #[error("a condition asks for `advisories`, and the rule does not")]
    NoAdvisories,
    /// A requirement that asks for nothing.
    #[error("nothing is asked for")]
    Vacuous,
}

/// Of which kind the fault in an expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpressionFault {
    /// It cannot be evaluated.
    Unusable,
    /// It, or a part of it, comes out the same whatever is verified.
    Vacuous,
    /// A name is held against a text that begins or ends within a part.
    Unanchored,
}

struct Place(Option<(usize, usize)>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, "at {line}:{column} of the expression: "),
            None => Ok(()),
        }
    }
}

impl PolicyError {
    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<&'static str> {
        self.problem.hint()
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text| Untrusted::quoting(text, usize::MAX);
        shown(&self.file).fmt(f)?;
        if let Some(position) = self.position {
            write!(f, ":{}:{}", position.line, position.column)?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", shown(&self.path))?;
        }
        write!(f, ": {}", shown(&self.problem.to_string()))
    }
}

impl Position {
    /// The place of the byte at `offset`; none if it lies outside or the text before it is not UTF-8.
    pub(super) fn of_offset(bytes: &[u8], offset: usize) -> Option<Self> {
        let before = std::str::from_utf8(bytes.get(..offset)?).ok()?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some(Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 })
    }
}
