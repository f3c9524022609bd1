//! Lists of what counts no more.

use mcpsign_tests::forge::{Release, jcs, sha256, statement};
use serde_json::{Value, json};

use crate::Result;
use crate::maker::{Maker, line};
use crate::policy::{REVOCATION, deciding};

const AUTHORITY: &str = "https://acme.example/mcpsign";

pub(crate) fn revocations(maker: &Maker) -> Result<()> {
    let release = Release::honest()?;
    let list = |sequence: u32, next: &str, entries: Value| -> Result<Vec<u8>> {
        let subjects = json!([{ "name": AUTHORITY, "digest": { "sha256": sha256(AUTHORITY.as_bytes()) } }]);
        let list = json!({
            "authority": AUTHORITY, "sequence": sequence, "createdOn": "2026-11-01T00:00:00Z", "nextUpdate": next,
            "entries": entries
        });
        line(&maker.other, &statement(&subjects, REVOCATION, &list))
    };
    let asks =
        format!("      revocations: {{ authorities: [{{ uri: {AUTHORITY:?}, signers: [security] }}] }}\n");
    let (far, past) = ("2100-01-01T00:00:00Z", "2026-11-02T00:00:00Z");
    let none = json!([{ "digest": { "sha256": "77d4".repeat(16) } }]);
    type Lists<'a> = (&'a str, &'a str, &'a [&'a str], Vec<(&'a str, Vec<u8>)>);
    let rows: [Lists<'_>; 9] = [
        (
            "verify_revocations",
            "The authority's list is current, and has nothing of this; nobody knows a newer one.",
            &["freshness/no-rollback-protection"],
            vec![("revocations.jsonl", list(2, far, none.clone())?)],
        ),
        (
            "verify_b34_artifact_revoked_deny",
            "B34: these bytes were taken back.",
            &["freshness/artifact-revoked"],
            vec![(
                "revocations.jsonl",
                list(
                    2,
                    far,
                    json!([{ "digest": { "sha256": sha256(&release.artifact) }, "reason": "malware" }]),
                )?,
            )],
        ),
        (
            "verify_b34_package_revoked_deny",
            "B34: versions before 1.4.1 were taken back.",
            &["freshness/package-revoked"],
            vec![(
                "revocations.jsonl",
                list(
                    2,
                    far,
                    json!([{ "package": "pkg:npm/%40acme/notes-mcp", "versions": "vers:npm/<1.4.1" }]),
                )?,
            )],
        ),
        (
            "verify_b34_key_revoked_deny",
            "B34: the key was revoked, and nothing proves that it signed before.",
            &["freshness/key-revoked"],
            vec![(
                "revocations.jsonl",
                list(
                    2,
                    far,
                    json!([{ "key": { "spkiSha256": sha256(&maker.key.spki()) }, "since": "2026-11-01T00:00:00Z" }]),
                )?,
            )],
        ),
        (
            "verify_b34_statement_revoked_deny",
            "B34: the manifest was taken back, whoever signed it.",
            &["freshness/statement-revoked"],
            vec![(
                "revocations.jsonl",
                list(
                    2,
                    far,
                    json!([{ "statement": { "payload": { "sha256": sha256(&jcs(&release.manifest_statement())) } } }]),
                )?,
            )],
        ),
        (
            "verify_revocations_unusable_undecided",
            "A list whose one entry says nothing: nobody knows what was taken back.",
            &["freshness/revocations-unusable"],
            vec![("revocations.jsonl", list(2, far, json!([{}]))?)],
        ),
        (
            "verify_b34_revocations_rolled_back_deny",
            "B34: an older list than one that was seen before.",
            &["freshness/revocations-rolled-back"],
            vec![
                ("revocations.jsonl", list(1, far, none.clone())?),
                ("history/list.jsonl", list(2, far, none.clone())?),
            ],
        ),
        (
            "verify_revocations_outdated_undecided",
            "A newer list was due: what was taken back since is not in this one.",
            &["freshness/revocations-outdated"],
            vec![("revocations.jsonl", list(2, past, none)?)],
        ),
        (
            "verify_revocations_missing_undecided",
            "The policy asks for a list, and none was given.",
            &["freshness/revocations-missing"],
            vec![],
        ),
    ];
    for (name, why, codes, files) in rows {
        let mut case = maker.case(name, why, codes)?;
        case.policy = Some(deciding(maker, &asks));
        case.files = files;
        maker.write(&case)?;
    }
    Ok(())
}
