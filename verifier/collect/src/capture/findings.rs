//! What a capture has to say: refusals end it, unless they can be allowed and were; the rest is recorded.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::code::{Code, Level, capture as code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::RecordedFinding;
use mcpsign_schemas::untrusted::Untrusted;

use crate::conceal::Secrets;

/// The refusals that `--allow-finding` can turn into recorded findings: those after which what was seen is still one
/// definite thing. Of a reply that came twice the first counts; a reply to nobody counts for nothing; a page that
/// cannot be read is left out; nothing is nothing.
///
/// All others leave nothing that could be signed: without strict JSON there is no canonical form, two items of
/// one name have no common key, and passes that differ, loop or run over budget never gave one whole list.
pub const ALLOWABLE: [Code; 4] =
    [code::TWO_REPLIES, code::UNKNOWN_REPLY, code::UI_UNREADABLE, code::NOTHING_OBSERVED];

/// The first of `codes` that cannot be allowed: unknown, not of `capture/…`, or a refusal outside [`ALLOWABLE`].
pub fn not_allowable(codes: &BTreeSet<String>) -> Option<&str> {
    let fine = |id: &String| {
        Code::find(id).is_some_and(|code| {
            id.starts_with("capture/") && (code.level != Level::Error || ALLOWABLE.contains(&code))
        })
    };
    codes.iter().find(|id| !fine(id)).map(String::as_str)
}

/// Characters of a server's own words in a recorded message.
const QUOTED_CHARS: usize = 80;
/// Different methods of the server's requests that are told by name.
const NAMED_METHODS: usize = 8;

/// The findings of one capture, each code once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    allow: BTreeSet<String>,
    secrets: Secrets,
    seen: Vec<Seen>,
    requests: BTreeMap<String, usize>,
    other_requests: usize,
}

#[derive(Debug)]
struct Seen {
    code: Code,
    message: String,
    times: usize,
    allowed: bool,
}

impl Findings {
    /// Those in `allow` are recorded; nothing that is recorded repeats `secrets`.
    pub(super) fn new(allow: &BTreeSet<String>, secrets: Secrets) -> Self {
        Self { allow: allow.clone(), secrets, ..Self::default() }
    }

    /// `text` without the secrets that the server was given: before it is quoted, which cuts it.
    pub(super) fn concealed(&self, text: &str) -> String {
        self.secrets.out_of(text)
    }

    /// Passes a refusal on, or records it where it was allowed.
    pub(super) fn refuse(&mut self, finding: Finding) -> Result<(), Finding> {
        if ALLOWABLE.contains(&finding.code) && self.allow.contains(finding.code.id) {
            self.record(finding.code, finding.message, true);
            return Ok(());
        }
        Err(finding)
    }

    /// Records a finding that does not refuse.
    pub(super) fn note(&mut self, code: Code, message: String) {
        self.record(code, message, false);
    }

    /// Counts a request of the server's.
    pub(super) fn server_request(&mut self, method: &str) {
        let method = quoted(&self.concealed(method));
        if self.requests.contains_key(&method) || self.requests.len() < NAMED_METHODS {
            *self.requests.entry(method).or_default() += 1;
        } else {
            self.other_requests += 1;
        }
    }

    /// What was recorded under `code`.
    pub(super) fn said(&self, code: Code) -> Option<&str> {
        self.seen.iter().find(|seen| seen.code == code).map(|seen| seen.message.as_str())
    }

    /// All of them, in the order in which their codes were first met.
    pub(super) fn recorded(&self) -> Vec<RecordedFinding> {
        let seen = self.seen.iter().map(|seen| RecordedFinding {
            code: seen.code.id.into(),
            message: match seen.times {
                1 => seen.message.clone(),
                times => format!("{}, and {} more of the kind", seen.message, times - 1),
            },
            allowed: seen.allowed,
        });
        seen.chain(self.requests_recorded()).collect()
    }

    fn requests_recorded(&self) -> Option<RecordedFinding> {
        if self.requests.is_empty() {
            return None;
        }
        let mut methods: Vec<String> =
            self.requests.iter().map(|(method, times)| format!("{method} ({times})")).collect();
        if self.other_requests > 0 {
            methods.push(format!("others ({})", self.other_requests));
        }
        Some(RecordedFinding {
            code: code::SERVER_REQUEST.id.into(),
            message: format!("the server sent requests of its own: {}", methods.join(", ")),
            allowed: false,
        })
    }

    fn record(&mut self, code: Code, message: String, allowed: bool) {
        match self.seen.iter_mut().find(|seen| seen.code == code) {
            Some(seen) => seen.times += 1,
            None => self.seen.push(Seen { code, message, times: 1, allowed }),
        }
    }
}

/// A server's own words, for a recorded message.
pub(super) fn quoted(text: &str) -> String {
    Untrusted::bounded(text, QUOTED_CHARS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(codes: &[Code]) -> BTreeSet<String> {
        codes.iter().map(|code| code.id.to_owned()).collect()
    }

    #[test]
    fn only_what_leaves_one_definite_thing_can_be_allowed() {
        assert_eq!(not_allowable(&allow(&ALLOWABLE)), None);
        assert_eq!(not_allowable(&allow(&[code::CHATTER, code::SERVER_REQUEST])), None);
        for refused in [
            code::DUPLICATE_KEY,
            code::INVALID_JSON,
            code::TOO_DEEP,
            code::NUMBER_NOT_EXACT,
            code::DUPLICATE_ITEM,
            code::ITEM_UNNAMED,
            code::CURSOR_LOOP,
            code::OVER_BUDGET,
            code::PASSES_DISAGREE,
            code::LIST_KEEPS_CHANGING,
            code::INPUT_REQUIRED,
            code::BAD_RESULT,
            code::BAD_MESSAGE,
            code::SERVER_FAILED,
        ] {
            assert_eq!(not_allowable(&allow(&[refused])), Some(refused.id));
        }
        assert_eq!(not_allowable(&BTreeSet::from(["capture/nonsense".to_owned()])), Some("capture/nonsense"));
        assert!(not_allowable(&BTreeSet::from(["manifest/item-missing".to_owned()])).is_some(), "not ours");
    }

    #[test]
    fn an_allowed_refusal_is_recorded_as_such() {
        let mut findings = Findings::new(&allow(&[code::TWO_REPLIES, code::CURSOR_LOOP]), Secrets::default());
        assert!(findings.refuse(Finding::new(code::TWO_REPLIES, "twice")).is_ok());
        assert!(findings.refuse(Finding::new(code::UNKNOWN_REPLY, "to nobody")).is_err());
        assert!(findings.refuse(Finding::new(code::CURSOR_LOOP, "a circle")).is_err(), "never allowed");
        let recorded = findings.recorded();
        assert_eq!(recorded.len(), 1);
        assert!(recorded.iter().all(|finding| finding.code == "capture/two-replies" && finding.allowed));
    }

    #[test]
    fn findings_are_counted_and_bounded() {
        let mut findings = Findings::new(&BTreeSet::new(), Secrets::default());
        for n in 0..100 {
            findings.note(code::CHATTER, format!("line {n}"));
            findings.server_request(&format!("method {n} \u{1b}[31m"));
        }
        findings.server_request("method 0 \u{1b}[31m");
        let recorded = findings.recorded();
        assert_eq!(recorded.len(), 2);
        assert_eq!(recorded[0].message, "line 0, and 99 more of the kind");
        assert!(recorded[1].message.contains("method 0 \\u{1b}[31m (2)"), "{}", recorded[1].message);
        assert!(recorded[1].message.ends_with("others (92)"), "{}", recorded[1].message);
    }
}
