use super::*;
use crate::canonical::Limits;
use crate::digest::{Sha256Digest, Sha512Digest};

const OURS: &str = "pkg:npm/%40acme/notes-mcp@1.4.0";
const OPENVEX_0_2: &str = "https://openvex.dev/ns/v0.2.0";

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What a document says of the notes server, whose SBOM has one component.
fn said(ty: &str, document: &str) -> Result<Vec<String>, VexError> {
    let digests =
        MeasuredDigests { sha256: Sha256Digest::of(b"notes"), sha512: Some(Sha512Digest::of(b"notes")) };
    let sbom = json(&format!(
        r#"{{"bomFormat":"CycloneDX","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,
        "metadata":{{"component":{{"bom-ref":"root","purl":"{OURS}"}}}},
        "components":[{{"bom-ref":"pkg:npm/ws@8.0.0","purl":"pkg:npm/ws@8.0.0"}}]}}"#
    ));
    let product = Product {
        packages: &[Purl::parse(OURS).unwrap()],
        digests: &digests,
        name: "notes-mcp-1.4.0.tgz",
        sboms: &[&sbom],
    };
    let words = read(&json(document), ty, &product)?;
    Ok(words
        .into_iter()
        .map(|word| {
            let ids: Vec<&str> = word.ids.iter().map(String::as_str).collect();
            let of = word.component.map_or_else(|| "all".to_owned(), |purl| purl.to_string());
            let at = word.at.map_or_else(String::new, |at| at.to_string());
            format!("{} {} {of} {at}", ids.join("+"), word.status.as_str()).trim_end().to_owned()
        })
        .collect())
}

fn openvex(statement: &str) -> Result<Vec<String>, VexError> {
    said(
        OPENVEX_0_2,
        &format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://acme.example/vex/1","author":"acme","version":1,
            "timestamp":"2026-11-01T00:00:00Z","statements":[{{"vulnerability":{{"name":"CVE-1","aliases":["GHSA-1"]}},{statement}}}]}}"#
        ),
    )
}

const NOT_AFFECTED: &str = r#""status":"not_affected","justification":"vulnerable_code_not_present""#;

