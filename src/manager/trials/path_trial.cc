#include "manager/trials/path_trial.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "crypto/hash.h"
#include "manager/trials/pure_process.h"
#include "manager/trials/trial_process.h"

namespace warder::manager {
namespace {

using integrity::SupposedFile;
using integrity::SupposedPath;

constexpr std::size_t kMaxTrialBytes = 4U << 20U;
constexpr int kOctal = 8;

Result<std::uint32_t> mode_of(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, kOctal);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(ErrorCode::Invalid, "permissions: octal digits");
  return mode;
}

Result<std::uint32_t> id_of(const json::object& object, std::string_view key) {
  const std::int64_t id = WD_TRY(get_int(object, key));
  if (id < 0 || id > std::numeric_limits<std::uint32_t>::max()) return fail(ErrorCode::Invalid, std::string(key));
  return static_cast<std::uint32_t>(id);
}

Result<std::optional<SupposedFile>> file_of(const json::object& item, std::string_view key) {
  const json::value* const found = find(item, key);
  if (found == nullptr || !found->is_object()) return std::optional<SupposedFile>{};
  const json::object& object = found->as_object();
  SupposedFile file;
  if (object.contains("permissions")) file.mode = WD_TRY(mode_of(WD_TRY(get_string(object, "permissions"))));
  if (object.contains("owner")) file.uid = WD_TRY(id_of(object, "owner"));
  if (object.contains("group")) file.gid = WD_TRY(id_of(object, "group"));
  if (object.contains("size")) file.size = static_cast<std::uint64_t>(WD_TRY(get_int(object, "size")));
  if (object.contains("content")) file.content = WD_TRY(get_string(object, "content"));
  if (object.contains("target")) file.target = WD_TRY(get_string(object, "target"));
  return std::optional{std::move(file)};
}

host::FileKind kind_of(const json::object& item) {
  const auto type = get_string(item, "type");
  if (type && *type == "directory") return host::FileKind::Directory;
  return type && *type == "symlink" ? host::FileKind::Symlink : host::FileKind::Regular;
}

Result<std::vector<SupposedPath>> paths_of(const json::object& trial) {
  const json::value* const list = find(trial, "paths");
  if (list == nullptr || !list->is_array()) return fail(ErrorCode::Invalid, "paths: no list");
  std::vector<SupposedPath> paths;
  for (const json::value& each : list->as_array()) {
    if (!each.is_object()) return fail(ErrorCode::Invalid, "paths: no object");
    const json::object& item = each.as_object();
    SupposedPath supposed;
    supposed.path = WD_TRY(get_string(item, "path"));
    supposed.kind = kind_of(item);
    supposed.was = WD_TRY(file_of(item, "was"));
    supposed.is = WD_TRY(file_of(item, "is"));
    paths.push_back(std::move(supposed));
  }
  return paths;
}

json::object refused(std::string_view why) {
  return {{"rules", 0}, {"problem", escape_non_utf8(why)}, {"others", 0}, {"results", json::array{}}};
}

Result<std::string> run_child() {
  const std::string input = WD_TRY(read_trial(kMaxTrialBytes));
  crypto::sha256({});  // its library reads a configuration the first time, while files can still be opened
  WD_TRY(become_pure({}));
  const json::value trial = WD_TRY(parse_json(input, kMaxTrialBytes));
  if (!trial.is_object()) return fail(ErrorCode::Invalid, "no object");
  return json::serialize(WD_TRY(judge_paths(trial.as_object())));
}

}  // namespace

Result<json::object> judge_paths(const json::object& trial) {
  const std::vector<SupposedPath> paths = WD_TRY(paths_of(trial));
  auto rules = integrity::load_rules(WD_TRY(get_string(trial, "rules")), {});
  if (!rules) return refused(rules.error().message);
  std::int64_t others = 0;
  for (const integrity::Rule& rule : rules->rules)
    for (const integrity::EntitySet& set : rule.sets) others += integrity::is_of_files(set.kind) ? 0 : 1;
  const auto made = integrity::RuleTrial::create(std::move(*rules));
  if (!made) return refused(made.error().message);
  json::array results;
  for (const SupposedPath& supposed : paths) results.push_back(to_json(supposed, made->judge(supposed)));
  return json::object{
      {"rules", made->rules().size()}, {"problem", nullptr}, {"others", others}, {"results", std::move(results)}};
}

Result<json::object> try_paths(const std::filesystem::path& program, const json::object& trial) {
  return run_trial(program, {"try-paths"}, json::serialize(trial));
}

int paths_child() {
  return finish_trial(run_child());
}

}  // namespace warder::manager
