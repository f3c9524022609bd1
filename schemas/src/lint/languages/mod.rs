//! The orders of published attacks in other languages than English: one language a file.
//!
//! Three are known in each: to drop one's instructions, to keep something from the user, to hand over the conversation; and
//! the verbs for reading a file and for passing something on. What is meant in the open is none of them: the cache of
//! rules, an internal id that is not to be shown.

mod chinese;
mod french;
mod german;
mod italian;
mod japanese;
mod korean;
mod portuguese;
mod russian;
mod spanish;

use super::phrases::{Negation, fold_pattern};
use crate::code::Level;

/// A wording as [`Phrases::new`](super::phrases::Phrases::new) takes it.
pub(super) type Said = (Level, &'static str, Negation);

pub(super) struct Language {
    /// Whether its letters are those of ASCII, accents apart.
    pub(super) latin: bool,
    /// To drop what the model was told.
    pub(super) overriding: &'static [Said],
    /// To keep something from the user.
    pub(super) concealing: &'static [Said],
    /// To hand over the conversation or the system prompt.
    pub(super) handing_over: &'static [Said],
    /// To read or open, as an alternation.
    reads: &'static str,
    /// To pass on or put into, as an alternation.
    gives: &'static str,
    #[cfg(test)]
    cases: Cases,
}

/// All but English, which stands with the rules.
pub(super) const LANGUAGES: &[Language] = &[
    chinese::LANGUAGE,
    french::LANGUAGE,
    german::LANGUAGE,
    italian::LANGUAGE,
    japanese::LANGUAGE,
    korean::LANGUAGE,
    portuguese::LANGUAGE,
    russian::LANGUAGE,
    spanish::LANGUAGE,
];

/// An expression over folded text: verbs of reading in every language; `english` are those of English.
pub(super) fn reads(english: &str) -> String {
    verbs(english, |language| language.reads)
}

/// An expression over folded text: verbs of passing on in every language; `english` are those of English.
pub(super) fn gives(english: &str) -> String {
    verbs(english, |language| language.gives)
}

fn verbs(english: &str, of: fn(&Language) -> &'static str) -> String {
    let those = |latin: bool| {
        let spoken = LANGUAGES.iter().filter(move |language| language.latin == latin);
        spoken.map(|language| fold_pattern(of(language))).collect::<Vec<_>>().join("|")
    };
    // Where words end is said by letters of ASCII.
    format!(r"(?:\b(?:{english}|{})\b|{})", those(true), those(false))
}

/// What must be an error, and what must be none.
#[cfg(test)]
struct Cases {
    overriding: &'static [&'static str],
    concealing: &'static [&'static str],
    handing_over: &'static [&'static str],
    harmless: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::tests::{described, errors};

    /// What a wording must not go on with stands at its end, whole.
    #[test]
    fn wordings_are_of_their_form() {
        for language in LANGUAGES {
            let all = [language.overriding, language.concealing, language.handing_over];
            for (_, pattern, _) in all.into_iter().flatten() {
                let open = |text: &str| text.matches('(').count() == text.matches(')').count();
                let other = pattern.split_once("(?!").map_or("()", |(_, other)| other);
                assert!(
                    open(pattern) && other.matches(')').count() == 1 + other.matches('(').count()
                        || other == "()"
                );
                assert!(pattern.matches("(?!").count() < 2, "{pattern}");
            }
        }
    }

    #[test]
    fn orders_are_found_in_every_language_and_what_is_meant_well_is_none() {
        let mut wrong = Vec::new();
        for Language { cases, .. } in LANGUAGES {
            for (code, texts) in [
                ("lint/override-orders", cases.overriding),
                ("lint/concealment", cases.concealing),
                ("lint/exfiltration-orders", cases.handing_over),
            ] {
                assert!(texts.len() >= 2, "{code}");
                for text in texts {
                    let found = errors(&described(text));
                    // Reading a file and passing it on is found by its path.
                    let found = |code| found.contains(&code);
                    let passes_on = code == "lint/exfiltration-orders" && found("lint/file-hand-over");
                    if !(found(code) || passes_on) {
                        wrong.push(format!("{code}: {text}"));
                    }
                }
            }
            assert!(cases.harmless.len() >= 4);
            for text in cases.harmless {
                wrong.extend(errors(&described(text)).into_iter().map(|code| format!("{code} in: {text}")));
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
