//! What is known of a component, by records that the reader compiles: `osv/`, whose files are OSV's.

use mcpsign_tests::forge::{Release, statement};
use serde_json::{Value, json};

use crate::Result;
use crate::maker::{Maker, line};
use crate::policy::{OPENVEX, deciding};

pub(crate) fn advisories(maker: &Maker) -> Result<()> {
    let ws = json!([{ "type": "library", "name": "ws", "version": "8.0.0", "purl": "pkg:npm/ws@8.0.0" }]);
    let of = |purl: &str| json!([{ "type": "library", "name": "ws", "purl": purl }]);
    let says = |demand: &str| {
        format!("      advisories: {{ snapshot: required, severity: low, unevaluated: undecided{demand} }}\n")
    };
    let informational = |kind: &str| {
        let mut record = record("RUSTSEC-2026-0001");
        record["affected"][0]["package"] = json!({ "ecosystem": "crates.io", "name": "ws" });
        record["affected"][0]["database_specific"] = json!({ "informational": kind });
        record
    };
    let (known, malicious) = (record("GHSA-aaaa-bbbb-cccc"), record("MAL-2026-1"));
    let mut odd = record("GHSA-dddd-eeee-ffff");
    let mut of_another = known.clone();
    of_another["affected"][0]["package"]["name"] = json!("another");
    odd["affected"][0]["ranges"] = json!("before 8.0.1");
    let (crates, kinds) = (of("pkg:cargo/ws@8.0.0"), ", kinds: [unsound, unmaintained, notice]");
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a Value, Option<Value>, String);
    let rows: [Row<'_>; 12] = [
        (
            "verify_i04_malicious_deny",
            "I04: a component is malware.",
            &["advisories/malicious"],
            &ws,
            Some(malicious),
            says(""),
        ),
        (
            "verify_vulnerable_deny",
            "A component has a vulnerability that counts.",
            &["advisories/vulnerable"],
            &ws,
            Some(known.clone()),
            says(""),
        ),
        (
            "verify_not_vulnerable",
            "A version in which it is mended.",
            &[],
            &of("pkg:npm/ws@8.0.1"),
            Some(known.clone()),
            says(""),
        ),
        (
            "verify_unsound_deny",
            "A crate that can be used so that memory is not safe.",
            &["advisories/unsound"],
            &crates,
            Some(informational("unsound")),
            says(kinds),
        ),
        (
            "verify_unmaintained_deny",
            "A crate that nobody looks after.",
            &["advisories/unmaintained"],
            &crates,
            Some(informational("unmaintained")),
            says(kinds),
        ),
        (
            "verify_notice_deny",
            "A crate of which there is something to know.",
            &["advisories/notice"],
            &crates,
            Some(informational("notice")),
            says(kinds),
        ),
        (
            "verify_version_unknown_undecided",
            "Something is known of the package, and nobody says which version this is.",
            &["advisories/version-unknown"],
            &of("pkg:npm/ws"),
            Some(known.clone()),
            says(""),
        ),
        (
            "verify_not_covered_undecided",
            "Nothing is known of the ecosystem: not even that there is nothing.",
            &["advisories/not-covered"],
            &of("pkg:pypi/ws@8.0.0"),
            Some(known.clone()),
            says(""),
        ),
        (
            "verify_coverage_undecided",
            "Too few components could be looked up.",
            &["advisories/coverage"],
            &of("pkg:pypi/ws@8.0.0"),
            Some(known.clone()),
            says(", coverage: 90"),
        ),
        (
            "verify_not_understood_undecided",
            "A record names the package, and nobody can tell which versions it is about.",
            &["advisories/not-understood"],
            &ws,
            Some(json!([of_another, odd])),
            says(""),
        ),
        (
            "verify_nothing_catalogued_deny",
            "The SBOM lists nothing, and does not say that there is nothing.",
            &["advisories/nothing-catalogued"],
            &json!([]),
            Some(known),
            says(""),
        ),
        (
            "verify_advisories_not_given_undecided",
            "The policy asks for advisories, and none were handed in.",
            &["evidence/not-looked-at"],
            &ws,
            None,
            says(""),
        ),
    ];
    for (name, why, codes, components, record, require) in rows {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = Some(maker.evidence(&listing(components)?)?);
        case.policy = Some(deciding(maker, &require));
        case.files = record.map(files).unwrap_or_default();
        maker.write(&case)?;
    }
    vex(maker, &ws)
}

/// Somebody whose word counts says that the release is not affected; or in a form that says nothing.
fn vex(maker: &Maker, components: &Value) -> Result<()> {
    let release = listing(components)?;
    let says = |statements: Value| {
        json!({
            "@context": OPENVEX, "@id": "https://acme.example/vex/1", "author": "Acme", "version": 1,
            "timestamp": "2026-11-02T00:00:00Z", "statements": statements
        })
    };
    let not_affected = json!([{
        "vulnerability": { "name": "GHSA-aaaa-bbbb-cccc" }, "products": [{
            "@id": "pkg:npm/%40acme/notes-mcp@1.4.0", "subcomponents": [{ "@id": "pkg:npm/ws@8.0.0" }]
        }],
        "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"
    }]);
    let require = "      advisories: { snapshot: required, severity: low, unevaluated: undecided, vex: { signers: [security] } }\n";
    for (name, why, code, document) in [
        (
            "verify_vex_suppressed",
            "Somebody whose word counts says that it does no harm here; it stays visible.",
            "advisories/vex-suppressed",
            says(not_affected),
        ),
        (
            "verify_vex_malformed_deny",
            "A statement of no status says nothing.",
            "advisories/vex-malformed",
            says(json!([{ "vulnerability": { "name": "GHSA-aaaa-bbbb-cccc" } }])),
        ),
    ] {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        let said = line(&maker.other, &statement(&release.subjects, OPENVEX, &document))?;
        case.evidence = Some([maker.evidence(&release)?, said].concat());
        case.policy = Some(deciding(maker, require));
        case.files = files(record("GHSA-aaaa-bbbb-cccc"));
        maker.write(&case)?;
    }
    Ok(())
}

/// The honest release, made of these.
fn listing(components: &Value) -> Result<Release> {
    let mut release = Release::honest()?;
    release.sbom["components"] = components.clone();
    release.rebind();
    Ok(release)
}

/// Of `ws` before 8.0.1, of npm.
fn record(id: &str) -> Value {
    json!({
        "id": id, "modified": "2026-11-01T00:00:00Z",
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        "affected": [{
            "package": { "ecosystem": "npm", "name": "ws" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "8.0.1" }] }]
        }]
    })
}

/// A record, or several.
fn files(records: Value) -> Vec<(&'static str, Vec<u8>)> {
    let records = if let Value::Array(records) = records { records } else { vec![records] };
    let written = records.iter().map(|record| format!("{record:#}\n").into_bytes());
    ["osv/record.json", "osv/other.json"].into_iter().zip(written).collect()
}
