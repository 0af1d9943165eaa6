#include "manager/privacy/collection_rules.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::array kTreatments{Treatment::Keep, Treatment::Pseudonym, Treatment::Off};

bool is_of_class(const EventField& field, std::string_view data) {
  return field.personal_data != PersonalData::None && name(field.personal_data) == data;
}

bool is_meant(const EventField& field, std::string_view data) {
  if (field.key == data || is_of_class(field, data)) return true;
  const auto groups = data_groups();
  const auto group = std::ranges::find(groups, data, &DataGroup::name);
  return group != groups.end() && std::ranges::find(group->fields, field.key) != group->fields.end();
}

Result<void> check_data(const CollectionRule& rule) {
  const EventField* const field = find_event_field(rule.data);
  if (field != nullptr && field->personal_data == PersonalData::None)
    return fail(ErrorCode::Invalid, "/data: " + rule.data + " says nothing about people");
  bool is_known = false;
  bool has_pseudonym = false;
  for (const EventField& each : event_fields()) {
    if (!is_meant(each, rule.data)) continue;
    is_known = true;
    has_pseudonym = has_pseudonym || can_be_pseudonym(each);
  }
  if (!is_known) return fail(ErrorCode::Invalid, "/data: no group, class or field is called " + rule.data);
  if (rule.treatment == Treatment::Pseudonym && !has_pseudonym)
    return fail(ErrorCode::Invalid, "/treatment: " + rule.data + " cannot have a pseudonym, only be off");
  return {};
}

Result<void> check(const CollectionRule& rule) {
  if (rule.module != kAll) {
    const auto module = parse_module(rule.module);
    if (!module) return fail(ErrorCode::Invalid, "/module: no module is called " + rule.module);
    if (*module == ModuleKind::Manager)
      return fail(ErrorCode::Invalid, "/module: the manager's own events are the record of who administers");
  }
  if (rule.treatment == Treatment::Keep)
    return fail(ErrorCode::Invalid, "/treatment: what is kept as it is needs no rule");
  return check_data(rule);
}

}  // namespace

std::string_view name(Treatment treatment) noexcept {
  switch (treatment) {
    case Treatment::Keep:
      return "keep";
    case Treatment::Pseudonym:
      return "pseudonym";
    case Treatment::Off:
      return "off";
  }
  return "keep";
}

Result<Treatment> parse_treatment(std::string_view text) {
  for (const Treatment treatment : kTreatments)
    if (name(treatment) == text) return treatment;
  return fail(ErrorCode::Invalid, "is not keep, pseudonym or off");
}

std::span<const DataGroup> data_groups() {
  static const std::vector<DataGroup> kGroups = {
      {"users",
       {"entity.key", "file.owner", "file.owner.was", "file.uid", "user.id", "user.login_id", "user.login_name",
        "user.name"}},
      {"addresses", {"destination.ip", "source.ip", "source.mac"}},
      {"command-lines", {"process.command_line"}},
      {"log-lines", {"log.fields", "log.line", "rule.description"}},
      {"packets", {"packet.data"}},
      {"file-contents", {"change.is", "change.was"}},
  };
  return kGroups;
}

bool can_be_pseudonym(const EventField& field) noexcept {
  const bool is_text = field.type == EventFieldType::Text || field.type == EventFieldType::Ip;
  return is_text && field.personal_data == PersonalData::Identifier;
}

Result<CollectionRules> CollectionRules::create(std::vector<CollectionRule> rules) {
  if (rules.size() > kMaxCollectionRules) return fail(ErrorCode::TooLarge, "/rules: more than 200 rules");
  CollectionRules made;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const CollectionRule& rule = rules[i];
    const std::string place = "/rules/" + std::to_string(i);
    if (auto checked = check(rule); !checked) return fail(checked.error().code, place + checked.error().message);
    const auto is_same = [&](const CollectionRule& other) {
      return other.module == rule.module && other.data == rule.data;
    };
    if (std::find_if(rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(i), is_same) !=
        rules.begin() + static_cast<std::ptrdiff_t>(i))
      return fail(ErrorCode::Invalid, place + "/data: there is a rule for this already");
    for (const ModuleKind module : kModuleKinds)
      if (module != ModuleKind::Manager && (rule.module == kAll || rule.module == name(module))) made.add(module, rule);
  }
  made.rules_ = std::move(rules);
  return made;
}

void CollectionRules::add(ModuleKind module, const CollectionRule& rule) {
  for (const EventField& field : event_fields()) {
    if (!is_meant(field, rule.data)) continue;
    // The number of a user is the user: it goes where the name gets a pseudonym.
    const Treatment wanted = can_be_pseudonym(field) ? rule.treatment : Treatment::Off;
    Treatment& treatment = modules_[module][field.key];
    treatment = std::max(treatment, wanted);
  }
}

Treatment CollectionRules::of(ModuleKind module, std::string_view field) const {
  const auto fields = modules_.find(module);
  if (fields == modules_.end()) return Treatment::Keep;
  const auto found = fields->second.find(field);
  return found == fields->second.end() ? Treatment::Keep : found->second;
}

}  // namespace warder::manager
