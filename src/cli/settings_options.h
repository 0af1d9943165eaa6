// What the commands that set up a receiver (destinations, channels) share: settings of its kind, from the command line
// or from files, a secret that never stands on a command line, and trying it out.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/command.h"

namespace warder::cli {

struct SettingsOptions {
  std::vector<std::string> settings;
  std::vector<std::string> files;
  std::string secret_file;

  [[nodiscard]] bool has_settings() const { return !settings.empty() || !files.empty(); }
};

/// --setting, --setting-file and --secret-file.
void add_settings_options(CLI::App& app, SettingsOptions& options);
/// What the options say goes over `settings`; numbers, true and false are no text.
Result<void> read_settings(const SettingsOptions& options, json::object& settings);
/// The settings of the receiver at `path` as they are.
Result<json::object> present_settings(client::Client& client, const std::string& path);
/// Sets "secret" when there is a file with one.
Result<void> read_secret(const SettingsOptions& options, json::object& body);

/// Has the manager send something through the receiver at `path`; Failed when it did not arrive.
Result<ExitCode> try_receiver(Session& session, const std::string& path);

/// An option that may be given several times.
CLI::Option* add_several(CLI::App& app, const char* option, std::vector<std::string>& values, const char* doc);
/// "KEY=VALUE"; `option` is named in the error.
Result<std::pair<std::string, std::string>> key_and_value(const std::string& text, const char* option);

}  // namespace warder::cli
