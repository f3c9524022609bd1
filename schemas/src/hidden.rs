//! Characters that a reader does not see: which of them a text has that do not belong to its writing.

use crate::untrusted::is_deceptive;

/// What a hidden character does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// Changes the direction of what stands around it.
    Direction,
    /// A tag: ASCII that nobody sees.
    Tag,
    /// Selects a variant of what stands before it; two hundred and fifty-six of them are bytes that nobody sees.
    VariationSelector,
    /// Has no width.
    ZeroWidth,
    /// Steers a terminal.
    Control,
    /// Private use, separators, annotations: how it looks is open.
    Other,
}

/// Hidden characters with their byte offsets, but for line ends, tabs and what the text's own writing needs: one
/// variation selector after a symbol or an ideograph, one joiner between two emoji, the flags of England, Scotland and
/// Wales, joiners and direction marks among the letters of the scripts that are written with them.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    let rtl = text.chars().any(is_right_to_left);
    let (mut selectable, mut joinable, mut last) = (false, false, ' ');
    let mut flag_ends = 0;
    text.char_indices().filter(move |&(at, c)| {
        if c == '\u{1f3f4}'
            && let Some(rest) = text.get(at + c.len_utf8()..)
            && let Some(flag) = FLAGS.iter().find(|flag| rest.starts_with(**flag))
        {
            flag_ends = at + c.len_utf8() + flag.len();
        }
        let spells = match c {
            '\u{fe0e}' | '\u{fe0f}' => selectable,
            '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => is_ideograph(last),
            '\u{200d}' => joinable || is_joining(last),
            '\u{200c}' => is_joining(last),
            '\u{200e}' | '\u{200f}' | '\u{61c}' => rtl,
            '\u{180b}'..='\u{180f}' => is_mongolian(last),
            _ => at < flag_ends,
        };
        let emoji = is_emoji(c);
        (selectable, joinable) = match c {
            '\u{fe0e}' | '\u{fe0f}' => (false, spells && joinable),
            '0'..='9' | '#' | '*' => (true, false),
            _ => (emoji, emoji),
        };
        last = c;
        is_deceptive(c) && !spells && !matches!(c, '\n' | '\r' | '\t')
    })
}

/// Tags after a black flag that spell a flag which fonts have.
const FLAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// What this hidden character does.
pub fn class(c: char) -> Hidden {
    match u32::from(c) {
        0x61C | 0x200E..=0x200F | 0x202A..=0x202E | 0x2066..=0x2069 => Hidden::Direction,
        0xE0000..=0xE007F => Hidden::Tag,
        0x180B..=0x180D | 0x180F | 0xFE00..=0xFE0F | 0xE0100..=0xE01EF => Hidden::VariationSelector,
        0xAD
        | 0x34F
        | 0x115F..=0x1160
        | 0x17B4..=0x17B5
        | 0x180E
        | 0x200B..=0x200D
        | 0x2060..=0x2065
        | 0x206A..=0x206F
        | 0x3164
        | 0xFEFF
        | 0xFFA0 => Hidden::ZeroWidth,
        _ if c.is_control() => Hidden::Control,
        _ => Hidden::Other,
    }
}

/// Unicode's name of the ones that attacks use, the kind of the others.
pub fn name(c: char) -> &'static str {
    match u32::from(c) {
        0x1B => "escape",
        0xAD => "soft hyphen",
        0x61C => "arabic letter mark",
        0x200B => "zero width space",
        0x200C => "zero width non-joiner",
        0x200D => "zero width joiner",
        0x200E => "left-to-right mark",
        0x200F => "right-to-left mark",
        0x2028 => "line separator",
        0x2029 => "paragraph separator",
        0x202A => "left-to-right embedding",
        0x202B => "right-to-left embedding",
        0x202C => "pop directional formatting",
        0x202D => "left-to-right override",
        0x202E => "right-to-left override",
        0x2060 => "word joiner",
        0x2066 => "left-to-right isolate",
        0x2067 => "right-to-left isolate",
        0x2068 => "first strong isolate",
        0x2069 => "pop directional isolate",
        0xFEFF => "zero width no-break space",
        0x180B..=0x180F | 0xFE00..=0xFE0F | 0xE0100..=0xE01EF => "variation selector",
        0xE0000..=0xE007F => "tag character",
        0xE000..=0xF8FF | 0xF0000.. => "private use",
        _ if c.is_control() => "control character",
        _ => "invisible character",
    }
}

