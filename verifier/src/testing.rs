//! An honest release and its evidence, to be bent by tests and measured by benches. Uses no code of the verifier.

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::{DigestSet, MeasuredDigests, Sha256Digest, Sha256Only, Sha512Digest};
use mcpsign_schemas::manifest::{
    Binding, Bindings, ItemDigests, Kind, Launch, PackageBinding, Product, Profile, SbomBinding, Server,
    StatementBinding, ToolManifest,
};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, Statement, Subject, predicate_type};
use mcpsign_schemas::surface::{self, ItemKind};

/// What precedes a P-256 point in a SubjectPublicKeyInfo (RFC 5480).
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Package URL of the honest release.
pub(crate) const PURL: &str = "pkg:npm/%40acme/notes-mcp@1.4.0";

/// A P-256 key that signs anything.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn generate() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).expect("a key"))
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        [&P256_SPKI, self.0.public_key().as_ref()].concat()
    }

    pub(crate) fn pem(&self) -> String {
        let body = STANDARD.encode(self.spki());
        let lines: Vec<&str> =
            body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("text")).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    pub(crate) fn hint(&self) -> String {
        STANDARD.encode(Sha256Digest::of(&self.spki()).as_bytes())
    }

    /// Signature over DSSE's pre-authentication encoding.
    pub(crate) fn sign(&self, payload_type: &str, payload: &[u8]) -> Vec<u8> {
        let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
        let pae = [head.as_bytes(), payload].concat();
        self.0.sign(&SystemRandom::new(), &pae).expect("a signature").as_ref().to_vec()
    }

    /// A key-only bundle over `payload`.
    pub(crate) fn bundle(&self, payload: &[u8]) -> Vec<u8> {
        self.envelope(PAYLOAD_TYPE, payload, &[self.sign(PAYLOAD_TYPE, payload)])
    }

    /// A bundle with these signatures, right or wrong.
    pub(crate) fn envelope(&self, payload_type: &str, payload: &[u8], signatures: &[Vec<u8>]) -> Vec<u8> {
        let signatures: Vec<String> = signatures
            .iter()
            .map(|signature| format!(r#"{{"sig":"{}"}}"#, STANDARD.encode(signature)))
            .collect();
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{}"}}}},"dsseEnvelope":{{"payload":"{}","payloadType":"{payload_type}","signatures":[{}]}}}}"#,
            self.hint(),
            STANDARD.encode(payload),
            signatures.join(","),
        )
        .into_bytes()
    }
}

/// A release: an artifact, its tool manifest and its SBOM.
#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) artifact: Vec<u8>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) manifest: ToolManifest,
    pub(crate) sbom: Json,
}

impl Release {
    pub(crate) fn honest() -> Self {
        let artifact = b"the bytes of notes-mcp-1.4.0.tgz".to_vec();
        let digest = Sha256Digest::of(&artifact);
        let (profile, items) = profile(
            "default",
            digest,
            &[tool("read_note", "Reads a note."), tool("list_notes", "Lists all notes.")],
        );
        let mut release = Self {
            subjects: vec![subject("notes-mcp-1.4.0.tgz", &artifact)],
            manifest: ToolManifest {
                server: Server { name: "io.github.acme/notes-mcp".into(), version: Some("1.4.0".into()) },
                kind: Kind::Publisher,
                created_on: "2026-11-02T10:11:12Z".parse().expect("a time"),
                valid_until: None,
                packages: vec![PackageBinding { purl: PURL.into(), subject: digest }],
                bindings: Bindings::default(),
                profiles: vec![profile],
                items,
                producer: Product { name: "mcpsign".into(), version: "0.1.0".into() },
            },
            sbom: json(&format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","bom-ref":"root","name":"notes-mcp","version":"1.4.0","purl":"{PURL}","hashes":[{{"alg":"SHA-256","content":"{digest}"}}]}}}},"components":[]}}"#
            )),
            artifact,
        };
        release.bind();
        release
    }

    /// Writes the SBOM's digests into the manifest, as the last step of an honest run.
    pub(crate) fn bind(&mut self) {
        let payload = Sha256Digest::of(&self.sbom_payload());
        self.manifest.bindings.sboms = vec![SbomBinding {
            subject: Sha256Digest::of(&self.artifact),
            predicate_type: predicate_type::CYCLONEDX.into(),
            digest: Sha256Only { sha256: self.sbom.sha256() },
        }];
        self.manifest.bindings.statements = vec![StatementBinding {
            predicate_type: predicate_type::CYCLONEDX.into(),
            payload: payload.into(),
        }];
    }

    /// Replaces the tools of its one profile.
    pub(crate) fn set_tools(&mut self, tools: &[Json]) {
        let (profile, items) = profile("default", Sha256Digest::of(&self.artifact), tools);
        self.manifest.profiles = vec![profile];
        self.manifest.items = items;
    }

    pub(crate) fn sbom_payload(&self) -> Vec<u8> {
        let subjects = self.subjects.iter().take(1).cloned().collect();
        statement(subjects, predicate_type::CYCLONEDX, self.sbom.clone())
    }

    pub(crate) fn manifest_json(&self) -> Json {
        Json::from_serialize(&self.manifest).expect("a manifest")
    }

    pub(crate) fn manifest_payload(&self) -> Vec<u8> {
        statement(self.subjects.clone(), predicate_type::TOOL_MANIFEST, self.manifest_json())
    }

    /// SBOM and tool manifest, signed.
    pub(crate) fn lines(&self, key: &Key) -> Vec<Vec<u8>> {
        vec![key.bundle(&self.sbom_payload()), key.bundle(&self.manifest_payload())]
    }

    pub(crate) fn digests(&self) -> MeasuredDigests {
        MeasuredDigests {
            sha256: Sha256Digest::of(&self.artifact),
            sha512: Some(Sha512Digest::of(&self.artifact)),
        }
    }

    pub(crate) fn identity(&self) -> PackageIdentity {
        PackageIdentity { purl: PURL.into(), name: "@acme/notes-mcp".into(), version: Some("1.4.0".into()) }
    }
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(64 << 20)).expect("strict JSON")
}

