//! What the directory states, and the headers before the content.

use super::*;

pub(super) fn in_the_directory() -> Vec<Case> {
    let extra = |bytes: Vec<u8>| wheel(vec![entry("x", "").extra(vec![], bytes)]);
    vec![
        case(
            "another name before the content",
            &wheel(vec![entry("x", "").local(|header| header[30] = b'y')]),
            Fails,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "the name", .. }))),
        ),
        case(
            "another checksum before the content",
            &wheel(vec![entry("x", "1").local(|header| header[14] ^= 1)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "the checksum", .. }))),
        ),
        case(
            "another size before the content",
            &wheel(vec![entry("x", "1").local(|header| header[22] = 9)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "sizes", .. }))),
        ),
        case(
            "another method before the content",
            &wheel(vec![entry("x", "1").local(|header| header[8] = 8)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "the method", .. }))),
        ),
        case(
            "other flags before the content",
            &wheel(vec![entry("x", "1").local(|header| header[6] = 2)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "flags", .. }))),
        ),
        case(
            "two names for one content",
            &wheel(vec![
                entry("x", "1"),
                entry("y", "1").central(|record| {
                    // 30 bytes of header, one of name, one of content.
                    let offset = u32::from_le_bytes([record[42], record[43], record[44], record[45]]);
                    record[42..46].copy_from_slice(&offset.wrapping_sub(32).to_le_bytes());
                }),
            ]),
            Varies,
            Refuses(|e| matches!(e, Zip(ZipError::Tiling { .. } | ZipError::Mismatch { .. }))),
        ),
        case(
            "bytes between entries",
            &wheel(vec![entry("x", "1").after("hidden")]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Tiling { .. }))),
        ),
        case(
            "an entry that the directory leaves out",
            &wheel(vec![entry("x", "1").after(wheel(vec![]).bytes())]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Tiling { .. }))),
        ),
        case(
            "a comment of an entry",
            &wheel(vec![entry("x", "1").central(|record| {
                record[32] = 2;
                record.extend_from_slice(b"hi");
            })]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Comment))),
        ),
        case(
            "an entry on another disk",
            &wheel(vec![entry("x", "1").central(|record| record[34] = 1)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::MultiDisk))),
        ),
        case(
            "an extra field that is cut off",
            &extra(b"\xfe\xca\x09\x00a".to_vec()),
            Fails,
            Refuses(|e| matches!(e, Zip(ZipError::Extra { what: "malformed", .. }))),
        ),
        case(
            "an extra field twice",
            &extra([field(0xcafe, b"1"), field(0xcafe, b"2")].concat()),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Extra { what: "it stands twice", .. }))),
        ),
        case(
            "another name in an extra field",
            &extra(field(
                0x7075,
                &[&[1], &rawzip::crc32(b"x").to_le_bytes()[..], b"evil/__init__.py"].concat(),
            )),
            Varies,
            Refuses(|e| matches!(e, Zip(ZipError::Extra { what: "another name", .. }))),
        ),
        case(
            "other sizes in a ZIP64 field that nothing asks for",
            &extra(field(1, &[9; 16])),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Extra { what: "ZIP64 field without need", .. }))),
        ),
        case(
            "no ZIP64 field where the size asks for it",
            &wheel(vec![entry("x", "1").central(|record| record[24..28].fill(0xff))]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Extra { .. }))),
        ),
    ]
}
