// Other firewalls' rules as a policy, and what could not be carried over.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engines/firewall/policy.h"

namespace warder::firewall {

enum class ImportFormat : std::uint8_t { Auto, DeepSecurity, Iptables, Nft, Aws };
/// "auto", "deep-security", "iptables", "nft", "aws".
Result<ImportFormat> parse_import_format(std::string_view text);
std::string_view name(ImportFormat format) noexcept;

/// Lost: a rule, or a part of one, is not in the policy. Changed: it is, but means something a little different. Info:
/// nothing is lost; what stood there is how this firewall works anyway.
enum class ImportEffect : std::uint8_t { Lost, Changed, Info };
std::string_view name(ImportEffect effect) noexcept;

struct ImportNote {
  ImportEffect effect = ImportEffect::Lost;
  std::string place;  // "line 12", "/firewallRules/3"
  std::string text;
};

struct Imported {
  ImportFormat format = ImportFormat::Auto;
  Policy policy;  // mode "tap"
  std::size_t rules_read = 0;
  std::size_t rules_carried = 0;  // as rules or as settings
  std::vector<ImportNote> notes;
};

/// Deep Security's firewall rules (API, JSON), iptables-save or ip6tables-save, `nft list ruleset` (text or JSON),
/// AWS security groups (describe-security-groups, JSON). Invalid: the text is none of these. Rules whose
/// conditions cannot all be kept are left out, never widened, and told.
Result<Imported> import_rules(std::string_view text, ImportFormat format = ImportFormat::Auto);

/// {"format", "policy", "rules_read", "rules_carried", "notes": [{"effect", "place", "text"}]}
boost::json::object to_json(const Imported& imported);

inline constexpr std::size_t kMaxImportBytes = 64 << 20;

}  // namespace warder::firewall
