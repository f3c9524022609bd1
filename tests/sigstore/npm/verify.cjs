// Verifies a bundle with sigstore-js and a trusted root of one's own; NODE_PATH leads to the packages.
//   node verify.cjs TRUSTED_ROOT BUNDLE ARTIFACT IDENTITY ISSUER
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const [root, bundleFile, artifactFile, identity, issuer] = process.argv.slice(2);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const artifact = readFileSync(artifactFile);
const bundle = bundleFromJSON(json(bundleFile));
// The library takes a pattern; what is expected here is exact.
const exactly = `^${identity.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
const policy = { subjectAlternativeName: exactly, extensions: { issuer } };
new Verifier(toTrustMaterial(TrustedRoot.fromJSON(json(root)))).verify(toSignedEntity(bundle, artifact), policy);

// Of a statement the library checks the signature and leaves the subject to its caller.
if (bundle.content.$case === 'dsseEnvelope') {
  const statement = JSON.parse(bundle.content.dsseEnvelope.payload);
  const digest = createHash('sha256').update(artifact).digest('hex');
  if (!statement.subject.some((subject) => subject.digest.sha256 === digest)) {
    throw new Error('the artifact is no subject of the statement');
  }
}
