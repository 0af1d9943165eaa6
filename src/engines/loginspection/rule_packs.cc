#include "engines/loginspection/rule_packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace warder::loginspection {
namespace {

constexpr std::size_t kMaxFile = 16 << 20;
constexpr std::string_view kPackFile = "pack.json";

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Result<std::vector<std::string>> strings(const json::object& object, std::string_view key) {
  std::vector<std::string> all;
  if (find(object, key) == nullptr) return all;
  for (const json::value& value : *WD_TRY(get_array(object, key))) {
    if (!value.is_string()) return fail(ErrorCode::Invalid, "/" + std::string(key) + ": not a list of texts");
    all.emplace_back(value.get_string());
  }
  return all;
}

Result<std::string> text_or(const json::object& object, std::string_view key, std::string_view otherwise) {
  if (find(object, key) == nullptr) return std::string(otherwise);
  return std::string(WD_TRY(get_string(object, key)));
}

Result<void> read_fits(const json::object& object, FitsHosts& fits) {
  for (const auto& [key, value] : object) {
    if (key == "always") {
      fits.always = WD_TRY(get_bool(object, key));
    } else if (key == "packages") {
      fits.packages = WD_TRY(strings(object, key));
    } else if (key == "services") {
      fits.services = WD_TRY(strings(object, key));
    } else if (key == "paths") {
      fits.paths = WD_TRY(strings(object, key));
    } else {
      return fail(ErrorCode::Invalid, "/" + std::string(key) + ": is not known");
    }
  }
  return {};
}

Result<RulePack> read_manifest(const std::filesystem::path& file) {
  const std::string text = WD_TRY(read_file(file, kMaxFile));
  const auto parsed = WD_TRY(parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object& object = parsed.get_object();
  RulePack pack;
  pack.name = WD_TRY(get_string(object, "name"));
  pack.version = WD_TRY(get_string(object, "version"));
  pack.description = WD_TRY(get_string(object, "description"));
  const std::string dialect = WD_TRY(text_or(object, "dialect", "wazuh"));
  if (dialect != "wazuh" && dialect != "ossec")
    return fail(ErrorCode::Invalid, "/dialect: is \"wazuh\" or \"ossec\", not \"" + dialect + "\"");
  pack.dialect = dialect == "ossec" ? Dialect::Ossec : Dialect::Wazuh;
  if (find(object, "rules") != nullptr) {
    const json::array& range = *WD_TRY(get_array(object, "rules"));
    const bool is_range = range.size() == 2 && range[0].is_int64() && range[1].is_int64();
    if (!is_range) return fail(ErrorCode::Invalid, "/rules: give the first and the last id");
    pack.first_rule = static_cast<std::uint32_t>(range[0].get_int64());
    pack.last_rule = static_cast<std::uint32_t>(range[1].get_int64());
  }
  pack.requires_packs = WD_TRY(strings(object, "requires"));
  pack.sources = WD_TRY(strings(object, "sources"));
  if (find(object, "fits") != nullptr) WD_TRY(read_fits(*WD_TRY(get_object(object, "fits")), pack.fits).in("/fits"));
  return pack;
}

Result<void> add_text(std::vector<SourceText>& to, const RulePack& pack, const std::filesystem::path& file,
                      std::string_view folder = {}) {
  const std::string name = std::string(folder) + file.filename().string();
  to.push_back({pack.name + "/" + name, WD_TRY(read_file(file, kMaxFile).in(file.string()))});
  return {};
}

// Behind those it requires; a circle ends where it closes.
void add_in_order(std::vector<RulePack>& packs, std::size_t index, std::vector<char>& is_done,
                  std::vector<std::size_t>& order) {
  if (is_done[index] != 0) return;
  is_done[index] = 1;
  for (const std::string& name : packs[index].requires_packs) {
    const auto at = std::ranges::find(packs, name, &RulePack::name);
    if (at != packs.end()) add_in_order(packs, static_cast<std::size_t>(at - packs.begin()), is_done, order);
  }
  order.push_back(index);
}

bool has(const std::set<std::string, std::less<>>& known, std::string_view wanted) {
  if (wanted.find_first_of("*?") == std::string_view::npos) return known.contains(wanted);
  return std::ranges::any_of(known, [&](const std::string& one) { return matches_glob(wanted, one); });
}

}  // namespace

Result<RulePack> read_rule_pack(const std::filesystem::path& folder) {
  RulePack pack = WD_TRY(read_manifest(folder / kPackFile).in((folder / kPackFile).string()));
  for (const auto& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (name.starts_with("decoders") && name.ends_with(".xml")) WD_TRY(add_text(pack.decoders, pack, file));
    if (name.starts_with("rules") && name.ends_with(".xml")) WD_TRY(add_text(pack.rules, pack, file));
    if (name != "samples.txt") continue;
    const std::string text = WD_TRY(read_file(file, kMaxFile).in(file.string()));
    pack.samples = WD_TRY(parse_samples(text).in(file.string()));
  }
  for (const auto& file : files_in(folder / "lists")) WD_TRY(add_text(pack.lists, pack, file, "lists/"));
  for (const auto& file : files_in(folder / "sigma")) WD_TRY(add_text(pack.sigma, pack, file, "sigma/"));
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
  std::vector<char> is_done(packs.size(), 0);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < packs.size(); ++i) add_in_order(packs, i, is_done, order);
  std::vector<RulePack> sorted;
  sorted.reserve(packs.size());
  for (const std::size_t index : order) sorted.push_back(std::move(packs[index]));
  return sorted;
}

