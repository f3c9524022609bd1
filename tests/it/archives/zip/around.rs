//! What stands before, after and between the parts of an archive.

use super::*;

pub(super) fn around_the_archive() -> Vec<Case> {
    let inner = wheel(vec![entry("x", "")]).bytes();
    let locator =
        |offset: u64| [&b"PK\x06\x07\0\0\0\0"[..], &offset.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    vec![
        case(
            "a script before it",
            &wheel(vec![]).prefix("#!/bin/sh\n", false),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        case(
            "a script before it, offsets adjusted",
            &wheel(vec![]).prefix("#!/bin/sh\n", true),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        case(
            "bytes after it",
            &wheel(vec![]).tail("more"),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::TrailingData))),
        ),
        case(
            "a comment",
            &wheel(vec![]).comment(b"hello".to_vec()),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::Comment))),
        ),
        case(
            "another wheel in the comment",
            &wheel(vec![]).comment(inner.clone()),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        case(
            "two wheels, one after the other",
            &wheel(vec![entry("x", "")]).prefix(wheel(vec![]).bytes(), false),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        case(
            "a signature frame, which only bundles have",
            &wheel(vec![]).tail(frame(b"\x30\x00", 2)),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::TrailingData))),
        ),
        case(
            "a tar archive as well",
            &Zip::of(
                std::iter::once(entry("x", "").extra(field(0xcafe, &[0; 600]), vec![]).local(|header| {
                    header[148..156].fill(b' ');
                    let sum: u32 = header[..512].iter().map(|&b| u32::from(b)).sum();
                    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
                }))
                .chain(wheel(vec![]).entries)
                .collect(),
            ),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::AlsoTar))),
        ),
        case(
            "bytes between the last entry and the directory",
            &wheel(vec![]).before_directory("hidden"),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::Tiling { .. }))),
        ),
        case(
            "bytes between the directory and its end record",
            &wheel(vec![]).before_end("hidden"),
            Varies,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        case(
            "a ZIP64 locator that leads elsewhere",
            &wheel(vec![]).before_end(locator(3)),
            Varies,
            Refuses(|e| matches!(e, Zip(ZipError::End { .. }))),
        ),
        case(
            "a ZIP64 record without need",
            &wheel(vec![]).zip64().end(|_| ()),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::End { .. }))),
        ),
        case(
            "on the second of two disks",
            &wheel(vec![]).end(|end| end[4] = 1),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::MultiDisk))),
        ),
        case(
            "fewer entries than there are",
            &wheel(vec![]).end(|end| {
                end[8] = 1;
                end[10] = 1;
            }),
            SEES,
            Refuses(|e| matches!(e, Zip(ZipError::End { .. }))),
        ),
        Case {
            what: "no archive at all",
            file: WHEEL,
            bytes: b"PK\x03\x04 and nothing else".to_vec(),
            theirs: Fails,
            ours: Refuses(|e| matches!(e, NotThatForm { form: PackageForm::Wheel })),
        },
    ]
}
