// Rules: which entities are watched and what of them. Read from the XML form of Deep Security (rule_xml.h) and from our
// own YAML form (rule_yaml.h), which say the same.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/integrity/attributes.h"
#include "model/event.h"

namespace warder::integrity {

enum class SetKind : std::uint8_t {
  File,
  Directory,
  User,
  Group,
  Port,
  Process,
  Service,
  InstalledSoftware,
  KernelModule,
  Cron,
  Mount,
  Container,
};
/// "FileSet" …
std::string_view name(SetKind kind) noexcept;
std::optional<SetKind> find_set_kind(std::string_view name) noexcept;
constexpr bool is_of_files(SetKind kind) noexcept {
  return kind == SetKind::File || kind == SetKind::Directory;
}

/// One include or exclude element: all of it must hold.
struct Condition {
  std::string key;                              // a pattern; empty: any
  std::map<std::string, std::string> features;  // attribute in lower case → pattern of its value
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct EntitySet {
  SetKind kind = SetKind::File;
  std::string base;  // absolute; file and directory sets
  std::optional<bool> on_change;
  bool follow_links = false;
  bool diff = false;  // keep the text of small files, to show what changed in it
  std::vector<Condition> includes;
  std::vector<Condition> excludes;
  AttributeSet attributes = 0;          // file and directory sets
  std::vector<std::string> properties;  // other sets: their attributes' names
  friend bool operator==(const EntitySet&, const EntitySet&) = default;
};

struct Rule {
  std::string id;
  std::string name;
  Severity severity = Severity::Medium;
  std::vector<std::string> recommended_for;  // facts of the inventory: "package:nginx", "os:debian"
  std::vector<EntitySet> sets;
};

struct RuleSet {
  std::vector<Rule> rules;
};

/// Chooses what CONTENTS and the default stand for.
struct RuleDefaults {
  std::string id = "rule";                            // of a rule without one; the second is "rule-2"
  Attribute content = Attribute::Content;             // CONTENTS
  std::map<std::string, std::string> variables = {};  // ${name}, beside ${env.NAME}
};

/// XML when the first thing in it is a tag, YAML otherwise. Invalid names the place.
Result<RuleSet> load_rules(std::string_view text, const RuleDefaults& defaults);
/// "sha256", "sha1", "md5", "sha512", "blake3"; Invalid for others.
Result<Attribute> parse_hash(std::string_view name);

// For the two loaders.

/// Puts in variables; Invalid for one that is not known.
Result<std::string> expand_variables(std::string_view text, const RuleDefaults& defaults);
/// Adds the attribute or shorthand that a rule names. Attributes of other systems are known and mean nothing here.
Result<void> add_attribute(EntitySet& set, std::string_view name, const RuleDefaults& defaults);
/// Gives ids to rules without one and checks what every set must have.
Result<void> complete(RuleSet& rules, const RuleDefaults& defaults);
/// STANDARD of a set's kind.
void add_standard(EntitySet& set, const RuleDefaults& defaults);
Result<bool> parse_flag(std::string_view text);

}  // namespace warder::integrity
