#include "agent/control.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/json.h"

namespace warder::agent {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxRequestBytes = 64 << 10;
constexpr std::size_t kMaxAnswerBytes = 32 << 20;
constexpr milliseconds kRequestPatience{2000};
constexpr std::array kCodes = {ErrorCode::Invalid,  ErrorCode::Unauthenticated, ErrorCode::Forbidden,
                               ErrorCode::NotFound, ErrorCode::Conflict,        ErrorCode::TooLarge,
                               ErrorCode::TooMany,  ErrorCode::Unavailable,     ErrorCode::Timeout,
                               ErrorCode::Corrupt,  ErrorCode::Internal};

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) return fail(ErrorCode::Invalid, text + ": too long for a socket");
  std::memcpy(&address.sun_path, text.data(), text.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the sockets API
}

Result<void> write_line(int fd, std::string line) {
  line.push_back('\n');
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("control socket", errno);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> read_line(int fd, std::size_t max_bytes, milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  std::string line;
  std::array<char, 16384> chunk{};
  while (line.empty() || line.back() != '\n') {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      return fail(ErrorCode::Timeout, "control socket: no answer in time");
    }
    const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (count == 0) return fail(ErrorCode::Unavailable, "control socket: closed");
    if (count < 0) return fail_errno("control socket", errno);
    line.append(chunk.data(), static_cast<std::size_t>(count));
    if (line.size() > max_bytes) return fail(ErrorCode::TooLarge, "control socket: line too long");
  }
  return line;
}

json::object error_answer(const Error& error) {
  json::object answer;
  answer["error"] = error.message;
  answer["code"] = name(error.code);
  return answer;
}

ErrorCode parse_code(std::string_view text) {
  for (const ErrorCode code : kCodes) {
    if (name(code) == text) return code;
  }
  return ErrorCode::Internal;
}

Result<Caller> caller_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return fail_errno("SO_PEERCRED", errno);
  return Caller{credentials.pid, credentials.uid};
}

}  // namespace

ControlServer::ControlServer(std::filesystem::path path, UniqueFd listener, UniqueFd stop, ControlHandler handler,
                             Log& log)
    : path_(std::move(path)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      handler_(std::move(handler)),
      log_(log),
      thread_([this] { run(); }) {}

Result<std::unique_ptr<ControlServer>> ControlServer::create(const std::filesystem::path& path, ControlHandler handler,
                                                             Log& log) {
  const auto address = WD_TRY(address_of(path));
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::filesystem::remove(path, error);
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.is_open()) return fail_errno("socket", errno);
  // The mode must hold from the first moment: fchmod before bind decides the mode of the file.
  ::fchmod(listener.get(), 0600);
  if (::bind(listener.get(), generic(address), sizeof address) != 0) return fail_errno(path.string(), errno);
  if (::listen(listener.get(), 8) != 0) return fail_errno(path.string(), errno);
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.is_open()) return fail_errno("eventfd", errno);
  return std::unique_ptr<ControlServer>(new ControlServer(path, std::move(listener), std::move(stop),
                                                          std::move(handler), log));  // NOLINT: private constructor
}

ControlServer::~ControlServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void ControlServer::run() {
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.is_open()) answer(std::move(client));
  }
}

void ControlServer::answer(UniqueFd client) {
  const auto respond = [&]() -> Result<json::object> {
    const auto caller = WD_TRY(caller_of(client.get()));
    if (caller.user != ::geteuid()) return fail(ErrorCode::Forbidden, "only root may ask the agent");
    const auto line = WD_TRY(read_line(client.get(), kMaxRequestBytes, kRequestPatience));
    const auto request = WD_TRY(parse_json(line));
    if (!request.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
    return handler_(caller, request.get_object());
  };
  const auto answer = respond();
  const auto text = json::serialize(answer ? *answer : error_answer(answer.error()));
  if (const auto sent = write_line(client.get(), text); !sent) {
    log_.debug("agent.control.gone", "a caller of the control socket left before its answer");
  }
}

Result<json::object> ask_agent(const std::filesystem::path& path, const json::object& request, milliseconds patience) {
  const auto address = WD_TRY(address_of(path));
  const UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!server.is_open()) return fail_errno("socket", errno);
  if (::connect(server.get(), generic(address), sizeof address) != 0) {
    return fail(errno == EACCES ? ErrorCode::Forbidden : ErrorCode::Unavailable,
                "no agent answers at " + path.string() + ": " + std::strerror(errno));  // NOLINT: one thread
  }
  WD_TRY(write_line(server.get(), json::serialize(request)));
  const auto line = WD_TRY(read_line(server.get(), kMaxAnswerBytes, patience));
  const auto answer = WD_TRY(parse_json(line, kMaxAnswerBytes));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the agent's answer is not an object");
  const auto& object = answer.get_object();
  if (const auto error = get_string(object, "error"); error && find(object, "code") != nullptr) {
    return fail(parse_code(get_string(object, "code").value_or("internal")), std::string(*error));
  }
  return object;
}

}  // namespace warder::agent
