#include "cli/session.h"

#include <sys/stat.h>

#include <istream>
#include <iterator>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

std::string text_of(const json::object& object, std::string_view key) {
  const auto text = get_string(object, key);
  return text ? std::string(*text) : std::string();
}

Result<Credentials> load(const std::filesystem::path& path) {
  const auto text = read_file(path, 1 << 16);
  if (!text && text.error().code == ErrorCode::NotFound) return Credentials{};
  if (!text) return fail(text.error());
  const json::value value = WD_TRY(parse_json(*text).in(path.string()));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, path.string() + ": is not an object; log in again");
  const json::object& object = value.get_object();
  return Credentials{text_of(object, "url"),   text_of(object, "ca_file"),          text_of(object, "username"),
                     text_of(object, "token"), text_of(object, "certificate_file"), text_of(object, "key_file")};
}

}  // namespace

std::filesystem::path Session::credentials_path() const {
  return environment_.config_directory / "credentials.json";
}

Result<Credentials> Session::credentials() const {
  Credentials saved = WD_TRY(load(credentials_path()));
  Credentials out = saved;
  const auto choose = [&](std::string& target, const std::string& option, const char* variable) {
    if (!option.empty()) {
      target = option;
    } else if (const auto value = environment_.variable(variable); value && !value->empty()) {
      target = *value;
    }
  };
  choose(out.url, options_.url, "WARDER_URL");
  choose(out.ca_file, options_.ca_file, "WARDER_CA_FILE");
  // The token was given to us by one manager; another must not see it, nor who we are.
  if (out.url != saved.url) out.token = out.certificate_file = out.key_file = {};
  choose(out.token, "", "WARDER_TOKEN");
  return out;
}

Result<void> Session::save_credentials(const Credentials& credentials) const {
  std::error_code error;
  std::filesystem::create_directories(environment_.config_directory, error);
  if (error) return fail_errno(environment_.config_directory.string(), error.value());
  ::chmod(environment_.config_directory.c_str(), 0700);
  const json::object object{{"url", credentials.url},
                            {"ca_file", credentials.ca_file},
                            {"username", credentials.username},
                            {"token", credentials.token},
                            {"certificate_file", credentials.certificate_file},
                            {"key_file", credentials.key_file}};
  return write_file_atomically(credentials_path(), json::serialize(object) + "\n", 0600);
}

Result<void> Session::forget_credentials() const {
  std::error_code error;
  std::filesystem::remove(credentials_path(), error);
  if (error) return fail_errno(credentials_path().string(), error.value());
  return {};
}

Result<std::unique_ptr<client::Client>> Session::connect(const Credentials& credentials, bool shows_ticket) const {
  if (credentials.url.empty()) {
    return fail(ErrorCode::Invalid, "no manager is known: run \"warder login --url https://…\" or give --url");
  }
  client::HttpsOptions options;
  options.base_url = credentials.url;
  options.ca_file = credentials.ca_file;
  options.token = credentials.token;
  options.tenant = options_.tenant;
  options.shows_ticket = shows_ticket;
  options.certificate_file = credentials.certificate_file;
  options.key_file = credentials.key_file;
  // A locale like "ja_JP.UTF-8" begins with the language.
  const std::string locale = environment_.variable("LANG").value_or("en");
  options.language = locale.starts_with("ja") ? "ja" : "en";
  return std::make_unique<client::Client>(WD_TRY(environment_.connect(std::move(options))));
}

Result<client::Client*> Session::client() {
  if (client_ == nullptr) {
    const Credentials who = WD_TRY(credentials());
    if (!who.url.empty() && who.token.empty()) {
      return fail(ErrorCode::Unauthenticated, "not logged in at " + who.url + ": run \"warder login\"");
    }
    client_ = WD_TRY(connect(who));
  }
  return client_.get();
}

Result<std::string> read_secret(Session& session, const std::string& file, std::string_view prompt) {
  std::string secret;
  if (file == "-") {
    std::getline(session.environment().in, secret);
  } else if (!file.empty()) {
    secret = WD_TRY(read_file(file, kMaxSecretBytes));
    // An editor ends the file with a newline that is not part of the secret.
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  } else {
    secret = WD_TRY(session.environment().ask_secret(prompt));
  }
  if (secret.empty()) return fail(ErrorCode::Invalid, std::string(prompt) + ": is empty");
  return secret;
}

}  // namespace warder::cli
