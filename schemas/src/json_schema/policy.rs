//! What readers of policies refuse whatever the types say, as far as JSON Schema can say it. The rest says
//! `mcpsign policy check`: whether what a name refers to is there and may do what is asked of it, and whether patterns, keys,
//! licences and expressions can be read.

use serde_json::{Map, Value, json};

use crate::policy::{MAX_KEYS, SCHEMA};
use crate::statement::predicate_type::TOOL_MANIFEST;

/// Members of [`whole`](super::whole)'s schema, as `Definition.member` (`.member` of the document itself; `[]` behind it: its
/// elements), and objects, as `Definition`.
pub(super) fn rules() -> Vec<(&'static str, Value)> {
    [members(), numbers(), objects()].concat()
}

/// The schema with all of it. In policies no list is empty, and none has anything twice.
pub(super) fn strict(mut schema: Value) -> Value {
    lists(&mut schema);
    for (place, rule) in rules() {
        if let (Some(object), Value::Object(rule)) = (at(&mut schema, place), rule) {
            object.extend(rule);
        }
    }
    schema
}

/// The object at a place of [`rules`].
pub(super) fn at<'s>(schema: &'s mut Value, place: &str) -> Option<&'s mut Map<String, Value>> {
    let (place, elements) = match place.strip_suffix("[]") {
        Some(list) => (list, "/items"),
        None => (place, ""),
    };
    let pointer = match place.split_once('.') {
        Some(("", member)) => format!("/properties/{member}{elements}"),
        Some((object, member)) => format!("/$defs/{object}/properties/{member}{elements}"),
        None => format!("/$defs/{place}"),
    };
    schema.pointer_mut(&pointer)?.as_object_mut()
}

fn lists(schema: &mut Value) {
    if schema.get("type").is_some_and(|ty| ty == "array")
        && let Some(list) = schema.as_object_mut()
    {
        list.extend([("minItems".into(), 1.into()), ("uniqueItems".into(), true.into())]);
    }
    match schema {
        Value::Object(object) => object.values_mut().for_each(lists),
        Value::Array(elements) => elements.iter_mut().for_each(lists),
        _ => {}
    }
}

