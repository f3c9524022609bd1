//! Archives that are as they should be, and those that are no package.

use super::*;

pub(super) fn good_wheels() -> Vec<Case> {
    let repeated = [1_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat();
    let full = |header: &mut Vec<u8>, at: usize| header[at..at + 8].fill(0xff);
    vec![
        case("as it should be", &wheel(vec![]), SEES, Takes),
        case("folders listed", &wheel(vec![entry("evil/", ""), entry("empty/", "")]), SEES, Takes),
        case("other letters", &wheel(vec![entry("ü/日本.txt", "1")]), Sees(&["ü/日本.txt"]), Takes),
        case("executable", &wheel(vec![entry("x", "1").mode(0o100_755)]), SEES_X, Takes),
        case("no mode", &wheel(vec![entry("x", "1").mode(0)]), SEES_X, Takes),
        case("nothing in it", &wheel(vec![entry("x", "").deflated(), entry("y", "")]), SEES_X, Takes),
        case("a descriptor", &wheel(vec![entry("x", "1").deflated().descriptor()]), SEES_X, Takes),
        case(
            "a time of day",
            &wheel(vec![entry("x", "1").extra(field(0x5455, b"\x03abcdefgh"), field(0x5455, b"\x03abcd"))]),
            SEES_X,
            Takes,
        ),
        case(
            "sizes twice, as CPython writes them",
            &wheel(vec![entry("x", "1").extra(field(1, &repeated), vec![])]),
            SEES_X,
            Takes,
        ),
        case(
            "long sizes",
            &wheel(vec![
                entry("x", "1")
                    .extra(field(1, &repeated), field(1, &repeated))
                    .local(move |header| full(header, 18))
                    .central(move |record| full(record, 20)),
            ]),
            SEES_X,
            Takes,
        ),
        case("long end records", &wheel(vec![]).zip64(), SEES, Takes),
        case("a comma in a name", &wheel(vec![entry("a, b.txt", "1")]), Sees(&["a, b.txt"]), Takes),
        case("a large file", &wheel(vec![entry("x", vec![7; 3 << 20]).deflated()]), SEES_X, Takes),
        Case { file: "evil.zip", ..case("under another name", &wheel(vec![]), SEES, Takes) },
        Case {
            file: "Evil-1.0.0-1a-py3-none-any.whl",
            ..case("a name that is equal", &wheel(vec![]), SEES, Takes)
        },
        Case {
            file: "a.zip",
            ..case("no package", &Zip::of(vec![entry("../x", "1")]), Sees(&["../x"]), File)
        },
        Case {
            file: "packed-environment.zip",
            ..case(
                "several packages",
                &wheel(vec![entry("good-1.0.dist-info/METADATA", METADATA)]),
                SEES,
                File,
            )
        },
    ]
}

pub(super) fn good_bundles() -> Vec<Case> {
    let der = b"\x30\x03\x02\x01\x01";
    let old = MANIFEST.replace("\"manifest_version\":\"0.3\"", "\"dxt_version\":\"0.1\"");
    vec![
        packed("as it should be", &bundle(vec![]), SEES_I, Takes),
        packed("other letters", &bundle(vec![entry("ü/日本.txt", "1")]), Sees(&["ü/日本.txt"]), Takes),
        packed("signed", &bundle(vec![]).tail(frame(der, 5)), SEES_I, Takes),
        packed("signed, the frame a comment", &bundle(vec![]).comment(frame(der, 5)), SEES_I, Takes),
        packed(
            "packages inside",
            &bundle(vec![
                entry("lib/a-1.0.dist-info/METADATA", ""),
                entry("lib/b-1.0.dist-info/METADATA", ""),
                entry("node_modules/x/manifest.json", ""),
            ]),
            SEES_I,
            Takes,
        ),
        packed(
            "an entry with a descriptor",
            &bundle(vec![entry("x", "1").deflated().descriptor()]),
            SEES_X,
            Takes,
        ),
        Case {
            file: "evil.dxt",
            ..packed(
                "before it was renamed",
                &Zip::of(vec![entry("manifest.json", old)]),
                Sees(&["manifest.json"]),
                Takes,
            )
        },
        Case { file: "evil", ..packed("under another name", &bundle(vec![]), SEES_I, Takes) },
        Case {
            file: "extension.zip",
            ..packed(
                "of a browser",
                &Zip::of(vec![entry("manifest.json", r#"{"manifest_version":3}"#), entry("x/../y", "")]),
                Sees(&["x/../y"]),
                File,
            )
        },
    ]
}
