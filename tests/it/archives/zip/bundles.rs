//! MCP bundles.

use super::*;

pub(super) fn hostile_bundles() -> Vec<Case> {
    let der = b"\x30\x03\x02\x01\x01";
    let manifest = |text: &str| Zip::of(vec![entry("manifest.json", text)]);
    vec![
        packed(
            "bytes after it",
            &bundle(vec![]).tail("more"),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::TrailingData))),
        ),
        packed(
            "bytes before it",
            &bundle(vec![]).prefix("#!/bin/sh\n", true),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::LeadingData))),
        ),
        packed(
            "fewer entries than there are",
            &bundle(vec![entry("x", "1")]).end(|end| {
                end[8] = 2;
                end[10] = 2;
            }),
            Misses("x"),
            Refuses(|e| matches!(e, Zip(ZipError::End { .. }))),
        ),
        packed(
            "a directory that stands before its end record twice",
            &bundle(vec![]).before_directory(bundle(vec![]).bytes()),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Tiling { .. }))),
        ),
        packed(
            "content that goes on after its stated size",
            &bundle(vec![entry("x", "one").data(deflate(b"one, and two")).method(8)]),
            Varies,
            Refuses(|e| matches!(e, Zip(ZipError::Content { .. }))),
        ),
        packed(
            "a wrong checksum, which fflate does not look at",
            &bundle(vec![entry("x", "1").local(|h| h[14] ^= 1).central(|r| r[16] ^= 1)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Content { .. }))),
        ),
        packed(
            "another name before the content",
            &bundle(vec![entry("x", "").local(|header| header[30] = b'y')]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::Mismatch { what: "the name", .. }))),
        ),
        packed(
            "a link",
            &bundle(vec![entry("x", "/etc/passwd").mode(0o120_777)]),
            SEES_X,
            Refuses(|e| matches!(e, Zip(ZipError::EntryType { .. }))),
        ),
        packed(
            "a path to above",
            &bundle(vec![entry("../x", "")]),
            Sees(&["../x"]),
            Refuses(|e| path_rule(e, PathRule::DotComponent)),
        ),
        packed(
            "a second manifest",
            &bundle(vec![entry("manifest.json", MANIFEST)]),
            SEES_I,
            Refuses(|e| matches!(e, SecondManifest { file: "manifest.json" })),
        ),
        packed(
            "a second manifest in capitals",
            &bundle(vec![entry("Manifest.JSON", MANIFEST)]),
            SEES_I,
            Refuses(|e| matches!(e, SecondManifest { file: "manifest.json" })),
        ),
        packed(
            "no manifest",
            &Zip::of(vec![entry("i.js", "")]),
            Sees(&["i.js"]),
            Refuses(|e| matches!(e, NotThatForm { form: PackageForm::Mcpb })),
        ),
        packed(
            "two names in the manifest",
            &manifest(&MANIFEST.replace("\"name\":\"evil\"", "\"name\":\"evil\",\"name\":\"good\"")),
            Sees(&["manifest.json"]),
            Refuses(|e| matches!(e, Manifest { source: ManifestError::Package(_), .. })),
        ),
        packed(
            "a schema to come",
            &manifest(&MANIFEST.replace("\"0.3\"", "\"9.9\"")),
            Sees(&["manifest.json"]),
            Refuses(|e| matches!(e, Manifest { source: ManifestError::Schema { .. }, .. })),
        ),
        packed(
            "two signature frames",
            &bundle(vec![]).tail([frame(der, 5), frame(der, 5)].concat()),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Signature { what: "more than one" }))),
        ),
        packed(
            "a frame of another length",
            &bundle(vec![]).tail(frame(der, 6)),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Signature { .. }))),
        ),
        packed(
            "a frame without start",
            &bundle(vec![]).tail("MCPB_SIG_END"),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Signature { what: "it has no start" }))),
        ),
        packed(
            "a frame with a text in it",
            &bundle(vec![]).tail(frame(b"hello", 5)),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Signature { .. }))),
        ),
        packed(
            "a bundle in the frame",
            &bundle(vec![]).tail({
                let inner = [&der[..], &bundle(vec![entry("x", "")]).bytes()].concat();
                frame(&inner, inner.len())
            }),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::Signature { what: "an end record in it" }))),
        ),
        packed(
            "bytes after the frame",
            &bundle(vec![]).tail([frame(der, 5), b"x".to_vec()].concat()),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::TrailingData))),
        ),
        packed(
            "bytes before the frame",
            &bundle(vec![]).tail([b"x".to_vec(), frame(der, 5)].concat()),
            SEES_I,
            Refuses(|e| matches!(e, Zip(ZipError::TrailingData))),
        ),
        packed(
            "a frame in a comment that is longer",
            &bundle(vec![]).comment([b"x".to_vec(), frame(der, 5)].concat()),
            SEES_I,
            Refuses(|e| matches!(e, Zip(_))),
        ),
        Case {
            file: "evil.zip",
            ..packed(
                "a bundle that is a wheel",
                &wheel(vec![entry("manifest.json", MANIFEST)]),
                Sees(&["manifest.json"]),
                Refuses(|e| matches!(e, Zip(ZipError::TwoForms))),
            )
        },
    ]
}
