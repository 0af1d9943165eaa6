// warder integrity try: which of a rule file's sets watch a path, and why. No file is looked at.
#include <algorithm>
#include <charconv>

#include "cli/integrity.h"
#include "engines/integrity/rule_trial.h"

namespace warder::cli {
namespace {

constexpr Column kSets[] = {{"PATH", "/path"}, {"WATCHED", "/watched"},   {"RULE", "/rule"}, {"SET", "/set"},
                            {"BASE", "/base"}, {"DECISION", "/decision"}, {"BY", "/by"}};
constexpr int kOctal = 8;

Result<integrity::SupposedFile> file_of(const IntegrityArguments& arguments) {
  integrity::SupposedFile file;
  file.uid = arguments.owner.value_or(0);
  file.gid = arguments.group.value_or(0);
  file.size = arguments.size;
  if (arguments.is_executable) file.content = "#!";
  const std::string& mode = arguments.permissions;
  if (mode.empty()) return file;
  const auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), file.mode, kOctal);
  if (error != std::errc{} || end != mode.data() + mode.size())
    return fail(ErrorCode::Invalid, "--permissions: octal digits, 0644");
  return file;
}

Result<integrity::SupposedPath> suppose(const IntegrityArguments& arguments, const std::string& path) {
  if (!path.starts_with('/')) return fail(ErrorCode::Invalid, path + ": not an absolute path");
  integrity::SupposedPath supposed;
  supposed.path = path;
  if (arguments.type == "directory") supposed.kind = host::FileKind::Directory;
  if (arguments.type == "symlink") supposed.kind = host::FileKind::Symlink;
  const bool is_known =
      arguments.owner || arguments.group || arguments.size || arguments.is_executable || !arguments.permissions.empty();
  if (is_known) supposed.is = WD_TRY(file_of(arguments));
  return supposed;
}

/// "**/*.php owner=0".
std::string text_of(const integrity::Condition* by) {
  if (by == nullptr) return "-";
  std::string text = by->key.empty() ? "**" : by->key;
  for (const auto& [feature, pattern] : by->features) text += " " + feature + "=" + pattern;
  return text;
}

json::array rows_of(const integrity::SupposedPath& supposed, const integrity::PathVerdict& verdict) {
  json::array rows;
  for (const integrity::SetVerdict& each : verdict.sets) {
    rows.push_back(json::object{{"path", supposed.path},
                                {"watched", each.decision == integrity::Decision::Watched},
                                {"rule", each.rule->id},
                                {"set", integrity::name(each.set->kind)},
                                {"base", each.set->base},
                                {"decision", integrity::name(each.decision)},
                                {"by", text_of(each.by)}});
  }
  return rows;
}

}  // namespace

Result<bool> try_rules(Session& session, const IntegrityArguments& arguments) {
  auto made = WD_TRY(integrity::RuleTrial::create(WD_TRY(load_rule_file(arguments))).in(arguments.rules));
  json::array all;
  bool is_none_watched = false;
  for (const std::string& path : arguments.paths) {
    const integrity::SupposedPath supposed = WD_TRY(suppose(arguments, path));
    const integrity::PathVerdict verdict = made.judge(supposed);
    is_none_watched = is_none_watched || !verdict.is_watched;
    if (session.is_json()) {
      all.push_back(integrity::to_json(supposed, verdict));
    } else {
      for (json::value& row : rows_of(supposed, verdict)) all.push_back(std::move(row));
    }
  }
  print_list(session, all, kSets);
  return is_none_watched;
}

}  // namespace warder::cli
