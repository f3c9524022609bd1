//! Codes of `manifest/…`.

use super::codes;

codes! {
    MISSING = "manifest/missing", Error, "there is no tool manifest",
        cause: "the evidence holds no trusted statement of the tool-manifest type over this subject",
        cure: "ask the publisher to run `mcpsign attest`",
        tags: ["MCP03", "C10.4.7"];
    MALFORMED = "manifest/malformed", Error, "the tool manifest is not well formed",
        cause: "a required member is missing or has another type",
        cure: "ask the publisher for a well-formed manifest",
        tags: ["MCP03"];
    ITEM_MISSING = "manifest/item-missing", Error, "an item that the manifest names is not in it",
        cause: "its list of items was cut or a digest was exchanged",
        cure: "ask the publisher for a well-formed manifest",
        tags: ["MCP03"];
    ITEM_UNUSED = "manifest/item-unused", Error, "the manifest holds an item that no profile names",
        cause: "something was added that no listing shows",
        cure: "ask the publisher for a well-formed manifest",
        tags: ["MCP03"];
    DIGEST_MISMATCH = "manifest/digest-mismatch", Error, "a digest in the manifest is not that of its content",
        cause: "an item or a list was changed and its digest was not, or the other way round",
        cure: "ask the publisher for a well-formed manifest",
        tags: ["MCP03"];
    SUBJECT_UNKNOWN = "manifest/subject-unknown", Error, "the manifest speaks of a digest that its statement does not name",
        cause: "`packages`, `profiles` or `bindings` refer to something outside the statement's subjects",
        cure: "ask the publisher for a well-formed manifest",
        tags: ["MCP03"];
    NOT_OBSERVED = "manifest/not-observed", Note, "the running server was not looked at",
        cause: "no observation was given, so the signed manifest was checked in itself only",
        cure: "add `-- COMMAND` or `--observed FILE` to compare it with what the server shows",
        tags: ["MCP03"];
    NOT_CAPTURED_FROM_THIS_FORM = "manifest/not-captured-from-this-form", Note, "no profile was captured from this form of the release",
        cause: "the manifest covers it by its subject list, yet another form was started",
        cure: "ask the publisher for a capture of this form if your policy wants one",
        tags: ["MCP03"];
    NOTHING_OBSERVED = "manifest/nothing-observed", Error, "the server showed nothing",
        cause: "the manifest has tools and the observation has none",
        cure: "check the command and the replies handed in",
        tags: ["MCP03"];
    TOOL_UNKNOWN = "manifest/tool-unknown", Error, "the server shows a tool that is not in the signed manifest",
        cause: "a tool was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03", "MCP02", "C10.4.7"];
    TOOL_CHANGED = "manifest/tool-changed", Error, "a tool differs from the signed manifest",
        cause: "its text or schema was changed after signing",
        cure: "run `mcpsign manifest diff` to see how; do not use it before the publisher has signed it",
        tags: ["MCP03", "MCP02", "C10.4.7"];
    TOOL_MISSING = "manifest/tool-missing", Error, "a signed tool is not shown",
        cause: "the server shows fewer tools under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    PROMPT_UNKNOWN = "manifest/prompt-unknown", Error, "the server shows a prompt that is not in the signed manifest",
        cause: "it was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03"];
    PROMPT_CHANGED = "manifest/prompt-changed", Error, "a prompt differs from the signed manifest",
        cause: "it was changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03"];
    PROMPT_MISSING = "manifest/prompt-missing", Error, "a signed prompt is not shown",
        cause: "the server shows fewer of them under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    RESOURCE_TEMPLATE_UNKNOWN = "manifest/resource-template-unknown", Error, "the server shows a resource template that is not in the signed manifest",
        cause: "it was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03"];
    RESOURCE_TEMPLATE_CHANGED = "manifest/resource-template-changed", Error, "a resource template differs from the signed manifest",
        cause: "it was changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03"];
    RESOURCE_TEMPLATE_MISSING = "manifest/resource-template-missing", Error, "a signed resource template is not shown",
        cause: "the server shows fewer of them under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    RESOURCE_UNKNOWN = "manifest/resource-unknown", Error, "the server shows a resource that is not in the signed manifest",
        cause: "it was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03"];
    RESOURCE_CHANGED = "manifest/resource-changed", Error, "a resource differs from the signed manifest",
        cause: "it was changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03"];
    RESOURCE_MISSING = "manifest/resource-missing", Error, "a signed resource is not shown",
        cause: "the server shows fewer of them under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    SKILL_UNKNOWN = "manifest/skill-unknown", Error, "the server shows a skill that is not in the signed manifest",
        cause: "it was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03"];
    SKILL_CHANGED = "manifest/skill-changed", Error, "a skill differs from the signed manifest",
        cause: "it was changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03"];
    SKILL_MISSING = "manifest/skill-missing", Error, "a signed skill is not shown",
        cause: "the server shows fewer of them under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    UI_UNKNOWN = "manifest/ui-unknown", Error, "the server shows a user-interface page that is not in the signed manifest",
        cause: "it was added or renamed after signing",
        cure: "do not use it before the publisher has signed it",
        tags: ["MCP03"];
    UI_CHANGED = "manifest/ui-changed", Error, "a user-interface page differs from the signed manifest",
        cause: "it was changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03"];
    UI_MISSING = "manifest/ui-missing", Error, "a signed user-interface page is not shown",
        cause: "the server shows fewer of them under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    INSTRUCTIONS_CHANGED = "manifest/instructions-changed", Error, "the instructions differ from the signed manifest",
        cause: "they go into the model and were changed after signing",
        cure: "run `mcpsign manifest diff` to see how",
        tags: ["MCP03", "MCP06"];
    SERVER_INFO_CHANGED = "manifest/server-info-changed", Error, "the server calls itself something else",
        cause: "its server info differs from the signed manifest",
        cure: "make sure that the command starts the server you meant",
        tags: ["MCP03", "MCP09"];
    CAPABILITIES_CHANGED = "manifest/capabilities-changed", Error, "the server declares other capabilities",
        cause: "they differ from the signed manifest under equal conditions",
        cure: "compare the versions of server and dependencies",
        tags: ["MCP03"];
    WIRE_ONLY = "manifest/wire-only", Note, "an item differs in inert members only",
        cause: "a newer SDK adds or drops members that no model sees",
        cure: "nothing needs to be done",
        tags: ["MCP03"];
    SUBSET = "manifest/subset", Note, "the observation was compared as a subset",
        cause: "it was made under other conditions than any signed profile, so missing items prove nothing",
        cure: "start the server as one of the signed profiles does to compare in full",
        tags: ["MCP03"];
    OBSERVER_UNBOUND = "manifest/observer-unbound", Error, "an observer's capture is not bound to the artifact",
        cause: "somebody other than the publisher ran a command and nothing relates it to the subject's bytes",
        cure: "ask the observer to capture from the unpacked or installed artifact",
        tags: ["MCP03"];
    BINDING_UNPROVEN = "manifest/binding-unproven", Note, "nothing relates the captured server to the artifact",
        cause: "the publisher captured from a command of their own (`binding: command`)",
        cure: "ask the publisher to capture from the release itself if your policy wants that",
        tags: ["MCP03"];
    BINDING_TOO_WEAK = "manifest/binding-too-weak", Error, "no profile is bound to the artifact as the policy demands",
        cause: "the policy's `binding` asks for more than any signed profile claims",
        cure: "ask the publisher to capture from the unpacked or installed artifact",
        tags: ["MCP03"];
    CONDITIONS_DIFFER = "manifest/conditions-differ", Error, "the server was observed under other conditions than any signed profile",
        cause: "launch, protocol version or client capabilities differ, and the policy wants equality",
        cure: "start the server as one of the signed profiles does; `mcpsign manifest show` prints them",
        tags: ["MCP03"];
    TOO_MANY_TOOLS = "manifest/too-many-tools", Error, "the server has more tools than the policy allows",
        cause: "a signed profile shows more tools than `require.tools.atMost`",
        cure: "raise the number if so many are meant, or have the server started with fewer",
        tags: ["MCP02", "SAFE-T1403"];
    TOOL_DESTRUCTIVE = "manifest/tool-destructive", Error, "a tool may destroy",
        cause: "it says neither `readOnlyHint: true` nor `destructiveHint: false`, and the policy denies such tools",
        cure: "use a server without it, or leave `require.tools.destructive` out for this one",
        tags: ["MCP02", "C10.4.7", "SAFE-T1302"];
    TOOL_OPEN_WORLD = "manifest/tool-open-world", Error, "a tool reaches into an open world",
        cause: "it does not say `openWorldHint: false`, and the policy denies such tools",
        cure: "use a server without it, or leave `require.tools.openWorld` out for this one",
        tags: ["MCP02", "MCP10", "SAFE-T1913"];
    TOOL_UNHINTED = "manifest/tool-unhinted", Error, "a tool says nothing of what it does",
        cause: "it has none of the protocol's hints, and the policy denies such tools",
        cure: "ask the publisher to write `annotations`",
        tags: ["MCP02", "C10.4.2"];
    TOOL_UNDECLARED_ARGUMENTS = "manifest/tool-undeclared-arguments", Error, "a tool takes arguments that it does not declare",
        cause: "its input schema does not say `additionalProperties: false`, or has `patternProperties`, and the policy denies such tools",
        cure: "ask the publisher to close the schema",
        tags: ["MCP02", "MCP10", "C10.4.2", "SAFE-T1911"];
    TOOL_NAME_TAKEN = "manifest/tool-name-taken", Error, "a tool is called like one of another server",
        cause: "a client that has both can call the wrong one, and an approval by name holds for both",
        cure: "use one of the two servers, or a client that keeps their tools apart",
        tags: ["MCP03", "MCP09", "SAFE-T1301"];
    TOOL_NAME_CONFUSABLE = "manifest/tool-name-confusable", Error, "a tool's name looks like that of a tool of another server",
        cause: "but for case, separators and letters that look alike it is the same name: models and people take one for the other",
        cure: "find out which of the two is meant, and use no server that dresses up as another",
        tags: ["MCP03", "MCP09", "SAFE-T1004", "SAFE-T1301"];
    TOOL_OF_ANOTHER_NAMED = "manifest/tool-of-another-named", Error, "a text names a tool of another server",
        cause: "descriptions of all servers are read together, so that one can bend how another's tools are used",
        cure: "read the text: what has no business with another server's tools is not to be used beside it",
        tags: ["MCP03", "MCP06", "SAFE-T1008", "SAFE-T1301"];
    TOOL_NAME_NOT_ALLOWED = "manifest/tool-name-not-allowed", Error, "a tool has a name that the policy does not allow",
        cause: "it is not among `require.tools.names.allow`, or holds words of `deny`",
        cure: "read what the tool does, and add its name to the policy if it is meant",
        tags: ["MCP02", "MCP03", "C10.4.7"];
}
