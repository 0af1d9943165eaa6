#include "cli/settings_options.h"

#include "base/file.h"
#include "base/text.h"

namespace warder::cli {
namespace {

constexpr std::uint64_t kMaxFileBytes = 65'536;

json::value value_of(const std::string& text) {
  if (const auto number = parse_integer<std::int64_t>(text)) return *number;
  if (text == "true" || text == "false") return text == "true";
  return json::string(text);
}

}  // namespace

CLI::Option* add_several(CLI::App& app, const char* option, std::vector<std::string>& values, const char* doc) {
  return app.add_option(option, values, doc)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Result<std::pair<std::string, std::string>> key_and_value(const std::string& text, const char* option) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return fail(ErrorCode::Invalid, std::string(option) + ": KEY=VALUE is expected, not " + text);
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

Result<void> read_settings(const SettingsOptions& options, json::object& settings) {
  for (const std::string& each : options.settings) {
    auto [key, value] = WD_TRY(key_and_value(each, "--setting"));
    settings[key] = value_of(value);
  }
  for (const std::string& each : options.files) {
    auto [key, path] = WD_TRY(key_and_value(each, "--setting-file"));
    settings[key] = json::string(WD_TRY(read_file(path, kMaxFileBytes)));
  }
  return {};
}

Result<json::object> present_settings(client::Client& client, const std::string& path) {
  const json::value present = WD_TRY(client.get(path));
  return *WD_TRY(get_object(present.as_object(), "settings"));
}

Result<ExitCode> try_receiver(Session& session, const std::string& path) {
  client::Client* const client = WD_TRY(session.client());
  const json::value result = WD_TRY(client->send("POST", path + "/trial", nullptr));
  constexpr Column kTrial[] = {{"ARRIVED", "/arrived"}, {"ERROR", "/error"}};
  print_object(session, result, kTrial);
  return result.at("arrived").as_bool() ? ExitCode::Ok : ExitCode::Failed;
}

Result<void> read_secret(const SettingsOptions& options, json::object& body) {
  if (options.secret_file.empty()) return {};
  body["secret"] = json::string(trim(WD_TRY(read_file(options.secret_file, kMaxFileBytes))));
  return {};
}

void add_settings_options(CLI::App& app, SettingsOptions& options) {
  add_several(app, "--setting", options.settings, "KEY=VALUE of the kind, like host=siem.example; may be given again");
  add_several(app, "--setting-file", options.files, "KEY=FILE: the same, read from a file, like ca_pem=ca.pem");
  app.add_option("--secret-file", options.secret_file, "File with the token, password or private key");
}

}  // namespace warder::cli
