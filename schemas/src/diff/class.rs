//! How much a difference matters, and the rules that say so.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Class of a difference, from none to worst; in a document the name in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// No difference, on the wire either.
    Identical,
    /// Only members differ that neither model nor host acts upon.
    WireOnly,
    /// Only white space in a `title` or `description`.
    Cosmetic,
    /// The model or the host sees something else.
    Material,
    /// A tool is gone, or a call that was valid no longer is.
    Breaking,
    /// It looks as attacks look.
    Suspicious,
}

impl Class {
    /// Every class, from none to worst.
    pub const ALL: [Self; 6] =
        [Self::Identical, Self::WireOnly, Self::Cosmetic, Self::Material, Self::Breaking, Self::Suspicious];

    /// The name, as in documents and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::WireOnly => "wire-only",
            Self::Cosmetic => "cosmetic",
            Self::Material => "material",
            Self::Breaking => "breaking",
            Self::Suspicious => "suspicious",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no class of difference: identical, wire-only, cosmetic, material, breaking, suspicious")]
pub struct UnknownClass(String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| UnknownClass(text.to_owned()))
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $id:literal, $class:ident, $title:literal;)+) => {
        /// A rule that raised an item's class.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
        }

        impl Reason {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable name, as in documents.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// The class that it raises an item to.
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)+ }
            }

            /// What happened, in one line.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

reasons! {
    /// Another name for what looks like the same item with other content: approvals by name do not notice.
    RenamedWithEdits = "renamed-with-edits", Suspicious, "renamed, and edited at the same time";
    /// Its annotations called it read-only or harmless, and no longer do.
    TurnedDestructive = "turned-destructive", Suspicious, "its hints no longer call it read-only or non-destructive";
    /// A new place where the model can be made to write anything it knows.
    NewTextSink = "new-text-sink", Suspicious, "a new parameter takes free text";
    /// A new annotation that copies an argument into an HTTP header.
    NewHeader = "new-header", Suspicious, "a new `x-mcp-header` sends an argument to intermediaries";
    /// Characters that a reader does not see.
    HiddenText = "hidden-text", Suspicious, "new text has invisible or direction-changing characters";
    /// Text that speaks to the model about what to do with the user or other tools.
    ModelInstructions = "model-instructions", Suspicious, "new text gives the model orders";
    /// A schema that somebody else can change later.
    RemoteReference = "remote-reference", Suspicious, "a new `$ref` points outside the schema";

    /// Calls by its name are no longer valid.
    Gone = "gone", Breaking, "it is gone under this name";
    /// A parameter must now be given.
    NewRequired = "new-required", Breaking, "a parameter is newly required";
    /// A parameter is gone where unknown ones are refused.
    ParameterGone = "parameter-gone", Breaking, "a parameter is gone and unknown ones are refused";
    /// Unknown parameters were taken and no longer are.
    Closed = "closed", Breaking, "unknown parameters are no longer taken";
    /// A type was taken and no longer is.
    TypeNarrowed = "type-narrowed", Breaking, "a type is no longer taken";
    /// A value was taken and no longer is.
    ValuesNarrowed = "values-narrowed", Breaking, "a value is no longer taken";
    /// A bound got tighter, or cannot be shown not to be.
    BoundNarrowed = "bound-narrowed", Breaking, "a bound got tighter";
    /// A condition was added or changed; whether it takes less is not decided here.
    ConditionChanged = "condition-changed", Breaking, "a condition was added or changed";

    /// A new item.
    Added = "added", Material, "it is new";
    /// The same item under another name.
    Renamed = "renamed", Material, "renamed, otherwise equal";
    /// Something that cannot be called is no longer shown.
    NoLongerListed = "no-longer-listed", Material, "it is no longer listed";
    /// A parameter is gone; calls that name it are still taken.
    ParameterDropped = "parameter-dropped", Material, "a parameter is gone, and still taken if given";
    /// Unknown parameters were refused and are now taken.
    Opened = "opened", Material, "unknown parameters are now taken";
    /// Its annotations now call it read-only or harmless: clients may stop asking.
    TurnedHarmless = "turned-harmless", Material, "its hints now call it read-only or non-destructive";
    /// Its bytes differ and only their digest is known.
    ContentChanged = "content-changed", Material, "its content differs";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
