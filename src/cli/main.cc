#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "base/file.h"
#include "cli/run.h"

namespace {

using warder::ErrorCode;
using warder::fail;
using warder::Result;
using warder::UniqueFd;

std::optional<std::string> variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::filesystem::path config_directory() {
  if (const auto own = variable("WARDER_CONFIG_DIR")) return *own;
  if (const auto xdg = variable("XDG_CONFIG_HOME")) return std::filesystem::path(*xdg) / "warder";
  return std::filesystem::path(variable("HOME").value_or("/")) / ".config" / "warder";
}

Result<std::string> read_line(int fd) {
  std::string line;
  for (char c = 0;;) {
    if (read(fd, &c, 1) != 1) return fail(ErrorCode::Invalid, "nothing was typed");
    if (c == '\n') return line;
    line.push_back(c);
  }
}

/// Asks on the terminal itself, whatever standard input and output are, and shows nothing of the answer.
Result<std::string> ask_secret(std::string_view prompt) {
  const UniqueFd terminal{open("/dev/tty", O_RDWR | O_CLOEXEC)};
  termios shown{};
  if (!terminal.is_open() || tcgetattr(terminal.get(), &shown) != 0) {
    return fail(ErrorCode::Invalid, std::string(prompt) + ": no terminal to ask on; give the file option");
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  const std::string question = std::string(prompt) + ": ";
  if (write(terminal.get(), question.data(), question.size()) < 0) return warder::fail_errno("/dev/tty", errno);
  tcsetattr(terminal.get(), TCSAFLUSH, &hidden);
  auto answer = read_line(terminal.get());
  tcsetattr(terminal.get(), TCSAFLUSH, &shown);
  if (write(terminal.get(), "\n", 1) < 0) return warder::fail_errno("/dev/tty", errno);
  return answer;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  warder::cli::Environment environment{std::cout, std::cerr, std::cin};
  environment.is_terminal = isatty(STDOUT_FILENO) == 1;
  const auto no_colour = variable("NO_COLOR");
  environment.has_colour = environment.is_terminal && (!no_colour || no_colour->empty());
  environment.config_directory = config_directory();
  environment.variable = variable;
  environment.ask_secret = ask_secret;
  environment.now = [] { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); };
  environment.wait = [](std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); };
  environment.connect = warder::client::make_https_transport;
  return warder::cli::run({argv + 1, argv + argc}, environment);
}