#[test]
fn openvex_is_about_the_subject_where_it_names_no_product() {
    let expected = ["CVE-1+GHSA-1 not_affected all 2026-11-01T00:00:00Z"];
    assert_eq!(openvex(NOT_AFFECTED).unwrap(), expected);
    for named in [
        format!(r#"{{"@id":"{OURS}"}}"#),
        r#"{"@id":"pkg:npm/@acme/notes-mcp"}"#.to_owned(),
        r#"{"@id":"notes-mcp-1.4.0.tgz"}"#.to_owned(),
        format!(r#"{{"@id":"urn:x","identifiers":{{"purl":"{OURS}"}}}}"#),
        format!(r#"{{"@id":"urn:x","hashes":{{"sha-256":"{}"}}}}"#, Sha256Digest::of(b"notes")),
        format!("\"{OURS}\""),
    ] {
        assert_eq!(openvex(&format!(r#"{NOT_AFFECTED},"products":[{named}]"#)).unwrap(), expected, "{named}");
    }
}

#[test]
fn b63_openvex_about_another_product_or_version_says_nothing() {
    for named in [
        r#"{"@id":"pkg:npm/%40acme/notes-mcp@1.3.0"}"#.to_owned(),
        r#"{"@id":"pkg:npm/notes-mcp@1.4.0"}"#.to_owned(),
        r#"{"@id":"pkg:npm/%40acme/notes-mcp@1.4.0?repository_url=x"}"#.to_owned(),
        r#"{"@id":"pkg:npm/ws@8.0.0"}"#.to_owned(),
        format!(r#"{{"@id":"{OURS}","hashes":{{"sha-256":"{}"}}}}"#, Sha256Digest::of(b"other")),
        r#"{"identifiers":{"cpe23":"cpe:2.3:a:acme:notes:1.4.0:*:*:*:*:*:*:*"}}"#.to_owned(),
    ] {
        let found = openvex(&format!(r#"{NOT_AFFECTED},"products":[{named}]"#)).unwrap();
        assert_eq!(found, Vec::<String>::new(), "{named}");
    }
}

#[test]
fn subcomponents_narrow_and_never_widen() {
    let with = |inner: &str| {
        openvex(&format!(r#"{NOT_AFFECTED},"products":[{{"@id":"{OURS}","subcomponents":[{inner}]}}]"#))
            .unwrap()
    };
    assert_eq!(
        with(r#"{"@id":"pkg:npm/ws@8.0.0"}"#),
        ["CVE-1+GHSA-1 not_affected pkg:npm/ws@8.0.0 2026-11-01T00:00:00Z"]
    );
    // One that cannot be told is none, and not all; but what matters in it may matter anywhere.
    let unknown = r#"{"identifiers":{"cpe23":"cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"}}"#;
    assert_eq!(with(unknown), Vec::<String>::new());
    let affected =
        format!(r#""status":"affected","products":[{{"@id":"{OURS}","subcomponents":[{unknown}]}}]"#);
    assert_eq!(openvex(&affected).unwrap(), ["CVE-1+GHSA-1 affected all 2026-11-01T00:00:00Z"]);
}

#[test]
fn openvex_is_whole_or_refused() {
    let unjustified = VexError::Unjustified("CVE-1".into());
    assert_eq!(openvex(r#""status":"not_affected""#), Err(unjustified.clone()));
    assert_eq!(openvex(r#""status":"not_affected","impact_statement":" ""#), Err(unjustified));
    assert!(openvex(r#""status":"not_affected","impact_statement":"it is not called""#).is_ok());
    for bad in [
        r#""status":"safe""#,
        r#""justification":"vulnerable_code_not_present""#,
        r#""status":"not_affected","justification":"because""#,
        r#""status":"fixed","timestamp":"yesterday""#,
        r#""status":"fixed","products":{}"#,
        r#""status":1"#,
    ] {
        assert!(matches!(openvex(bad), Err(VexError::Member(_))), "{bad}: {:?}", openvex(bad));
    }
    for bad in [
        "{}",
        r#"{"@context":"https://other.example","timestamp":"2026-11-01T00:00:00Z","statements":[]}"#,
        r#"{"@context":"https://openvex.dev/ns","timestamp":"2026-11-01T00:00:00Z","statements":[]}"#,
        r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-1","status":"fixed"}]}"#,
        r#"{"@context":"https://openvex.dev/ns","timestamp":"2026-11-01T00:00:00Z","statements":[{"status":"fixed"}]}"#,
    ] {
        assert!(said(OPENVEX_0_2, bad).is_err(), "{bad}");
    }
    // Of 0.0.1, and a statement's own time.
    let old = r#"{"@context":"https://openvex.dev/ns","timestamp":"2026-11-01T00:00:00Z","statements":[
        {"vulnerability":"CVE-1","products":["pkg:npm/%40acme/notes-mcp@1.4.0"],"subcomponents":["pkg:npm/ws@8.0.0"],
         "status":"affected","timestamp":"2026-10-01T00:00:00Z"}]}"#;
    assert_eq!(said(OPENVEX, old).unwrap(), ["CVE-1 affected pkg:npm/ws@8.0.0 2026-10-01T00:00:00Z"]);
}

fn cyclonedx(members: &str, vulnerability: &str) -> Result<Vec<String>, VexError> {
    let members = if members.is_empty() { String::new() } else { format!("{members},") };
    said(
        CYCLONEDX,
        &format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",{members}"vulnerabilities":[{{"id":"CVE-1",{vulnerability}}}]}}"#
        ),
    )
}

#[test]
fn cyclonedx_refers_to_elements_of_its_own_and_of_the_sbom() {
    let analysis = r#""analysis":{"state":"not_affected","justification":"code_not_reachable","lastUpdated":"2026-11-01T00:00:00Z"}"#;
    let own = r#""metadata":{"component":{"bom-ref":"r","purl":"pkg:npm/%40acme/notes-mcp@1.4.0"}},
        "components":[{"bom-ref":"a","components":[{"bom-ref":"w","purl":"pkg:npm/ws","version":"8.0.0"}]}]"#;
    let affects = |refs: &str| cyclonedx(own, &format!(r#"{analysis},"affects":[{refs}]"#)).unwrap();
    let (all, one) = (
        "CVE-1 not_affected all 2026-11-01T00:00:00Z",
        "CVE-1 not_affected pkg:npm/ws@8.0.0 2026-11-01T00:00:00Z",
    );
    assert_eq!(affects(r#"{"ref":"r"},{"ref":"w"}"#), [all, one]);
    let link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#";
    assert_eq!(affects(&format!(r#"{{"ref":"{link}root"}},{{"ref":"{link}pkg:npm/ws@8.0.0"}}"#)), [all, one]);
    assert_eq!(affects(r#"{"ref":"pkg:npm/ws@8.0.0"}"#), [one]);
    // What leads nowhere, to another document, or to no version says nothing.
    let elsewhere = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#root";
    assert_eq!(
        affects(&format!(r#"{{"ref":"gone"}},{{"ref":"a"}},{{"ref":"{elsewhere}"}},{{"ref":"pkg:npm/ws"}}"#)),
        Vec::<String>::new()
    );
    // Of listed versions only those; a range names none.
    assert_eq!(affects(r#"{"ref":"w","versions":[{"version":"8.0.0"}]}"#), [one]);
    assert!(affects(r#"{"ref":"w","versions":[{"version":"7.0.0"}]}"#).is_empty());
    assert!(affects(r#"{"ref":"w","versions":[{"range":"vers:npm/*"}]}"#).is_empty());
    assert!(affects(r#"{"ref":"r","versions":[{"version":"1.3.0"}]}"#).is_empty());
    let other = own.replace("notes-mcp@1.4.0", "notes-mcp@1.3.0");
    assert!(
        cyclonedx(&other, &format!(r#"{analysis},"affects":[{{"ref":"r"}},{{"ref":"w"}}]"#))
            .unwrap()
            .is_empty()
    );
}

/// Where a later word cannot be placed it is held to be about everything: the earlier one does not stand for that.
#[test]
fn b63_what_matters_somewhere_in_cyclonedx_matters_in_all() {
    let own = r#""serialNumber":"urn:uuid:11111111-395b-41f5-a30f-a58921a69b79","components":[{"bom-ref":"w","name":"ws","version":"8.0.0"}]"#;
    let of = |state: &str, affects: &str| {
        cyclonedx(own, &format!(r#""analysis":{{"state":"{state}","detail":"seen"}},"affects":[{affects}]"#))
            .unwrap()
    };
    let (link, all) = ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79", "CVE-1 affected all");
    for (affects, expected) in [
        (r#"{"ref":"pkg:npm/ws"}"#.to_owned(), "CVE-1 affected pkg:npm/ws"),
        (r#"{"ref":"w"}"#.to_owned(), all),
        (r#"{"ref":"nowhere"}"#.to_owned(), all),
        (format!(r#"{{"ref":"{link}/1"}}"#), all),
        (format!(r#"{{"ref":"{link}/1#gone"}}"#), all),
        (format!(r#"{{"ref":"{link}/2#root"}}"#), all),
        (String::new(), all),
    ] {
        assert_eq!(of("exploitable", &affects), [expected], "{affects}");
        assert!(of("not_affected", &affects).is_empty(), "{affects}");
    }
    let other = r#"{"ref":"urn:cdx:22222222-395b-41f5-a30f-a58921a69b79/1#w"}"#;
    assert!(of("exploitable", other).is_empty(), "another document's");
    let versions = r#"{"ref":"w","versions":[{"version":"8.0.0","status":"affected"}]}"#;
    assert_eq!(of("resolved", versions), [all]);
}

/// `resolved` in a later version, which is listed beside those that are affected.
#[test]
fn a_version_that_cyclonedx_calls_affected_is_not_taken_back_by_the_analysis_of_another() {
    let of = |state: &str, versions: &str| {
        let affects = format!(r#""affects":[{{"ref":"{OURS}","versions":[{versions}]}}]"#);
        cyclonedx("", &format!(r#""analysis":{{"state":"{state}","detail":"looked at"}},{affects}"#))
    };
    let own = |status: &str| format!(r#"{{"version":"1.4.0","status":"{status}"}}"#);
    for (state, versions, expected) in [
        ("resolved", own("affected"), &["CVE-1 affected all"][..]),
        ("resolved", own("unknown"), &["CVE-1 under_investigation all"]),
        ("resolved", own("unaffected"), &["CVE-1 fixed all"]),
        (
            "not_affected",
            format!("{},{}", own("affected"), own("unaffected")),
            &["CVE-1 affected all", "CVE-1 not_affected all"],
        ),
        ("exploitable", own("unaffected"), &["CVE-1 affected all"]),
        // Nothing is taken back in a range; what matters in one is said.
        ("resolved", r#"{"range":"vers:npm/<2.0.0","status":"unaffected"}"#.to_owned(), &[]),
        (
            "exploitable",
            r#"{"range":"vers:npm/<2.0.0","status":"affected"}"#.to_owned(),
            &["CVE-1 affected all"],
        ),
        ("in_triage", r#"{"range":"vers:npm/*"}"#.to_owned(), &["CVE-1 under_investigation all"]),
    ] {
        assert_eq!(of(state, &versions).unwrap(), expected, "{state}: {versions}");
    }
    assert!(of("resolved", &own("fine")).is_err());
}

#[test]
fn states_of_cyclonedx_are_those_of_vex() {
    let of = |analysis: &str| {
        cyclonedx(
            "",
            &format!(
                r#""references":[{{"id":"GHSA-1"}}],"analysis":{analysis},"affects":[{{"ref":"{OURS}"}}]"#
            ),
        )
    };
    for (analysis, status) in [
        (r#"{"state":"resolved"}"#, "fixed"),
        (r#"{"state":"resolved_with_pedigree"}"#, "fixed"),
        (r#"{"state":"exploitable"}"#, "affected"),
        (r#"{"state":"in_triage"}"#, "under_investigation"),
        (r#"{"state":"false_positive","detail":"another package of that name"}"#, "not_affected"),
    ] {
        assert_eq!(of(analysis).unwrap(), [format!("CVE-1+GHSA-1 {status} all")]);
    }
    assert_eq!(of(r#"{"detail":"we look at it"}"#).unwrap(), Vec::<String>::new());
    assert_eq!(of(r#"{"state":"not_affected"}"#), Err(VexError::Unjustified("CVE-1".into())));
    assert!(of(r#"{"state":"fine"}"#).is_err());
    assert!(of(r#"{"state":"not_affected","justification":"vulnerable_code_not_present"}"#).is_err());
}

fn csaf(category: &str, status: &str, tree: &str, vulnerability: &str) -> Result<Vec<String>, VexError> {
    said(
        CSAF_2_0,
        &format!(
            r#"{{"document":{{"category":"{category}","csaf_version":"2.0","tracking":{{"status":"{status}",
            "current_release_date":"2026-11-01T00:00:00Z"}}}},"product_tree":{tree},
            "vulnerabilities":[{{"cve":"CVE-1",{vulnerability}}}]}}"#
        ),
    )
}

#[test]
fn csaf_finds_products_by_its_tree() {
    let tree = r#"{"branches":[{"category":"vendor","name":"acme","branches":[
            {"category":"product_version","name":"1.4.0","product":{"product_id":"N","name":"notes",
             "product_identification_helper":{"purl":"pkg:npm/%40acme/notes-mcp@1.4.0"}}},
            {"category":"product_version","name":"1.3.0","product":{"product_id":"O","name":"notes",
             "product_identification_helper":{"purl":"pkg:npm/%40acme/notes-mcp@1.3.0"}}}]}],
        "full_product_names":[{"product_id":"W","name":"ws","product_identification_helper":{"purl":"pkg:npm/ws@8.0.0"}},
            {"product_id":"X","name":"nothing"}],
        "relationships":[
            {"category":"default_component_of","product_reference":"W","relates_to_product_reference":"N",
             "full_product_name":{"product_id":"N:W","name":"ws in notes"}},
            {"category":"default_component_of","product_reference":"W","relates_to_product_reference":"O",
             "full_product_name":{"product_id":"O:W","name":"ws in older notes"}}],
        "product_groups":[{"group_id":"G","product_ids":["N","N:W"]}]}"#;
    let flags = r#""flags":[{"label":"component_not_present","group_ids":["G"]}]"#;
    let found = |products: &str| {
        csaf(
            "csaf_vex",
            "final",
            tree,
            &format!(r#"{flags},"product_status":{{"known_not_affected":[{products}]}}"#),
        )
    };
    let at = "2026-11-01T00:00:00Z";
    assert_eq!(
        found(r#""N","N:W""#).unwrap(),
        [format!("CVE-1 not_affected all {at}"), format!("CVE-1 not_affected pkg:npm/ws@8.0.0 {at}")]
    );
    assert_eq!(found(r#""W""#), Err(VexError::Unjustified("CVE-1".into())), "no flag is about it");
    assert!(found(r#""nobody""#).is_err());
    let status = |member: &str, id: &str| {
        csaf("csaf_vex", "interim", tree, &format!(r#""product_status":{{"{member}":["{id}"]}}"#)).unwrap()
    };
    assert_eq!(status("fixed", "W"), [format!("CVE-1 fixed pkg:npm/ws@8.0.0 {at}")]);
    assert_eq!(status("known_affected", "N"), [format!("CVE-1 affected all {at}")]);
    for id in ["O", "X", "O:W"] {
        let words = status("fixed", id);
        assert!(words.iter().all(|word| !word.contains(" all ")), "{id}: {words:?}");
    }
    assert!(status("fixed", "O:W").is_empty() && status("fixed", "X").is_empty());
    let threat = r#""threats":[{"category":"impact","details":"not called"}],"product_status":{"known_not_affected":["W"]}"#;
    assert_eq!(csaf("csaf_vex", "final", tree, threat).unwrap().len(), 1);
    for (category, state) in [("csaf_base", "final"), ("csaf_vex", "draft")] {
        assert!(csaf(category, state, tree, threat).is_err(), "{category} {state}");
    }
    let twice = r#"{"full_product_names":[{"product_id":"W","name":"a"},{"product_id":"W","name":"b"}]}"#;
    assert!(csaf("csaf_vex", "final", twice, r#""product_status":{}"#).is_err());
}

/// A word about one version, or about a range of them, is none about all.
#[test]
fn csaf_means_the_version_that_a_branch_names() {
    let at = "2026-11-01T00:00:00Z";
    let of = |category: &str, name: &str, purl: &str, member: &str| {
        let tree = format!(
            r#"{{"branches":[{{"category":"product_name","name":"x","branches":[{{"category":"{category}","name":"{name}",
            "product":{{"product_id":"P","name":"p","product_identification_helper":{{"purl":"{purl}"}}}}}}]}}],
            "full_product_names":[{{"product_id":"N","name":"notes","product_identification_helper":{{"purl":"pkg:npm/%40acme/notes-mcp@1.4.0"}}}}],
            "relationships":[{{"category":"default_component_of","product_reference":"P","relates_to_product_reference":"N",
            "full_product_name":{{"product_id":"N:P","name":"p in notes"}}}}]}}"#
        );
        let flags = r#""flags":[{"label":"component_not_present"}]"#;
        let said = format!(r#"{flags},"product_status":{{"{member}":["P","N:P"]}}"#);
        csaf("csaf_vex", "final", &tree, &said).unwrap()
    };
    let not = "known_not_affected";
    let ws = format!("CVE-1 not_affected pkg:npm/ws@3.0.0 {at}");
    assert_eq!(of("product_version", "3.0.0", "pkg:npm/ws", not), [ws.clone(), ws.clone()]);
    assert_eq!(of("product_version_range", "vers:npm/>=3.0.0", "pkg:npm/ws@3.0.0", not), [ws.clone(), ws]);
    assert!(of("product_version_range", "vers:npm/>=3.0.0", "pkg:npm/ws", not).is_empty());
    assert!(of("product_version_range", "<2", "pkg:npm/%40acme/notes-mcp", not).is_empty());
    assert!(
        of("product_version", "0.9.0", "pkg:npm/%40acme/notes-mcp", not)
            .iter()
            .all(|word| !word.contains(" all "))
    );
    assert_eq!(
        of("product_version", "1.4.0", "pkg:npm/%40acme/notes-mcp", not)[0],
        format!("CVE-1 not_affected all {at}")
    );
    // What matters somewhere in a range matters.
    let matters = of("product_version_range", "<3", "pkg:npm/%40acme/notes-mcp", "known_affected");
    assert_eq!(matters[0], format!("CVE-1 affected all {at}"));
}

/// Where a later word cannot be placed it is held to be about everything: the earlier one does not stand for that.
#[test]
fn b63_what_matters_somewhere_in_csaf_matters_in_all() {
    let helper = |purl: &str| format!(r#""product_identification_helper":{{"purl":"{purl}"}}"#);
    let (ours, others) = (helper(OURS), helper("pkg:npm/other@1.0.0"));
    let within = |id: &str, component: &str, of: &str| {
        format!(
            r#"{{"category":"installed_on","product_reference":"{component}","relates_to_product_reference":"{of}",
            "full_product_name":{{"product_id":"{id}","name":"x"}}}}"#
        )
    };
    let relationships = [
        within("N-R", "N", "R"),
        within("N:W", "W", "N"),
        within("O:W", "W", "O"),
        within("O:V", "V", "O"),
        within("N:V", "V", "N"),
    ]
    .join(",");
    let tree = format!(
        r#"{{"full_product_names":[{{"product_id":"N","name":"notes",{ours}}},{{"product_id":"O","name":"other",{others}}},
        {{"product_id":"R","name":"a system"}},{{"product_id":"W","name":"ws"}},
        {{"product_id":"V","name":"ws",{}}}],"relationships":[{relationships}]}}"#,
        helper("pkg:npm/ws")
    );
    let of = |member: &str, id: &str| {
        let said = format!(
            r#""flags":[{{"label":"component_not_present"}}],"product_status":{{"{member}":["{id}"]}}"#
        );
        csaf("csaf_vex", "final", &tree, &said).unwrap()
    };
    let at = "2026-11-01T00:00:00Z";
    let (all, ws) = (format!("CVE-1 affected all {at}"), format!("CVE-1 affected pkg:npm/ws {at}"));
    for (id, expected) in [("N-R", &all), ("N:W", &all), ("W", &all), ("R", &all), ("V", &ws), ("N:V", &ws)] {
        assert_eq!(of("known_affected", id), [expected.as_str()], "{id}");
    }
    for id in ["O:W", "O:V"] {
        assert!(of("known_affected", id).is_empty(), "{id} is plainly of another product");
    }
    for id in ["N-R", "N:W", "W", "R", "V", "O:W"] {
        assert!(of("known_not_affected", id).is_empty(), "{id}");
    }
    assert!(of("known_affected", "O").iter().all(|word| !word.contains(" all ")));
}

#[test]
fn csaf_knows_its_statuses() {
    let tree = r#"{"full_product_names":[{"product_id":"N","name":"notes","product_identification_helper":{"purl":"pkg:npm/%40acme/notes-mcp@1.4.0"}}]}"#;
    let of =
        |member: &str| csaf("csaf_vex", "final", tree, &format!(r#""product_status":{{"{member}":["N"]}}"#));
    assert_eq!(of("unknown").unwrap(), ["CVE-1 under_investigation all 2026-11-01T00:00:00Z"]);
    assert_eq!(of("recommended").unwrap(), Vec::<String>::new());
    assert_eq!(of("known_fine"), Err(VexError::Member("known_fine".into())));
}

#[test]
fn a_component_is_matched_by_all_that_a_word_says_of_it() {
    let word = |component: Option<&str>| Word {
        ids: Arc::default(),
        component: component.map(|text| Purl::parse(text).unwrap()),
        status: Status::NotAffected,
        reason: None,
        at: None,
    };
    let component = Purl::parse("pkg:deb/debian/openssl@3.0-1?arch=amd64&distro=debian-12").unwrap();
    for (about, is) in [
        (None, true),
        (Some("pkg:deb/debian/openssl@3.0-1"), true),
        (Some("pkg:deb/debian/openssl@3.0-1?arch=amd64"), true),
        (Some("pkg:deb/debian/openssl@3.0-1?arch=arm64"), false),
        (Some("pkg:deb/debian/openssl@3.0-2"), false),
        (Some("pkg:deb/ubuntu/openssl@3.0-1"), false),
        (Some("pkg:deb/debian/openssl"), true),
    ] {
        assert_eq!(word(about).is_about(&component), is, "{about:?}");
    }
    assert!(
        word(Some("pkg:PyPI/Zope.Interface@5")).is_about(&Purl::parse("pkg:pypi/zope-interface@5").unwrap())
    );
}

/// What is small when it is signed must not grow by its square when it is read.
#[test]
fn names_and_places_do_not_multiply() {
    let listed =
        |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<Vec<_>>().join(",");
    let ids = listed(2000, &|at| format!(r#"{{"system_name":"x","text":"ID-{at}"}}"#));
    let tree = format!(
        r#"{{"full_product_names":[{}]}}"#,
        listed(100, &|at| {
            format!(
                r#"{{"product_id":"{at}","product_identification_helper":{{"purl":"pkg:npm/ws@{at}.0.0"}}}}"#
            )
        })
    );
    let of = |products: &str| {
        let rest = format!(r#""ids":[{ids}],"product_status":{{"fixed":[{products}]}}"#);
        csaf("csaf_vex", "final", &tree, &rest).map(|words| words.len())
    };
    assert_eq!(of(&listed(20_000, &|_| r#""0""#.into())), Ok(1), "one product, said often");
    assert_eq!(of(&listed(49, &|at| format!("\"{at}\""))), Ok(49));
    assert_eq!(of(&listed(50, &|at| format!("\"{at}\""))), Err(VexError::TooMuch));

    let tree = format!(
        r#"{{"product_groups":[{{"group_id":"G","product_ids":[{}]}}]}}"#,
        listed(6000, &|at| format!("\"{at}\""))
    );
    let of = |flags: usize| {
        let flags = listed(flags, &|_| r#"{"label":"component_not_present","group_ids":["G","G"]}"#.into());
        csaf("csaf_vex", "final", &tree, &format!(r#""flags":[{flags}],"product_status":{{}}"#))
    };
    assert_eq!(of(166), Ok(Vec::new()));
    assert_eq!(of(167), Err(VexError::TooMuch));

    let references = listed(2000, &|at| format!(r#"{{"id":"ID-{at}"}}"#));
    let of = |affects: &str| {
        let rest =
            format!(r#""references":[{references}],"analysis":{{"state":"resolved"}},"affects":[{affects}]"#);
        cyclonedx("", &rest).map(|words| words.len())
    };
    assert_eq!(of(&listed(10_000, &|_| r#"{"ref":"pkg:npm/ws@8.0.0"}"#.into())), Ok(1));
    assert_eq!(of(&listed(50, &|at| format!(r#"{{"ref":"pkg:npm/ws@{at}.0.0"}}"#))), Err(VexError::TooMuch));

    let aliases = listed(2000, &|at| format!("\"ID-{at}\""));
    let of = |inner: &str| {
        let statement = format!(
            r#"{{"vulnerability":{{"name":"CVE-1","aliases":[{aliases}]}},"status":"fixed","subcomponents":[{inner}]}}"#
        );
        let document = format!(
            r#"{{"@context":"{OPENVEX}","timestamp":"2026-11-01T00:00:00Z","statements":[{statement}]}}"#
        );
        said(OPENVEX, &document).map(|words| words.len())
    };
    assert_eq!(of(&listed(10_000, &|_| r#""pkg:npm/ws@8.0.0""#.into())), Ok(1));
    assert_eq!(of(&listed(50, &|at| format!("\"pkg:npm/ws@{at}.0.0\""))), Err(VexError::TooMuch));
}
