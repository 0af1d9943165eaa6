#include "engines/integrity/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "engines/integrity/key_pattern.h"
#include "engines/integrity/rule_xml.h"
#include "engines/integrity/rule_yaml.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxRules = 10'000;
constexpr std::size_t kMaxConditions = 4096;  // in one set
constexpr std::size_t kMaxText = 4 << 20;

struct Kind {
  SetKind kind;
  std::string_view name;
  std::string_view standard;  // of sets that are not of files
  std::string_view others;    // further attributes; those that only other systems have stand here too
};

constexpr std::array<Kind, 12> kKinds = {{
    {SetKind::File, "FileSet", "", ""},
    {SetKind::Directory, "DirectorySet", "", ""},
    {SetKind::User, "UserSet",
     "cannotChangePassword disabled groups homeFolder passwordHasExpired passwordLastChanged passwordNeverExpires user "
     "group logonShell passwordExpiryInDays passwordMinDaysBetweenChanges uid gid password",
     "fullName lockedOut description homeDriveLetter logonScript profilePath passwordExpiredDaysBeforeDisabled "
     "passwordExpiry passwordWarningDays authorizedKeys"},
    {SetKind::Group, "GroupSet", "group members subGroups", "description"},
    {SetKind::Port, "PortSet", "listeners path process user", "created processId container"},
    {SetKind::Process, "ProcessSet", "commandLine group parent path process user", "threads container started"},
    {SetKind::Service, "ServiceSet",
     "permissions owner group binaryPathName description state startType logOnAs dependsOn",
     "displayName firstFailure secondFailure subsequentFailures resetFailCountAfter rebootMessage runProgram "
     "loadOrderGroup processId unitFile"},
    {SetKind::InstalledSoftware, "InstalledSoftwareSet", "installedDate name version",
     "manufacturer installLocation parent size architecture source"},
    {SetKind::KernelModule, "KernelModuleSet", "size version signer path", "usedBy state tainted"},
    {SetKind::Cron, "CronSet", "schedule command user file", "source"},
    {SetKind::Mount, "MountSet", "device type options", "mountPoint"},
    {SetKind::Container, "ContainerSet", "image name state runtime", "created privileged user"},
}};

const Kind& kind_of(SetKind kind) noexcept {
  return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<std::string> find_property(const Kind& kind, std::string_view name) {
  for (const std::string_view list : {kind.standard, kind.others})
    for (const std::string_view each : split(list, ' '))
      if (!each.empty() && equals_ignoring_case(each, name)) return std::string(each);
  return std::nullopt;
}

Result<void> check_conditions(const std::vector<Condition>& conditions) {
  if (conditions.size() > kMaxConditions) return fail(ErrorCode::TooLarge, "more than 4096 includes or excludes");
  for (const Condition& each : conditions) WD_TRY(KeyPattern::create(each.key).in("key \"" + each.key + "\""));
  return {};
}

Result<void> check_set(EntitySet& set) {
  if (is_of_files(set.kind)) {
    if (set.base.empty()) return fail(ErrorCode::Invalid, "base is missing");
    if (!set.base.starts_with('/')) return fail(ErrorCode::Invalid, "base: not an absolute path");
    for (const std::string_view part : split(set.base, '/'))
      if (part == "." || part == "..") return fail(ErrorCode::Invalid, "base: \".\" and \"..\" are not followed");
    while (set.base.size() > 1 && set.base.ends_with('/')) set.base.pop_back();
  }
  WD_TRY(check_conditions(set.includes));
  return check_conditions(set.excludes);
}

}  // namespace

std::string_view name(SetKind kind) noexcept {
  return kind_of(kind).name;
}

std::optional<SetKind> find_set_kind(std::string_view name) noexcept {
  for (const Kind& kind : kKinds)
    if (equals_ignoring_case(kind.name, name)) return kind.kind;
  return std::nullopt;
}

Result<Attribute> parse_hash(std::string_view name) {
  if (name == "sha256") return Attribute::Content;
  if (name == "sha1") return Attribute::Sha1;
  if (name == "md5") return Attribute::Md5;
  if (name == "sha512") return Attribute::Sha512;
  if (name == "blake3") return Attribute::Blake3;
  return fail(ErrorCode::Invalid, fmt::format("hash {}: not one of sha256, sha512, sha1, md5, blake3", name));
}