pub(crate) fn subject(name: &str, bytes: &[u8]) -> Subject {
    let digests = MeasuredDigests { sha256: Sha256Digest::of(bytes), sha512: Some(Sha512Digest::of(bytes)) };
    Subject { name: name.into(), digest: DigestSet::measured(&digests), media_type: None }
}

pub(crate) fn statement(subjects: Vec<Subject>, predicate_type: &str, predicate: Json) -> Vec<u8> {
    Json::from_serialize(&Statement::new(subjects, predicate_type, predicate))
        .expect("a statement")
        .to_canonical()
}

pub(crate) fn tool(name: &str, description: &str) -> Json {
    json(&format!(r#"{{"name":"{name}","description":"{description}","inputSchema":{{"type":"object"}}}}"#))
}

/// A predicate of SLSA provenance v1 that says as little as it may.
pub(crate) fn provenance() -> Json {
    json(
        r#"{"buildDefinition":{"buildType":"https://b.example/v1","externalParameters":{}},"runDetails":{"builder":{"id":"https://b.example"}}}"#,
    )
}

/// A profile that shows these tools, and the items that it names.
pub(crate) fn profile(
    name: &str,
    subject: Sha256Digest,
    tools: &[Json],
) -> (Profile, BTreeMap<Sha256Digest, Json>) {
    let info = json(r#"{"name":"notes-mcp","version":"1.4.0"}"#);
    let instructions = Json::from("Ask before you write.");
    let capabilities = json(r#"{"tools":{}}"#);
    let mut items = BTreeMap::new();
    let mut add = |item: &Json| {
        items.insert(item.sha256(), item.clone());
        item.sha256()
    };
    let keyed = tools
        .iter()
        .map(|tool| {
            let digests = ItemDigests { wire: add(tool), surface: surface::surface(ItemKind::Tool, tool) };
            (tool.get("name").and_then(Json::as_str).expect("a name").to_owned(), digests)
        })
        .collect::<BTreeMap<_, _>>();
    let argv = vec!["{runtime:node}".into(), "{artifact}/index.js".into()];
    let launch = Launch {
        binding: Binding::Unpacked,
        env: BTreeMap::from([("TZ".into(), "UTC".into())]),
        ..Launch::of_command(argv)
    };
    let client = Product { name: "mcpsign".into(), version: "0.1.0".into() };
    let mut profile = Profile::empty(name.into(), launch, "2026-07-28".into(), client, json("{}"));
    profile.subject = Some(subject);
    profile.capabilities = Some(add(&capabilities));
    profile.server_info = Some(add(&info));
    profile.instructions = Some(add(&instructions));
    profile.tool_order = keyed.keys().cloned().collect();
    profile.tools = keyed;
    profile.seal();
    (profile, items)
}
