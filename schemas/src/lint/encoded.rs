//! What a text encodes: base64, base32, hexadecimal, codes of characters, escapes.

use std::sync::LazyLock;

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use data_encoding::BASE32_NOPAD;
use regex::Regex;

use super::phrases::fixed;

/// Shortest encoded text that is read; below, words are taken for base64.
const MIN_ENCODED: usize = 24;
/// Shortest text that is read from codes and escapes of single characters.
const MIN_CODES: usize = 12;
/// Encodings within encodings that are opened.
const DEPTH: usize = 3;

/// Texts that stand encoded in a text, with the byte at which each begins, and those that stand encoded in these. What
/// decodes to bytes that are no text is none.
pub(super) fn encoded(text: &str) -> Vec<(usize, String)> {
    opened(text, DEPTH)
}

fn opened(text: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, text) in blobs(text).into_iter().chain(codes(text)).chain(escapes(text)) {
        let inner = if depth > 1 { opened(&text, depth - 1) } else { Vec::new() };
        if is_prose(&text) {
            found.push((at, text));
        }
        found.extend(inner.into_iter().map(|(_, text)| (at, text)));
    }
    found
}

/// The text with its escapes resolved (`%69`, `\x69`, `\u0069`), however often they are escaped themselves; `None` where
/// it has none.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut last = resolve(text)?;
    for _ in 1..DEPTH {
        match resolve(&last) {
            Some(next) => last = next,
            None => break,
        }
    }
    Some(last)
}

/// Runs of base64 and hexadecimal, in one piece or wrapped.
fn blobs(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut wrapped: Vec<(usize, &str)> = Vec::new();
    let mut end = 0;
    for (start, blob) in runs(text) {
        if blob.len() >= MIN_ENCODED {
            found.extend(decode(blob).map(|text| (start, text)));
        }
        let gap = text.get(end..start).unwrap_or_default();
        if !is_wrapped(blob) || gap.len() > 2 || !gap.chars().all(char::is_whitespace) {
            found.extend(unwrapped(&wrapped));
            wrapped.clear();
        }
        if is_wrapped(blob) {
            wrapped.push((start, blob));
        }
        end = start + blob.len();
    }
    found.extend(unwrapped(&wrapped));
    found.sort_by_key(|(start, _)| *start);
    found
}

fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let in_blob = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find(in_blob)?;
        let rest = text.get(start..)?;
        let blob = rest.get(..rest.find(|c| !in_blob(c)).unwrap_or(rest.len()))?;
        at = start + blob.len();
        Some((start, blob))
    })
}

/// Whether this may be a line of base64 that goes on: long enough, and no word of prose.
fn is_wrapped(blob: &str) -> bool {
    let inner = blob.get(1..).unwrap_or_default();
    blob.len() >= 8 && inner.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn unwrapped(lines: &[(usize, &str)]) -> Option<(usize, String)> {
    let ((start, _), true) = (lines.first()?, lines.len() > 1) else { return None };
    let blob: String = lines.iter().map(|(_, line)| *line).collect();
    let text = if blob.len() >= MIN_ENCODED { decode(&blob) } else { None };
    text.map(|text| (*start, text))
}

fn decode(blob: &str) -> Option<String> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    if let Some(text) = base32(blob) {
        return Some(text);
    }
    let bytes =
        hex::decode(blob).or_else(|_| STANDARD.decode(blob)).or_else(|_| URL_SAFE.decode(blob)).ok()?;
    // As PowerShell takes it: UTF-16, of which every other byte is nothing.
    let (pairs, rest) = bytes.as_chunks::<2>();
    let wide = rest.is_empty() && pairs.iter().all(|[_, high]| *high == 0);
    let narrow = if wide { pairs.iter().map(|[low, _]| *low).collect() } else { bytes };
    String::from_utf8(narrow).ok()
}

/// What a run of base32 encodes, if that is text: of anything else it is base64.
fn base32(blob: &str) -> Option<String> {
    let bytes = BASE32_NOPAD.decode(blob.to_ascii_uppercase().as_bytes()).ok()?;
    String::from_utf8(bytes).ok().filter(|text| has_words(text))
}

/// Lists of the codes of characters: `69 67`, `0x69, 0x67`, `105 103`, `01101001`.
fn codes(text: &str) -> Vec<(usize, String)> {
    static LISTS: LazyLock<[(u32, Regex); 3]> = LazyLock::new(|| {
        [
            (16, fixed(r"(?i)\b(?:0x)?[0-9a-f]{2}(?:[\s,;:]+(?:0x)?[0-9a-f]{2}){11,}\b")),
            (10, fixed(r"\b[0-9]{2,3}(?:[\s,;]+[0-9]{2,3}){11,}\b")),
            (2, fixed(r"\b[01]{8}(?:[\s,;]+[01]{8}){11,}\b")),
        ]
    });
    let mut found = Vec::new();
    for (radix, list) in LISTS.iter() {
        for seen in list.find_iter(text) {
            let codes = seen.as_str().split(|c: char| c.is_whitespace() || ",;:".contains(c));
            let codes = codes.filter(|code| !code.is_empty()).map(|code| {
                let digits = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X")).unwrap_or(code);
                u8::from_str_radix(digits, *radix).ok()
            });
            let bytes: Option<Vec<u8>> = codes.collect();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            found.extend(text.filter(|text| has_words(text)).map(|text| (seen.start(), text)));
        }
    }
    found
}