/// Texts, by their form.
fn members() -> Vec<(&'static str, Value)> {
    let name = json!({ "pattern": r"^\S(.*\S)?$", "maxLength": 128 });
    let uri = json!({ "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:/*[^\s*/][^\s*]*$", "maxLength": 2048 });
    let exact = json!({ "pattern": r"^[^\s*]+$", "maxLength": 2048 });
    let address = json!({ "pattern": r"^https://[^/\s%*?#]+/([^\s%*?#]*[^/\s%*?#])$" });
    let reference = json!({ "pattern": r"^refs/\S+$" });
    let commit = json!({ "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" });
    let number = json!({ "pattern": "^(0|[1-9][0-9]{0,19})$" });
    let text = json!({ "pattern": r"\S" });
    let word = json!({ "pattern": r"^\S+$" });
    let forms: [(Value, &[&'static str]); 14] = [
        (
            name,
            &[
                ".name",
                "KeyEntry.name",
                "SignerEntry.name",
                "SignerEntry.key",
                "SignerEntry.keys[]",
                "IdentityEntry.trustRoot",
                "NamespaceEntry.signers[]",
                "RuleEntry.name",
                "RuleEntry.signers[]",
                "BuilderEntry.signers[]",
                "SignatureRequirement.signers[]",
                "AdvisoryRequirement.signers[]",
                "VexRequirement.signers[]",
                "Authority.signers[]",
                "ApprovalRequirement.by[]",
                "ApprovalRequirement.scope",
                "ExceptionsRequirement.by[]",
                "ExceptionsRequirement.scope",
                "SummaryRequirement.by[]",
                "Condition.name",
            ],
        ),
        (
            uri,
            &[
                "SignerEntry.predicates[]",
                "Require.predicates[]",
                "SignatureRequirement.predicate",
                "Authority.uri",
                "SummaryRequirement.verifier",
            ],
        ),
        (exact, &["IdentityEntry.issuer", "IdentityEntry.subject", "VexRequirement.malicious[]"]),
        (
            address,
            &[
                "IdentityEntry.repository",
                "IdentityEntry.owner",
                "WorkflowEntry.repository",
                "ProvenanceRequirement.repository",
            ],
        ),
        (reference, &["IdentityEntry.ref", "WorkflowEntry.ref", "ProvenanceRequirement.ref"]),
        (commit, &["IdentityEntry.commit", "WorkflowEntry.commit", "ProvenanceRequirement.commit"]),
        (number, &["IdentityEntry.repositoryId", "IdentityEntry.ownerId"]),
        (
            text,
            &[
                "Condition.expression",
                "LintException.item",
                "LintException.reason",
                "SummaryRequirement.resource",
                "LicenseRequirement.allow[]",
                "LicenseRequirement.deny[]",
                "NamesRequirement.allow[]",
                "NamesRequirement.deny[]",
            ],
        ),
        (word, &["NamespaceEntry.server", "NamespaceEntry.package", "NamespaceEntry.image"]),
        (json!({ "pattern": r"^\S*\*\S*$" }), &["IdentityEntry.subjectPattern"]),
        (json!({ "pattern": r"^[^/\s@*%?#]([^\s@*%?#]*[^/\s@*%?#])?$" }), &["WorkflowEntry.path"]),
        (json!({ "pattern": "^[A-Za-z0-9_-]{1,255}$" }), &["IdentityEntry.triggers[]"]),
        (json!({ "pattern": "^[^*]+$", "maxLength": 255 }), &["IdentityEntry.environment"]),
        (json!({ "pattern": r"^[^\s*/?#@A-Z]+$" }), &["NamespaceEntry.endpoint"]),
    ];
    let mut rules: Vec<(&'static str, Value)> = vec![
        (".schema", json!({ "const": SCHEMA })),
        ("KeyEntry.publicKey", json!({ "pattern": "-----BEGIN " })),
        ("BuilderEntry.id", json!({ "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$" })),
        ("LintException.rule", json!({ "pattern": "^lint/[a-z-]+$" })),
        ("ExceptionsRequirement.codes[]", json!({ "pattern": "^[a-z]+/[a-z0-9-]+$" })),
    ];
    rules.extend(forms.iter().flat_map(|(form, places)| places.iter().map(|place| (*place, form.clone()))));
    rules
}

/// Numbers, and how many there may be of what.
fn numbers() -> Vec<(&'static str, Value)> {
    let days = json!({ "minimum": 1, "maximum": 3650 });
    let level = json!({ "minimum": 1, "maximum": 3 });
    vec![
        ("CoolDown.days", days.clone()),
        ("AdvisoryRequirement.maxAgeDays", days.clone()),
        ("RevocationsRequirement.maxAgeDays", days.clone()),
        ("SummaryRequirement.maxAgeDays", days),
        ("AdvisoryRequirement.coverage", json!({ "minimum": 1, "maximum": 100 })),
        ("BuilderEntry.level", level.clone()),
        ("ProvenanceRequirement.minimumLevel", level),
        ("SignatureRequirement.threshold", json!({ "minimum": 1 })),
        ("TimeSourceRequirement.threshold", json!({ "minimum": 1, "maximum": 32 })),
        ("ToolsRequirement.atMost", json!({ "minimum": 1, "maximum": 10_000 })),
        (".keys", json!({ "maxItems": MAX_KEYS })),
        ("Require.conditions", json!({ "maxItems": 16 })),
        ("NamesRequirement.allow", json!({ "maxItems": 256 })),
        ("NamesRequirement.deny", json!({ "maxItems": 256 })),
    ]
}

/// Members that exclude each other, or belong together.
fn objects() -> Vec<(&'static str, Value)> {
    let these = |members: &[&str]| -> Vec<Value> {
        members.iter().map(|member| json!({ "required": [member] })).collect()
    };
    let changes = [
        "signerChanged",
        "ownerChanged",
        "provenanceGone",
        "versionBack",
        "newDependency",
        "newInstallScript",
        "toolsChanged",
        "hintsChanged",
    ];
    let with_first_seen: Map<String, Value> =
        changes.iter().map(|change| ((*change).to_owned(), json!(["firstSeen"]))).collect();
    let anything = json!({ "minProperties": 1 });
    vec![
        (
            "SignerEntry",
            json!({
                "oneOf": these(&["key", "keys", "identity"]),
                "if": { "properties": { "predicates": { "contains": { "const": TOOL_MANIFEST } } } },
                "then": { "required": ["kinds"] },
                "else": { "properties": { "kinds": false } }
            }),
        ),
        ("IdentityEntry", json!({ "oneOf": these(&["subject", "subjectPattern", "signerWorkflow"]) })),
        ("NamespaceEntry", json!({ "oneOf": these(&["server", "package", "image", "endpoint"]) })),
        ("Require.predicates", json!({ "contains": { "const": TOOL_MANIFEST } })),
        (
            "Require",
            json!({ "dependentSchemas": { "provenance": { "properties": {
                "predicates": { "contains": { "pattern": r"^https://slsa\.dev/provenance/" } }
            } } } }),
        ),
        (
            "ProvenanceRequirement",
            json!({
                "minProperties": 1,
                "dependentRequired": { "builders": ["minimumLevel"], "minimumLevel": ["builders"] }
            }),
        ),
        ("ToolsRequirement", anything.clone()),
        ("NamesRequirement", anything),
        ("LicenseRequirement", json!({ "anyOf": these(&["allow", "deny"]) })),
        ("ShadowingRequirement", json!({ "anyOf": these(&["sameName", "similarName", "mention"]) })),
        (
            "ContinuityRequirement",
            json!({
                "dependentRequired": with_first_seen,
                "anyOf": [
                    { "required": ["coolDown"], "properties": { "firstSeen": false } },
                    { "required": ["firstSeen"], "properties": { "firstSeen": { "const": "deny" } } },
                    { "anyOf": these(&changes) }
                ]
            }),
        ),
    ]
}
