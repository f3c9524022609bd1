//! Releases after others that were accepted before.

use mcpsign_tests::forge::{Key, Release, statement};
use serde_json::json;

use crate::Result;
use crate::maker::{Maker, line};
use crate::policy::{PROVENANCE, deciding};
use crate::tools::{set_tools, tool};

pub(crate) fn histories(maker: &Maker) -> Result<()> {
    let before = |version: &str, key: &Key, bend: &dyn Fn(&mut Release) -> Result<()>| -> Result<Vec<u8>> {
        let mut release = Release::honest()?;
        release.sbom["metadata"]["properties"] =
            json!([{ "name": "mcpsign:cataloger", "value": "javascript/package-json complete" }]);
        bend(&mut release)?;
        let text = release.sbom.to_string().replace("notes-mcp@1.4.0", &format!("notes-mcp@{version}"));
        release.sbom = serde_json::from_str(&text)?;
        release.rebind();
        release.manifest["packages"][0]["purl"] = json!(format!("pkg:npm/%40acme/notes-mcp@{version}"));
        let sbom = line(key, &release.sbom_statement())?;
        Ok([sbom, line(key, &release.manifest_statement())?].concat())
    };
    let same = |_: &mut Release| Ok(());
    let rule =
        |rule: &str| deciding(maker, &format!("      continuity: {{ firstSeen: deny, {rule}: deny }}\n"));
    // One more dependency, and one more program that runs when the release is installed.
    let mut needy = Release::honest()?;
    needy.sbom["components"] =
        json!([{ "type": "library", "name": "plain-crypto-js", "purl": "pkg:npm/plain-crypto-js@4.2.1" }]);
    needy.rebind();
    let mut scripted = needy.clone();
    scripted.sbom["components"][0]["properties"] =
        json!([{ "name": "mcpsign:installScript", "value": "true" }]);
    scripted.rebind();
    let mut writing = Release::honest()?;
    let mut harmful = Release::read_note();
    harmful["annotations"] = json!({ "readOnlyHint": false });
    set_tools(&mut writing, &[harmful, Release::add_note()])?;
    let built = statement(
        &writing.subjects,
        PROVENANCE,
        &json!({
            "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
            "runDetails": { "builder": { "id": "https://build.example/runner" } }
        }),
    );
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], Vec<u8>, Vec<u8>, String);
    let honest = maker.evidence(&Release::honest()?)?;
    let first = Vec::new();
    let rows: [Row<'_>; 9] = [
        (
            "verify_history",
            "It goes on from the release before.",
            &[],
            honest.clone(),
            before("1.3.0", &maker.key, &same)?,
            rule("signerChanged"),
        ),
        (
            "verify_b34_version_back_deny",
            "B34: an older version than one that was accepted.",
            &["freshness/version-back"],
            honest.clone(),
            before("1.10.0", &maker.key, &same)?,
            rule("versionBack"),
        ),
        (
            "verify_i16_signer_changed_deny",
            "I16: the name is the same, and somebody else signs.",
            &["freshness/signer-changed"],
            honest.clone(),
            before("1.3.0", &maker.other, &same)?,
            rule("signerChanged"),
        ),
        (
            "verify_i12_new_dependency_deny",
            "I12: a patch release needs a package that the one before did not.",
            &["freshness/new-dependency"],
            maker.evidence(&needy)?,
            before("1.4.0-rc.1", &maker.key, &same)?,
            rule("newDependency"),
        ),
        (
            "verify_i12_new_install_script_deny",
            "I12: a package that it needs runs a program when it is installed, which none did before.",
            &["freshness/new-install-script"],
            maker.evidence(&scripted)?,
            before("1.3.0", &maker.key, &same)?,
            rule("newInstallScript"),
        ),
        (
            "verify_i17_tools_changed_deny",
            "I17: a tool was there that is gone.",
            &["freshness/tools-changed"],
            honest.clone(),
            before("1.3.0", &maker.key, &|release: &mut Release| {
                set_tools(
                    release,
                    &[Release::read_note(), Release::add_note(), tool("wipe", "Wipe all notes.")],
                )
            })?,
            rule("toolsChanged"),
        ),
        (
            "verify_hints_changed_deny",
            "A tool that may write was called harmless before.",
            &["freshness/hints-changed"],
            maker.evidence(&writing)?,
            before("1.3.0", &maker.key, &same)?,
            rule("hintsChanged"),
        ),
        (
            "verify_i16_provenance_gone_deny",
            "I16: the release before said how it was built, and this one does not.",
            &["freshness/provenance-gone"],
            honest.clone(),
            [before("1.3.0", &maker.key, &same)?, line(&maker.key, &built)?].concat(),
            rule("provenanceGone"),
        ),
        (
            "verify_i07_first_seen_deny",
            "I07: nobody knows an earlier release of this server.",
            &["freshness/first-seen"],
            honest,
            first,
            rule("signerChanged"),
        ),
    ];
    for (name, why, codes, evidence, before, policy) in rows {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = Some(evidence);
        case.policy = Some(policy);
        // A folder without releases is one with nothing but what a dot begins.
        case.files = match before.as_slice() {
            [] => vec![("history/.keep", Vec::new())],
            _ => vec![("history/before.jsonl", before)],
        };
        maker.write(&case)?;
    }
    Ok(())
}
