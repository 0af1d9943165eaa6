#include "cli/log_rules.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;
using loginspection::Dialect;
using loginspection::SourceText;

constexpr std::size_t kMaxFileBytes = 64 << 20;

Result<std::vector<fs::path>> sorted_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path());
  }
  if (error) return fail_errno(folder.string(), error.value());
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<fs::path>> all_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path());
  }
  if (error) return fail_errno(folder.string(), error.value());
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> add_file(std::vector<SourceText>& texts, const fs::path& file, std::string name) {
  texts.push_back({std::move(name), WD_TRY(read_file(file, kMaxFileBytes))});
  return {};
}

/// Whether the product's own configuration leaves a file of its rules out: answers of policy_rules.xml depend on the
/// hour, and openbsd_rules.xml is for hosts of that kind.
bool is_off_by_default(std::string_view file, Dialect dialect) noexcept {
  return file.ends_with("policy_rules.xml") || (dialect == Dialect::Ossec && file == "openbsd_rules.xml");
}

Result<void> add_xml(std::vector<SourceText>& texts, const fs::path& path, Dialect dialect,
                     const std::function<void(const std::string&)>& left_out) {
  if (!fs::is_directory(path)) return add_file(texts, path, path.string());
  for (const fs::path& file : WD_TRY(sorted_files(path))) {
    if (file.extension() != ".xml") continue;
    if (is_off_by_default(file.filename().string(), dialect)) {
      left_out(file.string());
      continue;
    }
    WD_TRY(add_file(texts, file, file.string()));
  }
  return {};
}

Result<void> add_sigma(std::vector<SourceText>& texts, const fs::path& path) {
  if (!fs::is_directory(path)) return add_file(texts, path, path.string());
  for (const fs::path& file : WD_TRY(all_files(path))) {
    if (file.extension() == ".yml" || file.extension() == ".yaml") WD_TRY(add_file(texts, file, file.string()));
  }
  return {};
}

}  // namespace

Result<loginspection::Definition> read_definition(const RulePaths& paths,
                                                  const std::function<void(const std::string&)>& left_out) {
  loginspection::Definition definition;
  definition.dialect = paths.dialect == "ossec" ? Dialect::Ossec : Dialect::Wazuh;
  for (const auto& path : paths.decoders) WD_TRY(add_xml(definition.decoders, path, definition.dialect, left_out));
  for (const auto& path : paths.rules) WD_TRY(add_xml(definition.rules, path, definition.dialect, left_out));
  for (const auto& path : paths.sigma) WD_TRY(add_sigma(definition.sigma, path));
  if (!paths.lists.empty()) {
    const fs::path folder(paths.lists);
    for (const fs::path& file : WD_TRY(all_files(folder))) {
      WD_TRY(add_file(definition.lists, file, "etc/lists/" + file.lexically_relative(folder).string()));
    }
  }
  return definition;
}

}  // namespace warder::cli
