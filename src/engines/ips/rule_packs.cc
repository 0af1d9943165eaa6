#include "engines/ips/rule_packs.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"

namespace warder::ips {
namespace {

constexpr std::size_t kMaxFile = 256U << 20;
constexpr std::string_view kPackFile = "pack.json";

Result<std::string> text_or_empty(const json::object& object, std::string_view key) {
  if (find(object, key) == nullptr) return std::string();
  return std::string(WD_TRY(get_string(object, key)));
}

Result<void> read_manifest(const std::filesystem::path& file, RulePack& pack) {
  const auto parsed = WD_TRY(parse_json(WD_TRY(read_file(file))));
  if (!parsed.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object& object = parsed.get_object();
  pack.name = WD_TRY(get_string(object, "name"));
  pack.version = WD_TRY(get_string(object, "version"));
  pack.description = WD_TRY(text_or_empty(object, "description"));
  pack.licence = WD_TRY(text_or_empty(object, "licence"));
  pack.source = WD_TRY(text_or_empty(object, "source"));
  return {};
}

}  // namespace

Result<RulePack> read_rule_pack(const std::filesystem::path& folder) {
  RulePack pack;
  pack.folder = folder;
  WD_TRY(read_manifest(folder / kPackFile, pack).in((folder / kPackFile).string()));
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const auto& file : files) {
    const bool is_rules = file.extension() == ".rules";
    if (!is_rules && file.extension() != ".cases") continue;
    RuleFile read{file.string(), WD_TRY(read_file(file, kMaxFile).in(file.string()))};
    (is_rules ? pack.rules : pack.cases).push_back(std::move(read));
  }
  return pack;
}

Result<std::vector<RulePack>> read_rule_packs(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (std::filesystem::exists(entry.path() / kPackFile, ignored)) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  std::vector<RulePack> packs;
  for (const auto& one : folders) packs.push_back(WD_TRY(read_rule_pack(one)));
  return packs;
}

Result<std::vector<const RulePack*>> choose_packs(std::span<const RulePack> packs, std::span<const std::string> names) {
  std::vector<const RulePack*> chosen;
  for (const std::string& name : names) {
    if (std::ranges::find(packs, name, &RulePack::name) == packs.end())
      return fail(ErrorCode::NotFound, "there is no rule pack \"" + name + "\"");
  }
  for (const RulePack& pack : packs) {
    if (names.empty() || std::ranges::find(names, pack.name) != names.end()) chosen.push_back(&pack);
  }
  return chosen;
}

}  // namespace warder::ips
