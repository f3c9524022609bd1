//! Keys and certificates of a Sigstore instance, each instance its own.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    SignatureAlgorithm, date_time_ymd,
};

use super::Result;

/// id-ce-extKeyUsage and, as its content, id-kp-timeStamping alone. RFC 3161 wants it critical, which rcgen never makes it.
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];
const TIME_STAMPING: [u8; 12] = [0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// The issuer that GitHub's tokens name, which only the stand-in's certificate speaks for.
pub(super) const GITHUB_HOST: &str = "token.actions.githubusercontent.com";

/// What the services read, as files in one folder.
pub(super) struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// New ones, written into `folder`.
    pub(super) fn generate(folder: &Path) -> Result<Self> {
        std::fs::create_dir(folder)?;
        let keys = Self { folder: folder.to_owned() };
        keys.fulcio()?;
        keys.timestamps()?;
        keys.github()?;
        for (name, algorithm) in [
            ("ctlog", &PKCS_ECDSA_P256_SHA256),
            ("rekor", &PKCS_ED25519),
            ("rekor-v1", &PKCS_ECDSA_P256_SHA256),
        ] {
            let key = KeyPair::generate_for(algorithm)?;
            keys.private(&format!("{name}.key"), &key)?;
            keys.write(&format!("{name}.pub"), &key.public_key_pem())?;
        }
        Ok(keys)
    }

    /// Where a file of this name lies.
    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// An intermediate that issues for code signing alone, below a root that is kept apart: as the public instance.
    fn fulcio(&self) -> Result<()> {
        let (root, root_pem) = root("fulcio root")?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let mut params = params("fulcio intermediate")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let certificate = params.signed_by(&key, &root)?;
        self.private("fulcio.key", &key)?;
        self.write("fulcio-root.pem", &root_pem)?;
        self.write("fulcio-chain.pem", &(certificate.pem() + &root_pem))
    }

    fn timestamps(&self) -> Result<()> {
        let (root, root_pem) = root("timestamp root")?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params("timestamp authority")?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let mut usage = CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE, TIME_STAMPING.to_vec());
        usage.set_criticality(true);
        params.custom_extensions = vec![usage];
        let certificate = params.signed_by(&key, &root)?;
        self.private("tsa.key", &key)?;
        self.write("tsa-chain.pem", &(certificate.pem() + &root_pem))
    }

    /// For the stand-in of GitHub's issuer, by a root that only the Fulcio under test trusts.
    fn github(&self) -> Result<()> {
        let (root, root_pem) = root("issuer root")?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec![GITHUB_HOST.to_owned()])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &root)?;
        self.private("github.key", &key)?;
        self.write("github-root.pem", &root_pem)?;
        self.write("github.pem", &certificate.pem())
    }

    fn private(&self, name: &str, key: &KeyPair) -> Result<()> {
        // The folder that holds this one is its owner's alone.
        self.write(name, &key.serialize_pem())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.join(name), text)?)
    }
}

fn root(name: &str) -> Result<(Issuer<'static, KeyPair>, String)> {
    let algorithm: &SignatureAlgorithm = &PKCS_ECDSA_P384_SHA384;
    let key = KeyPair::generate_for(algorithm)?;
    let mut params = params(name)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

fn params(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::OrganizationName, "loopback");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2050, 1, 1);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
