// What a tenant wants collected of data about people: by module and field, as it is, under a pseudonym, or not at all.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "model/event_fields.h"

namespace warder::manager {

/// The stronger one counts where several rules meet.
enum class Treatment : std::uint8_t { Keep = 0, Pseudonym = 1, Off = 2 };
/// "keep", "pseudonym", "off".
std::string_view name(Treatment treatment) noexcept;
Result<Treatment> parse_treatment(std::string_view text);

struct CollectionRule {
  std::string module;  // "ips" …, or "all": of agents
  std::string data;    // a group ("users"), a class ("identifier"), or a field's key
  Treatment treatment = Treatment::Off;
  friend bool operator==(const CollectionRule&, const CollectionRule&) = default;
};

/// Fields that people think of together.
struct DataGroup {
  std::string_view name;
  std::vector<std::string_view> fields;
};
std::span<const DataGroup> data_groups();

inline constexpr std::size_t kMaxCollectionRules = 200;

/// The rules by module and field. Of the manager's own events, the record of who administers, nothing is taken.
class CollectionRules {
 public:
  CollectionRules() = default;
  /// Invalid with the pointer of the member ("/rules/0/data: …"): no such module or data, something that says nothing
  /// about people, a pseudonym of what is not a user or an address, the same twice.
  static Result<CollectionRules> create(std::vector<CollectionRule> rules);

  [[nodiscard]] const std::vector<CollectionRule>& list() const noexcept { return rules_; }
  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }
  /// Keep for what no rule speaks of.
  [[nodiscard]] Treatment of(ModuleKind module, std::string_view field) const;
  /// Whether any rule speaks of the module.
  [[nodiscard]] bool has(ModuleKind module) const { return modules_.contains(module); }

 private:
  void add(ModuleKind module, const CollectionRule& rule);

  std::vector<CollectionRule> rules_;
  std::map<ModuleKind, std::map<std::string_view, Treatment>> modules_;  // keys are those of event_fields()
};

/// Whether the field can have a pseudonym: names of users and machines, and addresses. Numbers and free text cannot.
bool can_be_pseudonym(const EventField& field) noexcept;

}  // namespace warder::manager
