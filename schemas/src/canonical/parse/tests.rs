use super::*;
use crate::canonical::plain::RUN;

fn kind(bytes: &[u8]) -> (usize, JsonErrorKind) {
    let error = parse(bytes, Limits::bytes(1000)).unwrap_err();
    (error.offset, error.kind)
}

#[test]
fn errors_name_rule_and_offset() {
    let syntax = |offset, expected| (offset, JsonErrorKind::Syntax { expected });
    for (text, expected) in [
        ("", syntax(0, "a value")),
        ("  tru", syntax(2, "a value")),
        ("[1 2]", syntax(3, "`,` or `]`")),
        ("[1,]", syntax(3, "a value")),
        ("[", syntax(1, "a value")),
        ("{,}", syntax(1, "a member name")),
        (r#"{"a":1,}"#, syntax(7, "a member name")),
        (r#"{"a" 1}"#, syntax(5, "`:`")),
        (r#"{"a":1 "b"}"#, syntax(7, "`,` or `}`")),
        ("-", syntax(1, "a digit")),
        ("1.e5", syntax(2, "a digit")),
        ("1e+", syntax(3, "a digit")),
        ("+1", syntax(0, "a value")),
        ("NaN", syntax(0, "a value")),
        ("\"a\nb\"", syntax(2, "an escaped control character")),
        (r#""a"#, syntax(2, "`\"`")),
        (r#""a\"#, syntax(2, "an escape sequence")),
        (r#""\x""#, syntax(1, "an escape sequence")),
        (r#""\u12g4""#, syntax(3, "four hex digits")),
        (r#""\u12"#, syntax(3, "four hex digits")),
        (r#""\u+123""#, syntax(3, "four hex digits")),
        ("0x", (1, JsonErrorKind::TrailingData)),
        ("{} {}", (3, JsonErrorKind::TrailingData)),
        ("\u{feff}1", (0, JsonErrorKind::ByteOrderMark)),
        (r#""\ud800""#, (1, JsonErrorKind::LoneSurrogate)),
        (r#""\udc00""#, (1, JsonErrorKind::LoneSurrogate)),
        (r#""\ud800\u0041""#, (1, JsonErrorKind::LoneSurrogate)),
        (r#""\ud800\ud800""#, (1, JsonErrorKind::LoneSurrogate)),
        (r#""\ud800\ue000""#, (1, JsonErrorKind::LoneSurrogate)),
        (r#"["x", 1e20]"#, (6, JsonErrorKind::NumberNotExact { token: "1e20".into() })),
        (r#"{"a":1,"b":2,"\u0061":3}"#, (13, JsonErrorKind::DuplicateKey { key: "a".into() })),
    ] {
        assert_eq!(kind(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(kind(b"[\"\xff\"]"), (2, JsonErrorKind::InvalidUtf8));
    assert_eq!(kind(b"\"\xed\xa0\x80\""), (1, JsonErrorKind::InvalidUtf8));
}

#[test]
fn escapes_are_resolved() {
    let json = parse(r#""\"\\\/\b\f\n\r\t\u00E9\uD83D\ude00 \u0000""#.as_bytes(), Limits::bytes(100));
    assert_eq!(json, Ok(Json::from("\"\\/\u{8}\u{c}\n\r\té😀 \0")));
}

#[test]
fn budgets_hold() {
    assert_eq!(parse(b"[0]", Limits::bytes(2)), Err(JsonError::new(2, JsonErrorKind::TooLarge)));
    assert!(parse(b"[0]", Limits::bytes(3)).is_ok());
    let nested = |depth: usize| format!("{}0{}", "[{\"k\":".repeat(depth / 2), "}]".repeat(depth / 2));
    let at = |depth, allowed| {
        parse(nested(depth).as_bytes(), Limits { depth: allowed, ..Limits::bytes(10_000_000) })
    };
    assert!(at(64, 64).is_ok());
    assert_eq!(at(66, 64).unwrap_err().kind, JsonErrorKind::TooDeep);
    assert_eq!(at(2, 1), Err(JsonError::new(1, JsonErrorKind::TooDeep)));
    let values = |allowed| parse(br#"[{"a":[]},1]"#, Limits::bytes(100).values(allowed));
    assert!(values(4).is_ok());
    assert_eq!(values(3), Err(JsonError::new(10, JsonErrorKind::TooLarge)));
    // A larger figure does not reach the stack's end.
    assert_eq!(at(1_000_000, usize::MAX).unwrap_err().kind, JsonErrorKind::TooDeep);
}

#[test]
fn a_string_ends_where_its_quote_stands_and_nowhere_else() {
    for length in 0..3 * RUN {
        let text = "ä".repeat(length % 3) + &"a".repeat(length);
        let document = format!("[\"{text}\",\"{text}\\n{text}\"]");
        let expected = [text.clone(), format!("{text}\n{text}")].map(Json::String);
        assert_eq!(parse(document.as_bytes(), Limits::bytes(1000)), Ok(Json::Array(expected.into())));
        let control = format!("\"{text}\u{1f}{}\"", "b".repeat(RUN));
        let expected = JsonErrorKind::Syntax { expected: "an escaped control character" };
        assert_eq!(kind(control.as_bytes()), (1 + text.len(), expected));
    }
}
