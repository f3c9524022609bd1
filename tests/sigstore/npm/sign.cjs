// Signs with sigstore-js by a signing configuration, which the library itself cannot read; NODE_PATH leads to the packages.
//   node sign.cjs message|statement SIGNING_CONFIG TOKEN_FILE FILE BUNDLE
const { readFileSync, writeFileSync } = require('node:fs');
const { bundleToJSON } = require('@sigstore/bundle');
const { DSSEBundleBuilder, FulcioSigner, MessageSignatureBundleBuilder, RekorWitness, TSAWitness } =
  require('@sigstore/sign');

const [kind, configFile, tokenFile, file, out] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const token = readFileSync(tokenFile, 'utf8').trim();
const [rekor] = config.rekorTlogUrls;
const options = {
  signer: new FulcioSigner({ fulcioBaseURL: config.caUrls[0].url, identityProvider: { getToken: async () => token } }),
  witnesses: [
    new RekorWitness({ rekorBaseURL: rekor.url, majorApiVersion: rekor.majorApiVersion }),
    new TSAWitness({ tsaBaseURL: config.tsaUrls[0].url.replace(/\/api\/v1\/timestamp$/, '') }),
  ],
};
const builder = kind === 'statement' ? new DSSEBundleBuilder(options) : new MessageSignatureBundleBuilder(options);
const artifact = { data: readFileSync(file), type: kind === 'statement' ? 'application/vnd.in-toto+json' : undefined };
builder.create(artifact).then((bundle) => writeFileSync(out, JSON.stringify(bundleToJSON(bundle))));
