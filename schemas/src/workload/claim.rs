//! Fulcio's extensions by name and number (its `oid-info.md`). Each is 1.3.6.1.4.1.57264.1.NUMBER.

/// Extensions that hold a DER `UTF8String`, but for the issuer's, which is number 8.
pub const CURRENT: [(u32, &str); 16] = [
    (9, BUILD_SIGNER_URI),
    (10, BUILD_SIGNER_DIGEST),
    (11, RUNNER_ENVIRONMENT),
    (12, SOURCE_REPOSITORY_URI),
    (13, SOURCE_REPOSITORY_DIGEST),
    (14, SOURCE_REPOSITORY_REF),
    (15, SOURCE_REPOSITORY_IDENTIFIER),
    (16, SOURCE_REPOSITORY_OWNER_URI),
    (17, SOURCE_REPOSITORY_OWNER_IDENTIFIER),
    (18, BUILD_CONFIG_URI),
    (19, BUILD_CONFIG_DIGEST),
    (20, BUILD_TRIGGER),
    (21, RUN_INVOCATION_URI),
    (22, SOURCE_REPOSITORY_VISIBILITY),
    (23, DEPLOYMENT_ENVIRONMENT),
    (24, TOKEN_SUBJECT),
];

/// Extensions that hold bare text, of GitHub alone. Others have taken their place, with other values: what is here is
/// `owner/name` and there a URL, say.
pub const DEPRECATED: [(u32, &str); 5] = [
    (2, OLD_TRIGGER),
    (3, "githubWorkflowSHA"),
    (4, "githubWorkflowName"),
    (5, OLD_REPOSITORY),
    (6, "githubWorkflowRef"),
];

/// The event that started the build, as it was written before.
pub const OLD_TRIGGER: &str = "githubWorkflowTrigger";
/// The repository that was built, `owner/name`, as it was written before.
pub const OLD_REPOSITORY: &str = "githubWorkflowRepository";
/// The instructions that asked for the certificate.
pub const BUILD_SIGNER_URI: &str = "buildSignerURI";
/// The commit that they were taken from.
pub const BUILD_SIGNER_DIGEST: &str = "buildSignerDigest";
/// Whose machine it ran on.
pub const RUNNER_ENVIRONMENT: &str = "runnerEnvironment";
/// The repository that was built.
pub const SOURCE_REPOSITORY_URI: &str = "sourceRepositoryURI";
/// The commit that was built.
pub const SOURCE_REPOSITORY_DIGEST: &str = "sourceRepositoryDigest";
/// The reference that was built.
pub const SOURCE_REPOSITORY_REF: &str = "sourceRepositoryRef";
/// The repository's immutable identifier.
pub const SOURCE_REPOSITORY_IDENTIFIER: &str = "sourceRepositoryIdentifier";
/// The repository's owner.
pub const SOURCE_REPOSITORY_OWNER_URI: &str = "sourceRepositoryOwnerURI";
/// The owner's immutable identifier.
pub const SOURCE_REPOSITORY_OWNER_IDENTIFIER: &str = "sourceRepositoryOwnerIdentifier";
/// The instructions that were started.
pub const BUILD_CONFIG_URI: &str = "buildConfigURI";
/// The commit that they were taken from.
pub const BUILD_CONFIG_DIGEST: &str = "buildConfigDigest";
/// The event that started the build.
pub const BUILD_TRIGGER: &str = "buildTrigger";
/// The run.
pub const RUN_INVOCATION_URI: &str = "runInvocationURI";
/// Who could read the repository.
pub const SOURCE_REPOSITORY_VISIBILITY: &str = "sourceRepositoryVisibilityAtSigning";
/// Deployment environment.
pub const DEPLOYMENT_ENVIRONMENT: &str = "deploymentEnvironment";
/// The token's own `sub`.
pub const TOKEN_SUBJECT: &str = "tokenSubject";
