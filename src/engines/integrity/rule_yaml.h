// Rules in our own YAML form.
#pragma once

#include "engines/integrity/rules.h"

namespace warder::integrity {

/// A mapping with `rules`, a list of rules, or one rule:
///
///     rules:
///       - id: ssh-server
///         name: Configuration of the SSH server
///         severity: high
///         recommended_for: [package:openssh-server]
///         sets:
///           - FileSet:
///               base: /etc/ssh
///               on_change: true
///               include: ["**/*.conf", {key: "**", owner: root}]
///               exclude: ["**/*.swp"]
///               attributes: [STANDARD]
Result<RuleSet> load_yaml_rules(std::string_view text, const RuleDefaults& defaults);

}  // namespace warder::integrity
