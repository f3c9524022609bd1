//! Who writes the cases, and what one case is.

use std::path::PathBuf;

use mcpsign_tests::forge::{Key, Release, TARBALL, jcs, sha256};
use serde_json::{Value, json};

use crate::Result;

/// Two keys: the publisher's, and that of somebody else whose signatures are just as good.
pub(crate) struct Maker {
    pub(crate) root: PathBuf,
    /// Names of the cases to write; all if there are none.
    pub(crate) only: Vec<String>,
    pub(crate) key: Key,
    pub(crate) other: Key,
}

/// One case as it is written down.
pub(crate) struct Case<'a> {
    /// Folder name; ends in `_deny` where a denial is right.
    pub(crate) name: &'a str,
    /// Why this is what must happen.
    pub(crate) why: &'a str,
    pub(crate) artifact: Vec<u8>,
    pub(crate) artifact_name: &'a str,
    pub(crate) evidence: Option<Vec<u8>>,
    pub(crate) policy: Option<String>,
    pub(crate) observed: Option<String>,
    pub(crate) require: Option<&'a str>,
    /// What is handed in besides: `history/…`, `revocations.jsonl`, `alongside.jsonl`, `trusted_root.json`.
    pub(crate) files: Vec<(&'a str, Vec<u8>)>,
    /// Every code that the report must carry.
    pub(crate) codes: &'a [&'a str],
}

impl Maker {
    pub(crate) fn case<'a>(&self, name: &'a str, why: &'a str, codes: &'a [&'a str]) -> Result<Case<'a>> {
        let release = Release::honest()?;
        let evidence = self.evidence(&release)?;
        Ok(Case {
            name,
            why,
            artifact: release.artifact,
            artifact_name: TARBALL,
            evidence: Some(evidence),
            policy: None,
            observed: None,
            require: None,
            files: Vec::new(),
            codes,
        })
    }

    /// Both statements of a release, signed by the publisher.
    pub(crate) fn evidence(&self, release: &Release) -> Result<Vec<u8>> {
        self.lines(&[release.sbom_statement(), release.manifest_statement()])
    }

    pub(crate) fn lines(&self, statements: &[Value]) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        for statement in statements {
            file.extend_from_slice(self.key.bundle(&jcs(statement))?.to_string().as_bytes());
            file.push(b'\n');
        }
        Ok(file)
    }

    /// The honest release with its tool manifest bent.
    pub(crate) fn bent_manifest(&self, bend: impl FnOnce(&mut Value)) -> Result<Option<Vec<u8>>> {
        let mut release = Release::honest()?;
        bend(&mut release.manifest);
        Ok(Some(self.evidence(&release)?))
    }

    /// The honest release over bent subjects.
    pub(crate) fn bent_subjects(&self, bend: impl FnOnce(&mut Value)) -> Result<Option<Vec<u8>>> {
        let mut release = Release::honest()?;
        bend(&mut release.subjects);
        let statement = release.sbom_statement();
        release.manifest["bindings"]["statements"][0]["payload"]["sha256"] = json!(sha256(&jcs(&statement)));
        Ok(Some(self.evidence(&release)?))
    }

    /// The honest release with the bundle of its tool manifest bent after signing.
    pub(crate) fn bent_bundle(&self, bend: impl FnOnce(&mut Value)) -> Result<Option<Vec<u8>>> {
        let release = Release::honest()?;
        let sbom = self.key.bundle(&jcs(&release.sbom_statement()))?;
        let mut manifest = self.key.bundle(&jcs(&release.manifest_statement()))?;
        bend(&mut manifest);
        Ok(Some(format!("{sbom}\n{manifest}\n").into_bytes()))
    }

    pub(crate) fn write(&self, case: &Case<'_>) -> Result<()> {
        if !self.only.is_empty() && !self.only.iter().any(|name| name == case.name) {
            return Ok(());
        }
        let folder = self.root.join(case.name);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(case.artifact_name), &case.artifact)?;
        std::fs::write(folder.join("key.pub"), self.key.public_pem())?;
        if let Some(evidence) = &case.evidence {
            std::fs::write(folder.join(format!("{}.mcpsign.jsonl", case.artifact_name)), evidence)?;
        }
        if let Some(policy) = &case.policy {
            std::fs::write(folder.join("policy.yaml"), policy)?;
        }
        if let Some(observed) = &case.observed {
            std::fs::write(folder.join("observed.jsonl"), observed)?;
        }
        for (name, bytes) in &case.files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            std::fs::write(path, bytes)?;
        }
        let verdict = match case.name.rsplit('_').next() {
            Some("deny") => "deny",
            Some("undecided") => "undecided",
            _ => "allow",
        };
        let mut document = json!({ "artifact": case.artifact_name, "verdict": verdict, "codes": case.codes });
        if let Some(require) = case.require {
            document["require"] = json!(require);
        }
        std::fs::write(folder.join("case.json"), format!("{document:#}\n"))?;
        let title = case.name.trim_start_matches("verify_").replace('_', " ");
        std::fs::write(folder.join("README.md"), format!("# {title}\n\n{}\n", case.why))?;
        Ok(())
    }
}

pub(crate) fn line(key: &Key, statement: &Value) -> Result<Vec<u8>> {
    Ok(format!("{}\n", key.bundle(&jcs(statement))?).into_bytes())
}

/// The honest release, of other bytes.
pub(crate) fn holding(bytes: Vec<u8>) -> Result<Release> {
    let mut release = Release::honest()?;
    let digest = json!(sha256(&bytes));
    release.subjects[0]["digest"] = json!({ "sha256": digest });
    release.sbom["metadata"]["component"]["hashes"][0]["content"] = digest.clone();
    release.manifest["packages"][0]["subject"] = digest.clone();
    release.manifest["profiles"][0]["subject"] = digest;
    release.artifact = bytes;
    release.rebind();
    Ok(release)
}