Result<std::vector<const RulePack*>> choose_packs(std::span<const RulePack> packs, std::span<const std::string> names) {
  std::set<std::string> wanted(names.begin(), names.end());
  for (const std::string& name : names) {
    if (std::ranges::find(packs, name, &RulePack::name) == packs.end())
      return fail(ErrorCode::NotFound, "there is no rule pack \"" + name + "\"");
  }
  // Those that others require stand before them, so one walk from the back finds all.
  for (std::size_t i = packs.size(); i-- > 0;) {
    if (wanted.contains(packs[i].name)) wanted.insert(packs[i].requires_packs.begin(), packs[i].requires_packs.end());
  }
  std::vector<const RulePack*> chosen;
  for (const RulePack& pack : packs) {
    if (names.empty() || wanted.contains(pack.name)) chosen.push_back(&pack);
  }
  return chosen;
}

Definition define(std::span<const RulePack* const> packs, Dialect dialect) {
  Definition definition;
  definition.dialect = dialect;
  const auto append = [](std::vector<SourceText>& to, const std::vector<SourceText>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (const RulePack* pack : packs) {
    if (pack->dialect != dialect) continue;
    append(definition.decoders, pack->decoders);
    append(definition.rules, pack->rules);
    append(definition.lists, pack->lists);
    append(definition.sigma, pack->sigma);
  }
  return definition;
}

std::vector<Recommendation> recommend(std::span<const RulePack> packs, const HostFacts& facts) {
  std::vector<Recommendation> fitting;
  for (const RulePack& pack : packs) {
    const auto first = [&](std::string_view kind, const std::vector<std::string>& wanted, const auto& known) {
      const auto at = std::ranges::find_if(wanted, [&](const std::string& one) { return has(known, one); });
      return at == wanted.end() ? std::string() : std::string(kind) + " " + *at;
    };
    std::string reason = pack.fits.always ? "every host" : "";
    if (reason.empty()) reason = first("package", pack.fits.packages, facts.packages);
    if (reason.empty()) reason = first("service", pack.fits.services, facts.services);
    if (reason.empty()) reason = first("path", pack.fits.paths, facts.paths);
    if (!reason.empty()) fitting.push_back({pack.name, std::move(reason)});
  }
  return fitting;
}

}  // namespace warder::loginspection
