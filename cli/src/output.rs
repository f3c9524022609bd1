//! Results on stdout, talk on stderr.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal as _, Write};

use clap::ValueEnum;
use mcpsign_collect::conceal::Secrets;

use crate::failure::Failure;

/// The styles in use. `anstream` drops them where `NO_COLOR`, a pipe or `--color never` says so.
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};

    /// Denials and failures.
    pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
    /// What could not be told, and warnings.
    pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
    /// What holds.
    pub(crate) const OK: Style = AnsiColor::Green.on_default().bold();
    /// Asides.
    pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
    /// What to do.
    pub(crate) const HINT: Style = AnsiColor::Blue.on_default().bold();
    /// Headings.
    pub(crate) const BOLD: Style = Style::new().bold();
    /// Less important.
    pub(crate) const DIM: Style = Style::new().dimmed();
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a command writes. Write errors are kept until [`Output::finish`], so that commands need not handle each.
pub(crate) struct Output {
    results: Box<dyn Write>,
    bytes: Box<dyn Write>,
    talk: Box<dyn Write>,
    quiet: bool,
    reader_gone: bool,
    failed: Option<io::Error>,
    concealed: Secrets,
}

impl Output {
    /// The process's own streams.
    pub(crate) fn standard(color: Color, quiet: bool) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Self::new(anstream::stdout(), io::stdout(), anstream::stderr(), quiet)
    }

    /// `results` takes styled text, `bytes` raw bytes; both are stdout.
    fn new(
        results: impl Write + 'static,
        bytes: impl Write + 'static,
        talk: impl Write + 'static,
        quiet: bool,
    ) -> Self {
        let (results, bytes, talk) = (Box::new(results), Box::new(bytes), Box::new(talk));
        Self { results, bytes, talk, quiet, reader_gone: false, failed: None, concealed: Secrets::default() }
    }

    /// Writes a part of the result, as it is: line ends are the caller's.
    pub(crate) fn result(&mut self, text: impl fmt::Display) {
        if self.can_write() {
            let written = write!(self.results, "{text}");
            self.keep(written);
        }
    }

    /// Writes a result that is no text, or text that must stay as it is.
    pub(crate) fn result_bytes(&mut self, bytes: &[u8]) {
        if self.can_write() {
            let written = self.results.flush().and_then(|()| self.bytes.write_all(bytes));
            self.keep(written);
        }
    }

    /// Says something on stderr, on a line of its own, unless `--quiet`.
    pub(crate) fn talk(&mut self, line: impl fmt::Display) {
        if !self.quiet {
            // Nobody can be told that stderr is gone.
            let line = self.concealing(line);
            let _ = writeln!(self.talk, "{line}");
        }
    }

    /// Shows on stderr what belongs to a failure, as it is: line ends are the caller's. `--quiet` does not silence it.
    pub(crate) fn aside(&mut self, text: impl fmt::Display) {
        let text = self.concealing(text);
        let _ = write!(self.talk, "{text}");
    }

    /// Says on stderr why the command, or a part of it, failed; `--quiet` does not silence it.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        let failure = self.concealing(failure);
        let _ = write!(self.talk, "{failure}");
    }

    /// Keeps a secret out of everything that is said from here on: a server that was given it may repeat it.
    pub(crate) fn conceal(&mut self, secret: &str) {
        self.concealed.add(secret);
    }

    /// What a server wrote, without the secrets that it was given: before it is escaped or cut, or they would not be known
    /// any more.
    pub(crate) fn without_secrets(&self, lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| self.concealing(line)).collect()
    }

    /// `text` without the secrets that are kept out of what is said.
    pub(crate) fn concealing(&self, text: impl fmt::Display) -> String {
        self.concealed.out_of(&text.to_string())
    }

    /// Whether `--quiet` was given.
    pub(crate) const fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether results would go to a terminal.
    pub(crate) fn to_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Writes out what is buffered. A reader that went away (`| head`) is no error; a full disk is: a result that
    /// did not arrive must not look like one.
    ///
    /// # Errors
    /// When a result could not be written.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        if self.can_write() {
            let flushed = self.results.flush().and_then(|()| self.bytes.flush());
            self.keep(flushed);
        }
        match self.failed.take() {
            None => Ok(()),
            Some(error) => Err(Failure::usage("cannot write the result to standard output")
                .because(error)
                .hint("check that the disk or the program reading it has room")),
        }
    }

    fn can_write(&self) -> bool {
        !self.reader_gone && self.failed.is_none()
    }

    fn keep(&mut self, written: io::Result<()>) {
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.reader_gone = true,
            Err(error) => self.failed = Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn quiet_silences_talk_and_nothing_else() {
        let (results, talk) = (Shared::default(), Shared::default());
        let mut out = Output::new(results.clone(), results.clone(), talk.clone(), true);
        out.result("a");
        out.talk("b");
        out.failure(&Failure::usage("c"));
        assert!(out.finish().is_ok());
        assert_eq!(*results.0.borrow(), b"a");
        let talked = String::from_utf8(talk.0.borrow().clone()).unwrap();
        assert!(talked.contains('c') && !talked.contains('b'), "{talked}");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is_one() {
        for (kind, fine) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let mut out = Output::new(Refusing(kind), Refusing(kind), Shared::default(), false);
            out.result("a");
            out.result_bytes(b"b");
            assert_eq!(out.finish().is_ok(), fine, "{kind:?}");
        }
    }
}
