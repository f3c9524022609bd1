//! Parameters that ask for what no tool needs.

use super::prelude::*;
use crate::diff::sink;

code! {
    CODE = "lint/context-parameters", Warning, "a parameter asks for what the model knows",
    cause: "models fill parameters called `system_prompt`, `conversation_history` or `sidenote` without being told to: a published way to have them leak their context",
    cure: "take what the tool needs, under a name that says what it is",
    tags: ["MCP03", "MCP10", "SAFE-T1501", "SAFE-T1911", "SAFE-T1603"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"conversation_history":{"type":"string"}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"object","properties":{"systemPrompt":{}}}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"sidenote":{"type":"string"}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"chain-of-thought":{"type":"string"}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"conversation_history":{"type":"array"}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"conversation_history":{"type":"object"}}}}"#,
            ),
            (
                Level::Note,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"context":{"type":"string"}}}}"#,
            ),
        ],
        passed: &[
            r#"{"name":"t","inputSchema":{"type":"object","properties":{"context":{"type":"integer"},"query":{"type":"string"}}}}"#,
            r#"{"name":"t","inputSchema":{"type":"object","properties":{"conversation_history":{"type":"boolean"}}}}"#,
        ],
    },
};

/// As researchers found models to fill them, without case, dashes and underscores.
const LEAKING: &[&str] = &[
    "systemprompt",
    "systeminstructions",
    "conversationhistory",
    "conversation",
    "chathistory",
    "messagehistory",
    "previousmessages",
    "fullconversation",
    "conversationcontext",
    "toolslist",
    "toollist",
    "availabletools",
    "toolcallhistory",
    "previoustoolcalls",
    "chainofthought",
    "reasoningtrace",
    "modelname",
    "sidenote",
    "userprompt",
    "originalprompt",
    "fullcontext",
    "envvars",
    "environmentvariables",
];
/// In use for other things, too.
const LOOSE: &[&str] = &["context", "history", "memory", "reasoning", "notes", "metadata", "feedback"];

fn check(server: &Server<'_>, found: &mut Found) {
    for tool in server.tools() {
        let sinks = sink::sinks(tool.json);
        for (pointer, name, _) in tool.parameters() {
            let inside = format!("{pointer}/");
            if !sinks.contains(&pointer) && !sinks.iter().any(|sink| sink.starts_with(&inside)) {
                continue;
            }
            let name = name::bare(name);
            if LEAKING.contains(&name.as_str()) {
                found.at(Level::Warning, tool, &pointer, "the parameter asks for what the model knows");
            } else if LOOSE.contains(&name.as_str()) {
                found.at(
                    Level::Note,
                    tool,
                    &pointer,
                    "models tend to fill such a parameter with what they know",
                );
            }
        }
    }
}
