//! One rule a file, one line in [`RULES`].

mod agent_files;
mod broken_references;
mod call_order;
mod client_names;
mod concealment;
mod conditional_hand_over;
mod confusable_names;
mod consent_bypass;
mod context_parameters;
mod control_characters;
mod credential_files;
mod deferred_orders;
mod direction_control;
mod encoded_text;
mod exfiltration_orders;
mod file_hand_over;
mod generated_code;
mod header_mirroring;
mod hidden_markup;
mod hint_conflict;
mod hint_destructive;
mod hint_open_world;
mod hint_read_only;
mod icon_sources;
mod impersonation;
mod input_schema;
mod name_shape;
mod network_addresses;
mod open_schema;
mod override_orders;
mod oversized_schema;
mod oversized_text;
mod prelude;
mod prose_in_data;
mod pseudo_tags;
mod pushed_out_of_view;
mod redirected_arguments;
mod remote_images;
mod remote_references;
mod script_urls;
mod secrets;
mod shadowing;
mod shell_orders;
mod similar_names;
mod tag_characters;
mod too_many_tools;
mod ui_origins;
mod unclear_characters;
mod unknown_members;
mod variation_selectors;
mod wide_templates;
mod zero_width;

use super::Rule;

/// Every rule: what is hidden, what is ordered, what leaks, what is called what, what schemas and hints say, what is too
/// much.
pub const RULES: &[Rule] = &[
    direction_control::RULE,
    tag_characters::RULE,
    variation_selectors::RULE,
    zero_width::RULE,
    control_characters::RULE,
    unclear_characters::RULE,
    pushed_out_of_view::RULE,
    hidden_markup::RULE,
    encoded_text::RULE,
    pseudo_tags::RULE,
    override_orders::RULE,
    concealment::RULE,
    consent_bypass::RULE,
    call_order::RULE,
    shadowing::RULE,
    conditional_hand_over::RULE,
    redirected_arguments::RULE,
    exfiltration_orders::RULE,
    shell_orders::RULE,
    generated_code::RULE,
    agent_files::RULE,
    credential_files::RULE,
    file_hand_over::RULE,
    deferred_orders::RULE,
    context_parameters::RULE,
    secrets::RULE,
    network_addresses::RULE,
    script_urls::RULE,
    remote_images::RULE,
    icon_sources::RULE,
    ui_origins::RULE,
    confusable_names::RULE,
    name_shape::RULE,
    similar_names::RULE,
    client_names::RULE,
    impersonation::RULE,
    input_schema::RULE,
    open_schema::RULE,
    remote_references::RULE,
    broken_references::RULE,
    header_mirroring::RULE,
    unknown_members::RULE,
    prose_in_data::RULE,
    wide_templates::RULE,
    hint_read_only::RULE,
    hint_destructive::RULE,
    hint_conflict::RULE,
    hint_open_world::RULE,
    oversized_text::RULE,
    oversized_schema::RULE,
    too_many_tools::RULE,
];

/// Those that find orders to a model in an item alone, without the rest of its server.
pub(super) const ORDERS: &[Rule] = &[
    pseudo_tags::RULE,
    override_orders::RULE,
    concealment::RULE,
    consent_bypass::RULE,
    call_order::RULE,
    redirected_arguments::RULE,
    exfiltration_orders::RULE,
    shell_orders::RULE,
    generated_code::RULE,
    agent_files::RULE,
    credential_files::RULE,
    file_hand_over::RULE,
];