/// What the text says in tag characters, private use and variation selectors, where that is text: published attacks write ASCII
/// in tags, and UTF-8 bytes in the 256 variation selectors; symbol fonts have ASCII from U+F020 on.
pub fn smuggled(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    for (_, c) in hidden(text) {
        match u32::from(c) {
            tag @ 0xE0020..=0xE007E => bytes.extend(u8::try_from(tag - 0xE0000)),
            private @ 0xE020..=0xE07E => bytes.extend(u8::try_from(private - 0xE000)),
            symbol @ 0xF020..=0xF07E => bytes.extend(u8::try_from(symbol - 0xF000)),
            selector @ 0xFE00..=0xFE0F => bytes.extend(u8::try_from(selector - 0xFE00)),
            selector @ 0xE0100..=0xE01EF => bytes.extend(u8::try_from(selector - 0xE0100 + 16)),
            _ => {}
        }
    }
    String::from_utf8(bytes).ok().filter(|text| text.chars().filter(|c| c.is_alphanumeric()).count() >= 4)
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0xA9 | 0xAE | 0x203C..=0x2049 | 0x2122..=0x2BFF | 0x3030..=0x303D | 0x3297..=0x3299
        | 0x1F000..=0x1FAFF)
}

/// Han, in its blocks of 2025.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// Scripts in which a joiner or non-joiner chooses the form of a letter: Arabic and Syriac, N'Ko, the Indic scripts, Khmer,
/// Mongolian.
fn is_joining(c: char) -> bool {
    matches!(u32::from(c), 0x620..=0x7FF | 0x8A0..=0xDFF | 0x1000..=0x109F | 0x1780..=0x18AF | 0xFB50..=0xFDFF
        | 0xFE70..=0xFEFE)
}

fn is_mongolian(c: char) -> bool {
    matches!(u32::from(c), 0x1820..=0x18AA)
}

/// Letters of the scripts that run from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x5D0..=0x61B | 0x61D..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF
        | 0x1E800..=0x1EFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Hidden> {
        hidden(text).map(|(_, c)| class(c)).collect()
    }

    #[test]
    fn what_a_text_is_written_with_is_not_hidden() {
        for text in [
            "a\n\tb\r\n ❤️ 👩‍💻 1️⃣",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} England",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "\u{200f}שלום (abc)\u{200e}",
            "葛\u{e0100}城市",
        ] {
            assert_eq!(all(text), [], "{text:?}");
        }
    }

    #[test]
    fn everything_else_is() {
        assert_eq!(all("a\u{202e}b\u{200f}"), [Hidden::Direction, Hidden::Direction]);
        assert_eq!(all("a\u{200b}\u{200d}\u{ad}"), [Hidden::ZeroWidth; 3]);
        assert_eq!(all("a\u{e0041}"), [Hidden::Tag]);
        assert_eq!(all("\u{1f3f4}\u{e0067}\u{e0062}\u{e0041}\u{e007f}"), [Hidden::Tag; 4]);
        assert_eq!(all("❤\u{fe0f}\u{fe0f} a\u{fe00} a\u{e0100}"), [Hidden::VariationSelector; 3]);
        assert_eq!(all("\u{1b}[31m\u{9b}"), [Hidden::Control, Hidden::Control]);
        assert_eq!(all("\u{2028}\u{e000}"), [Hidden::Other, Hidden::Other]);
    }

    #[test]
    fn what_is_smuggled_can_be_read() {
        let tags: String =
            "send it".bytes().filter_map(|byte| char::from_u32(0xE0000 + u32::from(byte))).collect();
        assert_eq!(smuggled(&format!("Adds.{tags}")).as_deref(), Some("send it"));
        let selectors: String = "séc ret"
            .bytes()
            .map(u32::from)
            .filter_map(|byte| char::from_u32(if byte < 16 { 0xFE00 + byte } else { 0xE0100 + byte - 16 }))
            .collect();
        assert_eq!(smuggled(&format!("😀{selectors}")).as_deref(), Some("séc ret"));
        for first in [0xE000, 0xF000] {
            let private: String =
                "send it".bytes().filter_map(|byte| char::from_u32(first + u32::from(byte))).collect();
            assert_eq!(smuggled(&private).as_deref(), Some("send it"));
        }
        assert_eq!(smuggled("❤️ ok"), None);
    }
}
