// warder-schemas: writes schemas/ from the tables in the code, or with --check says which file differs from them.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string_view>

#include "agent/config.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/output.h"
#include "manager/config.h"
#include "manager/policies/sections.h"
#include "model/event_schema.h"

namespace {

using warder::json::object;

template <class Settings>
object settings_schema(std::string_view title) {
  Settings settings;
  return warder::json_schema(warder::bind_fields(settings), title);
}

std::map<std::string, object> schemas() {
  return {{"events.json", warder::event_schema()},
          {"policies.json", warder::policy_schema(warder::manager::policy_sections())},
          {"agent-settings.json", settings_schema<warder::agent::Config>("agent.toml")},
          {"manager-settings.json", settings_schema<warder::manager::Config>("manager.toml")}};
}

/// Whether `path` holds `text`; says so when not.
bool is_current(const std::filesystem::path& path, std::string_view text) {
  const auto present = warder::read_file(path);
  if (present && *present == text) return true;
  std::fprintf(stderr, "%s differs from the code: run warder-schemas schemas\n", path.c_str());
  return false;
}

bool write(const std::filesystem::path& path, std::string_view text) {
  const auto written = warder::write_file_atomically(path, text, 0644);
  if (!written) std::fprintf(stderr, "%s\n", written.error().message.c_str());
  return written.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_check = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != 2 && !is_check) {
    std::fprintf(stderr, "usage: warder-schemas [--check] FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[argc - 1];
  bool is_good = true;
  for (const auto& [name, schema] : schemas()) {
    const std::string text = warder::cli::pretty_json(schema) + "\n";
    is_good = (is_check ? is_current(folder / name, text) : write(folder / name, text)) && is_good;
  }
  return is_good ? 0 : 1;
}
