// One run of the command: where it reads and writes, who it talks to, how it prints.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "client/client.h"

namespace warder::cli {

/// What the shell gets; docs/cli/README.md explains them.
enum class ExitCode : int { Ok = 0, Failed = 1, Usage = 2, Findings = 3 };

/// The world around the program: the real one in main.cc, memory in tests.
struct Environment {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool is_terminal = false;  // people read `out`
  bool has_colour = false;
  std::filesystem::path config_directory{};
  std::function<std::optional<std::string>(const std::string&)> variable{};
  /// Asks on the terminal without echo; fails when there is none.
  std::function<Result<std::string>(std::string_view prompt)> ask_secret{};
  std::function<Timestamp()> now{};
  std::function<void(std::chrono::milliseconds)> wait{};
  std::function<Result<std::unique_ptr<client::Transport>>(client::HttpsOptions)> connect{};
};

struct GlobalOptions {
  std::string url;
  std::string ca_file;
  std::string tenant;
  bool is_json = false;
  bool no_colour = false;
};

/// What `warder login` keeps, in credentials.json of the configuration directory, readable by its owner alone.
struct Credentials {
  std::string url;
  std::string ca_file;
  std::string username;
  std::string token;
  std::string certificate_file{};  // the client certificate that the session was begun with
  std::string key_file{};
};

class Session {
 public:
  explicit Session(Environment& environment) : environment_(environment) {}

  [[nodiscard]] Environment& environment() noexcept { return environment_; }
  [[nodiscard]] GlobalOptions& options() noexcept { return options_; }
  [[nodiscard]] bool is_json() const noexcept { return options_.is_json; }

  /// Where and as whom: from the options, else WARDER_URL, WARDER_CA_FILE and WARDER_TOKEN, else what login kept.
  Result<Credentials> credentials() const;
  Result<void> save_credentials(const Credentials& credentials) const;
  Result<void> forget_credentials() const;
  [[nodiscard]] std::filesystem::path credentials_path() const;

  /// The manager, as the one who logged in. Made at the first call.
  Result<client::Client*> client();
  /// The manager, as `credentials` say.
  Result<std::unique_ptr<client::Client>> connect(const Credentials& credentials, bool shows_ticket = false) const;

 private:
  Environment& environment_;
  GlobalOptions options_;
  std::unique_ptr<client::Client> client_;
};

/// A secret that never stands on the command line: from `file` ("-" is standard input), else asked on the terminal.
Result<std::string> read_secret(Session& session, const std::string& file, std::string_view prompt);

}  // namespace warder::cli
