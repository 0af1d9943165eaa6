// One rule out of the file that it is written in, as its author wrote it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace warder::manager {

/// The element <rule> that begins at `line` (from 1), up to its end; empty when none does.
std::string xml_rule_at(std::string_view text, std::size_t line);
/// The rule of Suricata's language that has this sid, with its continued lines; empty when none has.
std::string suricata_rule(std::string_view text, std::string_view sid);
/// The item of a list of rules in YAML that has this id, with what is indented below it; empty when none has.
std::string yaml_rule(std::string_view text, std::string_view id);

/// What a rule of Suricata's language refers to: "https://example.com/a" of `reference:url,example.com/a`, else
/// "TYPE VALUE"; CVEs, which are told apart, are left out.
std::vector<std::string> suricata_references(std::string_view rule);

}  // namespace warder::manager