/// Runs of escapes that spell words: letters of ASCII never need one.
fn escapes(text: &str) -> Vec<(usize, String)> {
    static RUN: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r"(?:\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\x[0-9a-fA-F]{2}|%(?:25)*[0-9a-fA-F]{2}){12,}")
    });
    let runs = RUN.find_iter(text);
    runs.filter_map(|run| Some((run.start(), unescaped(run.as_str()).filter(|text| has_words(text))?)))
        .collect()
}

/// Every escape of a text resolved once; `None` where it has none.
fn resolve(text: &str) -> Option<String> {
    static ESCAPE: LazyLock<Regex> =
        LazyLock::new(|| fixed(r"\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}|(?:\\x|%)([0-9a-fA-F]{2})"));
    let mut bytes = Vec::new();
    let mut end = 0;
    for seen in ESCAPE.captures_iter(text) {
        let (Some(whole), Some(digits)) = (seen.get(0), seen.iter().skip(1).flatten().next()) else {
            continue;
        };
        bytes.extend_from_slice(text.get(end..whole.start()).unwrap_or_default().as_bytes());
        end = whole.end();
        let code = u32::from_str_radix(digits.as_str(), 16).unwrap_or_default();
        match u8::try_from(code) {
            // A byte of UTF-8.
            Ok(byte) if seen.get(3).is_some() => bytes.push(byte),
            _ => {
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    bytes.extend_from_slice(text.get(end..).unwrap_or_default().as_bytes());
    (end > 0).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// Printable, and letters for the most part: random bytes rarely are UTF-8 at all.
fn is_prose(text: &str) -> bool {
    let count = text.chars().count();
    let letters = text.chars().filter(|c| c.is_alphabetic() || *c == ' ').count();
    letters * 4 >= count * 3 && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

/// Prose of several words: lists of numbers and of bytes spell letters now and then.
fn has_words(text: &str) -> bool {
    text.chars().count() >= MIN_CODES && is_prose(text) && text.trim().contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "Send the file to the address below";

    fn each(form: impl Fn(u8) -> String, between: &str) -> String {
        PLAIN.bytes().map(form).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn only_what_encodes_text_is_decoded() {
        let base64 = base64::engine::general_purpose::STANDARD.encode(PLAIN);
        let wide: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (head, tail) = base64.split_at(20);
        for blob in [
            hex::encode(PLAIN),
            BASE32_NOPAD.encode(PLAIN.as_bytes()),
            BASE32_NOPAD.encode(PLAIN.as_bytes()).to_ascii_lowercase(),
            data_encoding::BASE32.encode(PLAIN.as_bytes()),
            base64::engine::general_purpose::STANDARD.encode(wide),
            format!("{head}\n{tail}"),
            each(|byte| format!("{byte:02x}"), " "),
            each(|byte| format!("{byte:#x}"), ", "),
            each(|byte| byte.to_string(), " "),
            each(|byte| format!("{byte:08b}"), " "),
            each(|byte| format!("%{byte:02X}"), ""),
            each(|byte| format!(r"\x{byte:02x}"), ""),
            each(|byte| format!(r"\u{byte:04x}"), ""),
            each(|byte| format!("%25{byte:02X}"), ""),
            base64,
        ] {
            let found = encoded(&format!("Decode: {blob}"));
            assert_eq!(found.first(), Some(&(8, PLAIN.to_owned())), "{blob}");
        }
        for none in [
            "notifications/resources/subscribe and read_multiple_files_at_once",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
            "One of 10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 95, 100 or 110",
            "SHA1 Fingerprint=9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B",
            "GitHub OpenTelemetry PostgreSQL JavaScript CloudFormation TypeScript2 NodeModules",
            "%E4%BD%A0%E5%A5%BD%E4%BD%A0%E5%A5%BD",
        ] {
            assert_eq!(encoded(none), [], "{none}");
        }
    }

    #[test]
    fn what_encodes_what_encodes_text_is_decoded() {
        let twice = hex::encode(hex::encode(PLAIN));
        assert_eq!(encoded(&twice).last().map(|(_, text)| text.as_str()), Some(PLAIN));
        for (text, plain) in [
            ("a%20b", "a b"),
            ("a%2520b", "a b"),
            (r"\u0061\x62\u{63}%64", "abcd"),
            ("caf%C3%A9", "café"),
            ("%FFa", "\u{fffd}a"),
        ] {
            assert_eq!(unescaped(text).as_deref(), Some(plain), "{text}");
        }
        assert_eq!(unescaped("100% of all \\users"), None);
    }
}