Result<bool> parse_flag(std::string_view text) {
  if (equals_ignoring_case(text, "true") || text == "1" || equals_ignoring_case(text, "yes")) return true;
  if (equals_ignoring_case(text, "false") || text == "0" || equals_ignoring_case(text, "no")) return false;
  return fail(ErrorCode::Invalid, fmt::format("\"{}\" is neither true nor false", text));
}

Result<std::string> expand_variables(std::string_view text, const RuleDefaults& defaults) {
  std::string out;
  while (!text.empty()) {
    const auto start = text.find("${");
    out += text.substr(0, start);
    if (start == std::string_view::npos) break;
    const auto end = text.find('}', start);
    if (end == std::string_view::npos) return fail(ErrorCode::Invalid, "\"${\" without \"}\"");
    const std::string variable(text.substr(start + 2, end - start - 2));
    const auto it = defaults.variables.find(variable);
    if (it == defaults.variables.end())
      return fail(ErrorCode::Invalid, fmt::format("${{{}}}: no such variable on this system", variable));
    out += it->second;
    text = text.substr(end + 1);
  }
  return out;
}

void add_standard(EntitySet& set, const RuleDefaults& defaults) {
  if (set.kind == SetKind::File) {
    set.attributes |= (kFileStandard & ~bit(Attribute::Content)) | bit(defaults.content);
  } else if (set.kind == SetKind::Directory) {
    set.attributes |= kDirectoryStandard;
  } else {
    for (const std::string_view each : split(kind_of(set.kind).standard, ' ')) {
      std::string property(each);
      if (std::find(set.properties.begin(), set.properties.end(), property) == set.properties.end())
        set.properties.push_back(std::move(property));
    }
  }
}

Result<void> add_attribute(EntitySet& set, std::string_view name, const RuleDefaults& defaults) {
  if (equals_ignoring_case(name, "STANDARD")) {
    add_standard(set, defaults);
    return {};
  }
  if (is_of_files(set.kind)) {
    if (equals_ignoring_case(name, "CONTENTS")) {
      set.attributes |= bit(defaults.content) | bit(Attribute::Type);
      return {};
    }
    const auto attribute = find_attribute(name);
    if (!attribute)
      return fail(ErrorCode::Invalid,
                  fmt::format("attribute {}: not known of a {}", name, warder::integrity::name(set.kind)));
    set.attributes |= bit(*attribute) | bit(Attribute::Type);
    // DS: permissions are the access list where there is one.
    if (*attribute == Attribute::Mode) set.attributes |= bit(Attribute::Acl);
    return {};
  }
  auto property = find_property(kind_of(set.kind), name);
  if (!property)
    return fail(ErrorCode::Invalid,
                fmt::format("attribute {}: not known of a {}", name, warder::integrity::name(set.kind)));
  if (std::find(set.properties.begin(), set.properties.end(), *property) == set.properties.end())
    set.properties.push_back(std::move(*property));
  return {};
}

Result<void> complete(RuleSet& rules, const RuleDefaults& defaults) {
  if (rules.rules.empty()) return fail(ErrorCode::Invalid, "there is no rule in it");
  if (rules.rules.size() > kMaxRules) return fail(ErrorCode::TooLarge, "more than 10,000 rules");
  std::set<std::string> ids;
  std::size_t number = 0;
  for (Rule& rule : rules.rules) {
    ++number;
    if (rule.id.empty()) rule.id = number == 1 ? defaults.id : fmt::format("{}-{}", defaults.id, number);
    if (!ids.insert(rule.id).second)
      return fail(ErrorCode::Invalid, fmt::format("rule {}: this id is there twice", rule.id));
    if (rule.sets.empty()) return fail(ErrorCode::Invalid, fmt::format("rule {}: no entity set", rule.id));
    for (EntitySet& set : rule.sets) WD_TRY(check_set(set).in(fmt::format("rule {}: {}", rule.id, name(set.kind))));
  }
  return {};
}

Result<RuleSet> load_rules(std::string_view text, const RuleDefaults& defaults) {
  if (text.size() > kMaxText) return fail(ErrorCode::TooLarge, "rules: more than 4 MiB");
  std::string_view rest = text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  rest = trim(rest);
  if (rest.empty()) return fail(ErrorCode::Invalid, "rules: the file is empty");
  return rest.starts_with('<') ? load_xml_rules(rest, defaults) : load_yaml_rules(rest, defaults);
}

}  // namespace warder::integrity
