//! Rules of a run: codes of the table, and classes and reasons of differences.

use mcpsign_schemas::code::{Code, Level};
use mcpsign_schemas::diff::{Class, Reason};
use serde_json::{Value, json};

use super::word;

/// One rule.
pub(crate) struct Rule {
    /// The code.
    pub(crate) id: String,
    pub(crate) level: Level,
    pub(crate) title: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) cure: &'static str,
    pub(crate) tags: &'static [&'static str],
    /// Page of the specification, with the anchor in it.
    page: String,
}

impl Rule {
    /// The rule of this id: a code of the table, or what may be said of a difference.
    pub(crate) fn find(id: &str) -> Option<Self> {
        let of_difference = |of: &str| {
            let reason = Reason::ALL.iter().copied().find(|reason| reason.id() == of).map(Self::of_reason);
            reason.or_else(|| of.parse().ok().map(Self::of_class))
        };
        Code::find(id).map(Self::of_code).or_else(|| of_difference(id.strip_prefix(DIFFERENCE)?))
    }

    /// A code of the table.
    pub(crate) fn of_code(code: Code) -> Self {
        Self {
            id: code.id.to_owned(),
            level: code.level,
            title: code.title,
            cause: code.cause,
            cure: code.cure,
            tags: code.tags,
            page: format!("report.md#{}", code.id.replace('/', "")),
        }
    }

    /// A reason why a difference matters.
    pub(super) fn of_reason(reason: Reason) -> Self {
        Self::of_difference(reason.id(), reason.class(), reason.title())
    }

    /// A difference for which there is no reason but that it is one.
    pub(super) fn of_class(class: Class) -> Self {
        let title = match class {
            Class::Identical => "nothing differs",
            Class::WireOnly => "only members differ that neither model nor host acts upon",
            Class::Cosmetic => "only white space differs in a title or description",
            Class::Material => "the model or the host sees something else",
            Class::Breaking => "a call that was valid no longer is",
            Class::Suspicious => "a difference looks as attacks look",
        };
        Self::of_difference(class.as_str(), class, title)
    }

    fn of_difference(id: &str, class: Class, title: &'static str) -> Self {
        Self {
            id: format!("{DIFFERENCE}{id}"),
            level: of_class(class),
            title,
            cause: "the server shows something else than before",
            cure: "look at the difference with `mcpsign manifest diff`, and approve it or ask its publisher",
            tags: &["MCP03", "C10.4.7"],
            page: "diff.md".to_owned(),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let tags = [&["security"], self.tags].concat();
        let (title, cause, cure) = (sentence(self.title), sentence(self.cause), sentence(self.cure));
        json!({
            "id": self.id,
            "name": name(&self.id),
            "shortDescription": { "text": title },
            "fullDescription": { "text": cause },
            "help": {
                "text": format!("{title}\n\nCause: {cause}\nCure: {cure}"),
                "markdown": format!("**{title}**\n\n- *Cause:* {cause}\n- *Cure:* {cure}\n- *Serves:* {}", self.tags.join(", ")),
            },
            "helpUri": format!("{}/blob/main/schemas/spec/{}", env!("CARGO_PKG_REPOSITORY"), self.page),
            "defaultConfiguration": { "level": word(self.level) },
            "properties": { "tags": tags, "problem.severity": severity(self.level) },
        })
    }
}

/// Begins the ids of rules of differences.
const DIFFERENCE: &str = "diff/";

/// How much a difference of this class weighs.
pub(super) const fn of_class(class: Class) -> Level {
    match class {
        Class::Identical | Class::WireOnly | Class::Cosmetic => Level::Note,
        Class::Material | Class::Breaking => Level::Warning,
        Class::Suspicious => Level::Error,
    }
}

/// `manifest/tool-changed` as `ManifestToolChanged`.
fn name(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    id.split(['/', '-']).map(capital).collect()
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// As code scanning spells it.
const fn severity(level: Level) -> &'static str {
    match level {
        Level::Note => "recommendation",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
