//! What stops a command before it has an answer: a message, its causes, a hint, an exit code.

use std::error::Error;
use std::fmt;

use mcpsign_schemas::report::FailureReport;
use mcpsign_schemas::untrusted::Untrusted;

use crate::exit::Exit;
use crate::output::style::{ERROR, HINT};

/// Characters of one message shown at the most: a path or an argument stands in it, no document.
const SHOWN: usize = 2000;

/// A command that could not do what it was asked to.
///
/// The message says what happened, the causes why, each only once; the hint says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A usage, configuration or policy error, or a named file that is not there (exit 2).
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failure with another exit code.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// A usage failure that an error says all of.
    pub(crate) fn from_error(error: &dyn Error) -> Self {
        let failure = Self::usage(error.to_string());
        Self { causes: chain(error.source()), ..failure }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what caused it.
    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source: Box<dyn Error + Send + Sync> = source.into();
        self.causes = chain(Some(&*source));
        self
    }

    /// The same, with another exit code.
    pub(crate) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// For programs.
    pub(crate) fn report(&self) -> FailureReport {
        FailureReport { message: self.message.clone(), causes: self.causes.clone(), hint: self.hint.clone() }
    }

    /// What the process ends with.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }
}

/// As shown to a person: `error: …`, causes, `hint: …`. Everything in it may quote what somebody else wrote
/// (a file name, a line of a document), so everything is escaped and bounded.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ERROR}error{ERROR:#}: {}", lines(&self.message))?;
        for cause in &self.causes {
            writeln!(f, "  caused by: {}", lines(cause))?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{HINT}hint{HINT:#}: {}", lines(hint))?;
        }
        Ok(())
    }
}

fn chain(mut error: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    while let Some(cause) = error {
        let text = cause.to_string();
        // Some say their own cause.
        if !causes.last().is_some_and(|said| said.ends_with(&text)) {
            causes.push(text);
        }
        error = cause.source();
    }
    causes
}

/// Escapes `text` line by line; our own messages may have several.
fn lines(text: &str) -> String {
    let shown: Vec<String> = text.lines().map(|line| Untrusted::quoting(line, SHOWN).to_string()).collect();
    shown.join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_causes_and_hint_stand_apart_and_escaped() {
        let cause = std::io::Error::other("gone\u{1b}[2J");
        let failure = Failure::usage("cannot read `a\u{202e}b`").because(cause).hint("name another file");
        let shown = anstream::adapter::strip_str(&failure.to_string()).to_string();
        assert_eq!(
            shown,
            "error: cannot read `a\\u{202e}b`\n  caused by: gone\\u{1b}[2J\nhint: name another file\n"
        );
        assert_eq!(failure.exit(), Exit::Usage);
    }

    #[test]
    fn a_cause_that_is_said_already_is_not_said_again() {
        #[derive(Debug, thiserror::Error)]
        #[error("package.json: {0}")]
        struct Saying(#[source] std::io::Error);
        let failure = Failure::usage("no package").because(Saying(std::io::Error::other("too large")));
        assert_eq!(failure.report().causes, ["package.json: too large"]);
    }
}
