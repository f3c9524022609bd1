//! What a statement is about.

use serde_json::{Value, json};

use crate::Result;
use crate::maker::Maker;

pub(crate) fn subjects(maker: &Maker) -> Result<()> {
    type Bend = fn(&mut Value);
    let cases: [(&str, &str, &[&str], Bend); 9] = [
        ("verify_b18_no_subject_deny", "B18: a statement about nothing.", &["subject/none"], |s| {
            *s = json!([])
        }),
        (
            "verify_b18_no_digest_deny",
            "B18: a subject that matches by name only.",
            &["subject/digest-missing"],
            |s| s[0]["digest"] = json!({}),
        ),
        ("verify_b18_sha1_only_deny", "B18: SHA-1 never suffices.", &["subject/digest-missing"], |s| {
            s[0]["digest"] = json!({ "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709" })
        }),
        (
            "verify_b18_unknown_algorithm_only_deny",
            "B18: a digest of an algorithm that we do not know binds nothing.",
            &["subject/digest-missing"],
            |s| s[0]["digest"] = json!({ "quantum512": "00" }),
        ),
        (
            "verify_sha512_only_deny",
            "A statement of ours needs SHA-256, though SHA-512 is right.",
            &["subject/digest-missing"],
            |s| {
                s[0]["digest"].as_object_mut().map(|digest| digest.remove("sha256"));
            },
        ),
        (
            "verify_b25_sha512_wrong_deny",
            "B25: SHA-256 is right and SHA-512 is not.",
            &["subject/digest-conflict"],
            |s| s[0]["digest"]["sha512"] = json!("00".repeat(64)),
        ),
        (
            "verify_b25_sha256_wrong_deny",
            "B25: SHA-512 is right and SHA-256 is not.",
            &["subject/digest-conflict"],
            |s| s[0]["digest"]["sha256"] = json!("00".repeat(32)),
        ),
        (
            "verify_tree_subject_for_file_deny",
            "A subject of the tree type does not match a file, whatever its digest.",
            &["subject/form-mismatch"],
            |s| s[0]["mediaType"] = json!("application/vnd.mcpsign.tree.v1"),
        ),
        (
            "verify_duplicate_subject_name_deny",
            "Two subjects of one name.",
            &["subject/duplicate-name"],
            |s| {
                let mut twin = s[0].clone();
                twin["digest"] = json!({ "sha256": "11".repeat(32) });
                *s = json!([s[0].clone(), twin]);
            },
        ),
    ];
    for (name, why, codes, bend) in cases {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = maker.bent_subjects(bend)?;
        maker.write(&case)?;
    }

    for (name, why, codes, purl) in [
        (
            "verify_package_name_mismatch_deny",
            "The tarball calls itself by another name than the one signed for it.",
            &["subject/name-mismatch"][..],
            "pkg:npm/%40acme/other@1.4.0",
        ),
        (
            "verify_package_version_mismatch_deny",
            "The tarball calls itself another version than the one signed for it.",
            &["subject/version-mismatch"],
            "pkg:npm/%40acme/notes-mcp@1.4.1",
        ),
    ] {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = maker.bent_manifest(|manifest| manifest["packages"][0]["purl"] = json!(purl))?;
        maker.write(&case)?;
    }
    Ok(())
}
