// What the importers share: rules in the order in which they are looked at, first match wins, put into priorities.
#pragma once

#include <optional>

#include "engines/firewall/import.h"

namespace warder::firewall {

enum class OrderedVerdict : std::uint8_t { Accept, Drop, Log };

/// One rule of an ordered firewall. `rule.action` and `rule.priority` are filled in by order_rules().
struct OrderedRule {
  Rule rule;
  OrderedVerdict verdict = OrderedVerdict::Accept;
  std::string place;
};

/// Of one direction: first match wins, and what no rule matches meets `default_drop`. Appends to the policy and tells
/// where the order does not fit into five priorities.
void order_rules(Imported& out, std::vector<OrderedRule> rules, bool default_drop, std::string_view direction);

/// A name that rules may have, not yet used: from `wish`, with what is not allowed as dashes and, at need, a number.
std::string unique_id(const Policy& policy, std::string_view wish);

void note(Imported& out, ImportEffect effect, std::string place, std::string text);

Result<Imported> import_deep_security(const boost::json::object& document);
Result<Imported> import_aws(const boost::json::object& document);
Result<Imported> import_iptables(std::string_view text);
Result<Imported> import_nft(std::string_view text);
Result<Imported> import_nft_json(const boost::json::object& document);

/// "tcp dport 22" and the like as iptables and nft share them: the effect of a verdict word.
std::optional<OrderedVerdict> verdict_of(std::string_view word);

}  // namespace warder::firewall
