//! SBOMs that are gone, exchanged or of something else.

use mcpsign_tests::forge::Release;
use serde_json::json;

use crate::Result;
use crate::maker::Maker;

pub(crate) fn sboms(maker: &Maker) -> Result<()> {
    let why = "The bound SBOM was taken away.";
    let mut case = maker.case("verify_sbom_line_removed_deny", why, &["sbom/missing"])?;
    case.evidence = Some(maker.lines(&[Release::honest()?.manifest_statement()])?);
    maker.write(&case)?;

    let why = "Another SBOM of the same subject, well signed, in place of the bound one.";
    let mut case = maker.case("verify_sbom_swapped_deny", why, &["sbom/not-bound"])?;
    let mut release = Release::honest()?;
    let manifest = release.manifest_statement();
    release.sbom["components"] = json!([{ "type": "library", "bom-ref": "x", "name": "x", "version": "1" }]);
    case.evidence = Some(maker.lines(&[release.sbom_statement(), manifest])?);
    maker.write(&case)?;

    let why = "B24, B63: a bound SBOM whose root component is another artifact.";
    let mut case = maker.case("verify_b24_sbom_of_another_artifact_deny", why, &["sbom/unrelated"])?;
    let mut release = Release::honest()?;
    release.sbom["metadata"]["component"]["hashes"][0]["content"] = json!("33".repeat(32));
    release.rebind();
    case.evidence = Some(maker.evidence(&release)?);
    maker.write(&case)?;

    let why = "A bound document that is no CycloneDX.";
    let mut case = maker.case("verify_sbom_malformed_deny", why, &["sbom/malformed"])?;
    let mut release = Release::honest()?;
    release.sbom = json!({ "hello": "world" });
    release.rebind();
    case.evidence = Some(maker.evidence(&release)?);
    maker.write(&case)?;

    let why = "A manifest that binds no SBOM asks for none.";
    let mut case = maker.case("verify_no_sbom_bound", why, &[])?;
    let mut release = Release::honest()?;
    release.manifest["bindings"] = json!({ "sboms": [], "lockfiles": [], "statements": [] });
    case.evidence = Some(maker.lines(&[release.manifest_statement()])?);
    maker.write(&case)
}
