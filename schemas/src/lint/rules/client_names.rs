//! Names that clients use for tools of their own.

use super::prelude::*;

code! {
    CODE = "lint/client-names", Warning, "a tool is called like one that clients have built in",
    cause: "where names collide it is the host that decides whose tool a model gets, and permissions for the one may hold for the other",
    cure: "rename the tool, or begin its name with the server's",
    tags: ["MCP03", "MCP09", "SAFE-T1008", "SAFE-T1301"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            let message = "the tool is called like one that clients have built in";
            if RESERVED.contains(&tool.key) {
                found.at(Level::Warning, tool, "/name", message);
            } else if COMMON.contains(&tool.key) {
                found.at(Level::Note, tool, "/name", message);
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"Bash"}"#),
            (Level::Warning, r#"{"name":"run_terminal_cmd"}"#),
            (Level::Note, r#"{"name":"read_file"}"#),
        ],
        passed: &[r#"{"name":"notes_read"}"#, r#"{"name":"bash_history_search"}"#],
    },
};

/// As the most used clients of 2026 spell them; they mean nothing else.
const RESERVED: &[&str] = &[
    "Agent",
    "AskUserQuestion",
    "Bash",
    "BashOutput",
    "Edit",
    "ExitPlanMode",
    "Glob",
    "Grep",
    "KillShell",
    "LS",
    "MultiEdit",
    "NotebookEdit",
    "NotebookRead",
    "Read",
    "Skill",
    "SlashCommand",
    "Task",
    "TodoRead",
    "TodoWrite",
    "WebFetch",
    "WebSearch",
    "Write",
    "apply_patch",
    "ask_followup_question",
    "attempt_completion",
    "bash",
    "codebase_search",
    "computer",
    "google_web_search",
    "list_code_definition_names",
    "new_task",
    "reapply",
    "run_in_terminal",
    "run_shell_command",
    "run_terminal_cmd",
    "str_replace_based_edit_tool",
    "str_replace_editor",
    "text_editor",
    "use_mcp_tool",
    "web_fetch",
    "web_search",
];
/// Servers of files and the web have them for good reasons.
const COMMON: &[&str] = &[
    "browser_action",
    "create_file",
    "delete_file",
    "edit_file",
    "execute_command",
    "file_search",
    "grep_search",
    "list_dir",
    "list_files",
    "read_file",
    "replace_in_file",
    "save_memory",
    "search_files",
    "write_file",
    "write_to_file",
];
