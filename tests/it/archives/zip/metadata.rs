//! What a wheel says of itself.

use super::*;

pub(super) fn in_the_metadata() -> Vec<Case> {
    let format = "Wheel-Version: 1.0\n";
    vec![
        case(
            "a row of RECORD without a file",
            &wheel_of(METADATA, format, vec![], "gone.py,sha256=AA,1\n"),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Record { .. }))),
        ),
        case(
            "a file that RECORD does not list",
            &Zip::of(wheel(vec![]).entries.into_iter().chain([entry("x", "1")]).collect()),
            SEES_X,
            Refuses(
                |e| matches!(e, Wheel(WheelError::Record { what: "a file that is not listed", path }) if path == "x"),
            ),
        ),
        case(
            "a file that is not RECORD's",
            &{
                let mut zip = wheel(vec![]);
                zip.entries[0] = entry("evil/__init__.py", "two = 2\n");
                zip
            },
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Record { what: "another digest", .. }))),
        ),
        case(
            "another version in METADATA",
            &wheel_of("Metadata-Version: 2.1\nName: evil\nVersion: 2.0\n", format, vec![], ""),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Disagree { .. }))),
        ),
        case(
            "another name in METADATA",
            &wheel_of("Metadata-Version: 2.1\nName: good\nVersion: 1.0\n", format, vec![], ""),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Disagree { .. }))),
        ),
        case(
            "two names in METADATA",
            &wheel_of("Metadata-Version: 2.1\nName: evil\nName: good\nVersion: 1.0\n", format, vec![], ""),
            SEES,
            Refuses(|e| matches!(e, Manifest { source: ManifestError::Python(_), .. })),
        ),
        case(
            "another wheel's folder of data, which pip installs and uv does not",
            &wheel(vec![entry("other-1.data/purelib/x.py", "1")]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Data { what: "it is not the wheel's own", .. }))),
        ),
        case(
            "data for a place that nobody knows",
            &wheel(vec![entry("evil-1.0.data/elsewhere/x", "1")]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Data { what: "no installer knows the place", .. }))),
        ),
        case(
            "data over the wheel's own module",
            &wheel(vec![entry("evil-1.0.data/purelib/evil/__init__.py", "two = 2\n")]),
            SEES,
            Refuses(|e| {
                matches!(e, Wheel(WheelError::Data { what: "another file goes to the same path", .. }))
            }),
        ),
        case(
            "one module for both libraries",
            &wheel(vec![entry("evil-1.0.data/purelib/x.py", "1"), entry("evil-1.0.data/platlib/X.py", "2")]),
            SEES,
            Refuses(|e| {
                matches!(e, Wheel(WheelError::Data { what: "another file goes to the same path", .. }))
            }),
        ),
        case(
            "data over the metadata",
            &wheel(vec![entry("evil-1.0.data/purelib/evil-1.0.dist-info/METADATA", "Name: good\n")]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Data { what: "it goes into metadata", .. }))),
        ),
        case(
            "data among the modules of an environment",
            &wheel(vec![entry("evil-1.0.data/data/lib/python3.11/site-packages/x.py", "1")]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Data { what: "it reaches where modules lie", .. }))),
        ),
        case(
            "a second folder of metadata",
            &wheel(vec![entry("good-1.0.dist-info/METADATA", METADATA)]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::DistInfo))),
        ),
        case(
            "a second folder of metadata in capitals",
            &wheel(vec![entry("evil-1.0.DIST-INFO/METADATA", METADATA)]),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::DistInfo))),
        ),
        case(
            "a format to come",
            &wheel_of(METADATA, "Wheel-Version: 2.0\n", vec![], ""),
            SEES,
            Refuses(|e| matches!(e, Wheel(WheelError::Version))),
        ),
        Case {
            file: "good-1.0-py3-none-any.whl",
            ..case(
                "called like another package",
                &wheel(vec![]),
                SEES,
                Refuses(|e| matches!(e, Wheel(WheelError::Disagree { .. }))),
            )
        },
        Case {
            file: "evil.whl",
            ..case(
                "called like no wheel",
                &wheel(vec![]),
                SEES,
                Refuses(|e| matches!(e, Wheel(WheelError::FileName { .. }))),
            )
        },
        Case {
            file: "evil.mcpb",
            ..case(
                "a wheel called like a bundle",
                &wheel(vec![]),
                SEES,
                Refuses(|e| matches!(e, NotThatForm { form: PackageForm::Mcpb })),
            )
        },
    ]
}
