//! The content of entries.

use super::*;

pub(super) fn in_the_content() -> Vec<Case> {
    const BZIP2: &[u8] =
        b"BZh91AY&SY\x77\x4b\xb0\x14\0\0\0\0\x80\0\x40\x20\0\x21\x18\x46\x82\xee\x48\xa7\x0a\x12\x0e\xe9\x76\x02\x80";
    let flagged = |flags| wheel(vec![entry("x", "1").flags(flags)]);
    vec![
        case(
            "compressed by bzip2",
            &wheel(vec![entry("x", "x").data(BZIP2).method(12)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Method { method: 12, .. }))),
        ),
        case("encrypted", &flagged(1), Fails, Refuses(|e| matches!(e, Zip(ZipError::Encrypted { .. })))),
        case(
            "encrypted strongly",
            &flagged(1 << 6),
            Fails,
            Refuses(|e| matches!(e, Zip(ZipError::Encrypted { .. }))),
        ),
        case(
            "an encrypted directory",
            &flagged(1 << 13),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Encrypted { .. }))),
        ),
        case(
            "a flag that nobody knows",
            &flagged(1 << 4),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Flags { flags: 16, .. }))),
        ),
        case(
            "a wrong checksum",
            &wheel(vec![entry("x", "1").local(|header| header[14] ^= 1).central(|record| record[16] ^= 1)]),
            Fails,
            Refuses(|e| matches!(e, Zip(ZipError::Content { .. }))),
        ),
        case(
            "content that goes on after its stated size",
            &wheel(vec![entry("x", "one").data(deflate(b"one, and two")).method(8)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Content { .. }))),
        ),
        case(
            "bytes after the deflated content",
            &wheel(vec![entry("x", "one").data([deflate(b"one"), b"hidden".to_vec()].concat()).method(8)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Content { .. }))),
        ),
        case(
            "a descriptor that says otherwise",
            &wheel(vec![entry("x", "1").deflated().descriptor().after(*b"PK\x07\x08abcdefghijkl")]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Descriptor { .. }))),
        ),
        case(
            "a descriptor of another length",
            &wheel(vec![entry("x", "1").deflated().descriptor().after([0; 12])]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Descriptor { .. }))),
        ),
        case(
            "a descriptor of stored content",
            &wheel(vec![entry("x", "1").descriptor()]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Descriptor { what: "of stored content", .. }))),
        ),
        case(
            "a bomb",
            &wheel(vec![entry("x", vec![0; 65 << 20]).deflated()]),
            SEES_X,
            Refuses(|e| matches!(e, Bomb { limit } if *limit == 64 << 20)),
        ),
        case(
            "more entries than are read",
            &wheel((0..200_001).map(|number| entry(format!("x/{number}"), "")).collect()),
            Sees(&["x/0"]),
            Refuses(|e| matches!(e, TooMany { limit: 200_000 })),
        ),
        case(
            "a name that no system unpacks",
            &wheel(vec![entry("a/".repeat(2500) + "x", "")]),
            SEES,
            Refuses(|e| matches!(e, NameTooLong { limit: 4096 })),
        ),
    ]
}
