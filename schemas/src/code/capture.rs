//! Codes of `capture/…`.

use super::codes;

codes! {
    DUPLICATE_KEY = "capture/duplicate-key", Error, "two members of one object have the same name",
        cause: "parsers disagree which of them counts",
        cure: "the server's author must send each member once",
        tags: ["MCP03"];
    INVALID_JSON = "capture/invalid-json", Error, "a reply is not strict JSON",
        cause: "invalid UTF-8, a lone surrogate, a byte order mark or plain bad syntax",
        cure: "the server's author must send valid JSON",
        tags: ["MCP03"];
    TOO_DEEP = "capture/too-deep", Error, "a reply is nested too deeply",
        cause: "more than 64 levels of arrays and objects",
        cure: "flatten the schema",
        tags: ["MCP03"];
    NUMBER_NOT_EXACT = "capture/number-not-exact", Error, "a number cannot be represented exactly",
        cause: "readers would disagree about its value",
        cure: "write it as a string, or keep integers within ±(2^53−1)",
        tags: ["MCP03"];
    DUPLICATE_ITEM = "capture/duplicate-item", Error, "two items of a list have the same name",
        cause: "clients disagree which of them counts",
        cure: "the server's author must name items uniquely",
        tags: ["MCP03"];
    ITEM_UNNAMED = "capture/item-unnamed", Error, "an item has no name",
        cause: "it lacks the member that every item of its list has",
        cure: "the server's author must name it",
        tags: ["MCP03"];
    TWO_REPLIES = "capture/two-replies", Error, "one request was answered twice",
        cause: "clients disagree which reply counts",
        cure: "the server's author must answer once",
        tags: ["MCP03"];
    UNKNOWN_REPLY = "capture/unknown-reply", Error, "a reply answers a request that was never made",
        cause: "something else speaks on the server's stdout",
        cure: "the server's author must keep stdout to the protocol",
        tags: ["MCP03"];
    CURSOR_LOOP = "capture/cursor-loop", Error, "a list's pages run in a circle",
        cause: "a cursor came back that had been used",
        cure: "the server's author must end the list",
        tags: ["MCP03"];
    OVER_BUDGET = "capture/over-budget", Error, "the server sends more than is read",
        cause: "a line, a list or all replies together are over the limit",
        cure: "see the limit in the message",
        tags: ["MCP03"];
    PASSES_DISAGREE = "capture/passes-disagree", Error, "two listings in a row differ",
        cause: "the server shows different things at different times",
        cure: "the server must show the same list to the same client",
        tags: ["MCP03", "C10.4.7"];
    LIST_KEEPS_CHANGING = "capture/list-keeps-changing", Error, "the server announces changes without end",
        cause: "a list_changed notification interrupted every pass",
        cure: "the server must settle before it can be captured",
        tags: ["MCP03"];
    NOTHING_OBSERVED = "capture/nothing-observed", Error, "the server shows nothing",
        cause: "no tool, prompt, resource, instruction or server info",
        cure: "check the command",
        tags: ["MCP03"];
    INPUT_REQUIRED = "capture/input-required", Error, "the server wants input before it lists",
        cause: "a listing must not depend on an interaction",
        cure: "the server's author must list without input",
        tags: ["MCP03"];
    BAD_RESULT = "capture/bad-result", Error, "a reply lacks what its method promises",
        cause: "the list is missing or of another type",
        cure: "the server's author must follow the protocol",
        tags: ["MCP03"];
    UNKNOWN_RESULT_MEMBER = "capture/unknown-result-member", Warning, "a result has members that the protocol does not know",
        cause: "they are signed with the wire digest and reach no model through known clients",
        cure: "nothing needs to be done if they are yours",
        tags: ["MCP03"];
    CHATTER = "capture/chatter", Warning, "a line on stdout is not JSON",
        cause: "the server logs to the channel that the protocol uses",
        cure: "log to stderr",
        tags: ["MCP03"];
    BATCH_REPLY = "capture/batch-reply", Warning, "replies came as a batch",
        cause: "batches left the protocol in 2025-06-18",
        cure: "update the server's SDK",
        tags: ["MCP03"];
    ERA_BY_TIME_OUT = "capture/era-by-time-out", Warning, "the protocol era was found by waiting",
        cause: "server/discover was not answered in time",
        cure: "update the server's SDK",
        tags: ["MCP03"];
    ERA_BY_CRASH = "capture/era-by-crash", Warning, "the protocol era was found by the server's end",
        cause: "it ended when server/discover was asked, and was started again as a legacy server",
        cure: "update the server's SDK; if it should speak 2026-07-28, capture again",
        tags: ["MCP03"];
    PATH_IN_ITEM = "capture/path-in-item", Warning, "an item contains a path of this machine",
        cause: "the list depends on where the server runs",
        cure: "make the server's text independent of its location",
        tags: ["MCP01"];
    SERVER_REQUEST = "capture/server-request", Note, "the server sent requests of its own",
        cause: "they were answered with an error; capture lends no capabilities",
        cure: "nothing needs to be done",
        tags: ["MCP03"];
    SERVER_FAILED = "capture/server-failed", Error, "the server could not be observed",
        cause: "it did not start, ended early, or did not answer in time",
        cure: "see its last lines on stderr",
        tags: ["MCP03"];
    BAD_MESSAGE = "capture/bad-message", Error, "a message is not JSON-RPC 2.0",
        cause: "it lacks `jsonrpc`, or is a request and a reply at once; some clients would read it, others not",
        cure: "the server's author must follow JSON-RPC",
        tags: ["MCP03"];
    UI_UNREADABLE = "capture/ui-unreadable", Error, "a page that a tool names cannot be read",
        cause: "resources/read refuses it, or its content is not one text or blob of that URI",
        cure: "the server's author must serve the page or take the reference out",
        tags: ["MCP03"];
    UNDECLARED_LIST = "capture/undeclared-list", Warning, "the server answers a list that it does not declare",
        cause: "its capabilities lack what a client that asks all the same is shown",
        cure: "the server's author must declare the capability",
        tags: ["MCP03"];
    UNSERVED_LIST = "capture/unserved-list", Warning, "the server declares a list and does not know it",
        cause: "its capabilities promise what it answers with -32601; clients show the rest all the same",
        cure: "the server's author must take the capability out, or serve the list",
        tags: ["MCP03"];
    LIST_CHANGED = "capture/list-changed", Warning, "the server announced a change while it was listed",
        cause: "what it had listed before is not recorded; a client puts it before its model until it asks again",
        cure: "capture again; a server that does so at every start may show one thing first and be signed for another",
        tags: ["MCP03"];
    UNKNOWN_PROTOCOL_VERSION = "capture/unknown-protocol-version", Error, "the server speaks no revision that is known here",
        cause: "it is newer than this program, or answers with a revision that was never published",
        cure: "update mcpsign, or the server",
        tags: ["MCP03"];
    PROCESS_OUTLIVES = "capture/process-outlives", Error, "a process of the server could not be ended",
        cause: "it forks faster than it can be killed, or hangs in the kernel",
        cure: "end it by hand; do not use the server",
        tags: ["MCP03"];
    REPLY_ON_WRONG_STREAM = "capture/reply-on-wrong-stream", Error, "a reply came on a stream where it does not belong",
        cause: "over HTTP a reply belongs into the response to its own request; clients disagree about any other",
        cure: "the server's author must answer each request where it was asked",
        tags: ["MCP03"];
    NEEDS_AUTHORIZATION = "capture/needs-authorization", Error, "the server wants to know who asks",
        cause: "it answers with HTTP status 401 or 403",
        cure: "give a credential: `--header 'Authorization=Bearer {secret:TOKEN}'` with TOKEN in the environment",
        tags: ["MCP07"];
    REDIRECTED = "capture/redirected", Error, "the server sends elsewhere",
        cause: "a redirect to another host, port or scheme, or one that changes the method",
        cure: "capture the address that it leads to, if that is the server that you mean",
        tags: ["MCP03"];
    OLD_TRANSPORT = "capture/old-transport", Error, "the server speaks the old HTTP+SSE transport",
        cause: "it was replaced in 2025-03-26 and is not spoken here",
        cure: "use the server's Streamable HTTP address, or update its SDK",
        tags: ["MCP03"];
    QUERY_NOT_RECORDED = "capture/query-not-recorded", Note, "the address was asked with a query that is not recorded",
        cause: "queries carry credentials, and are no part of an endpoint",
        cure: "where the query decides what is listed, give each variant a path of its own",
        tags: ["MCP01"];
}
