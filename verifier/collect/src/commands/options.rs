//! Options before what is started.

use super::CommandError;

/// Options of one program.
pub(super) struct Options {
    /// Those that stand alone. Letters of one hyphen may stand together.
    pub(super) flags: &'static [&'static str],
    /// Those that a value follows, or stands behind an equals sign.
    pub(super) valued: &'static [&'static str],
}

impl Options {
    /// The values of options that say what is started (`wanted`), and what follows the options.
    ///
    /// # Errors
    /// When an option is not known: a value may follow it that looks like what is started.
    pub(super) fn read<'a, 'w>(
        &self,
        words: &'w [&'a str],
        wanted: &[&str],
    ) -> Result<(Vec<&'a str>, &'w [&'a str]), CommandError> {
        let mut found = Vec::new();
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            if *word == "--" {
                return Ok((found, rest));
            }
            if !word.starts_with('-') {
                return Ok((found, words.get(words.len() - after.len() - 1..).unwrap_or_default()));
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, None),
            };
            if self.valued.contains(&name) {
                let value = match value {
                    Some(value) => value,
                    None => {
                        let (value, after) = rest.split_first().ok_or(CommandError::Nothing)?;
                        rest = after;
                        value
                    }
                };
                if wanted.contains(&name) {
                    found.push(value);
                }
            } else if !(self.flags.contains(&name)
                || value.is_some() && name.starts_with("--")
                || self.are_flags(word))
            {
                return Err(CommandError::Option);
            }
        }
        Ok((found, rest))
    }

    /// `-it` is `-i -t`.
    fn are_flags(&self, word: &str) -> bool {
        let letters = word.strip_prefix('-').filter(|letters| letters.len() > 1 && !letters.starts_with('-'));
        letters.is_some_and(|letters| {
            letters.chars().all(|letter| {
                self.flags.iter().any(|flag| flag.strip_prefix('-').is_some_and(|f| f.chars().eq([letter])))
            })
        })
    }
}
