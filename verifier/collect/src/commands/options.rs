//! Options before what is started.

use super::CommandError;

/// Options of one program.
pub(super) struct Options {
    /// Those that stand alone.
    pub(super) flags: &'static [&'static str],
    /// Those that a value follows, or stands behind an equals sign.
    pub(super) valued: &'static [&'static str],
}

/// What was said before what is started, and from there on.
pub(super) struct Said<'a, 'w> {
    values: Vec<(String, &'a str)>,
    pub(super) rest: &'w [&'a str],
}

impl<'a> Said<'a, '_> {
    /// The values of an option that goes by these names.
    pub(super) fn of(&self, names: &[&str]) -> Vec<&'a str> {
        let of = self.values.iter().filter(|(name, _)| names.contains(&name.as_str()));
        of.map(|(_, value)| *value).collect()
    }
}

impl Options {
    /// Reads options up to the first word that is none.
    ///
    /// # Errors
    /// When an option is not known: a value may follow it that looks like what is started.
    pub(super) fn read<'a, 'w>(&self, words: &'w [&'a str]) -> Result<Said<'a, 'w>, CommandError> {
        let mut said = Said { values: Vec::new(), rest: words };
        while let Some((word, after)) = said.rest.split_first() {
            if *word == "--" {
                said.rest = after;
                return Ok(said);
            }
            if !word.starts_with('-') || *word == "-" {
                return Ok(said);
            }
            said.rest = after;
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, None),
            };
            let is_long = word.starts_with("--");
            if self.valued.contains(&name) {
                self.valued(name.to_owned(), value, &mut said)?;
            } else if self.flags.contains(&name) || (is_long && value.is_some()) {
            } else if is_long {
                return Err(CommandError::Option(name.to_owned()));
            } else {
                self.letters(word, &mut said)?;
            }
        }
        Ok(said)
    }

    /// `-itv A:B` is `-i -t -v A:B`, and `-vA:B` is `-v A:B`.
    fn letters<'a>(&self, word: &'a str, said: &mut Said<'a, '_>) -> Result<(), CommandError> {
        for (at, letter) in word.char_indices().skip(1) {
            let name = format!("-{letter}");
            if self.flags.contains(&name.as_str()) {
                continue;
            }
            if !self.valued.contains(&name.as_str()) {
                return Err(CommandError::Option(name));
            }
            let value = word.get(at + letter.len_utf8()..).filter(|value| !value.is_empty());
            return self.valued(name, value, said);
        }
        Ok(())
    }

    fn valued<'a>(
        &self,
        name: String,
        value: Option<&'a str>,
        said: &mut Said<'a, '_>,
    ) -> Result<(), CommandError> {
        let value = match value {
            Some(value) => value,
            None => {
                let (value, after) = said.rest.split_first().ok_or(CommandError::Nothing)?;
                said.rest = after;
                value
            }
        };
        said.values.push((name, value));
        Ok(())
    }
}
