#include "cli/ticket_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

namespace warder::cli {

namespace {

constexpr std::size_t kMaxHead = 8 << 10;
constexpr std::size_t kMaxTicket = 200;
constexpr int kHeadTimeoutMs = 5000;
constexpr std::string_view kPath = "GET /?ticket=";

/// The loopback address, as the socket calls take it.
sockaddr* as_sockaddr(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): the calls' type
}

class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  /// What came until the end of the head, the limit or the end of patience.
  [[nodiscard]] std::string head() const {
    std::string head;
    std::array<char, 1024> buffer{};
    while (head.size() < kMaxHead && head.find("\r\n\r\n") == std::string::npos) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, kHeadTimeoutMs) != 1) break;
      const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      head.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return head;
  }
  void answer(std::string_view status, std::string_view text) const {
    const std::string reply = "HTTP/1.1 " + std::string(status) +
                              "\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
                              "Connection: close\r\nContent-Length: " +
                              std::to_string(text.size()) + "\r\n\r\n" + std::string(text);
    // Who has gone does not read it: the ticket counts.
    static_cast<void>(::send(socket_, reply.data(), reply.size(), MSG_NOSIGNAL));
  }

 private:
  int socket_;
};

std::optional<std::string> ticket_in(std::string_view head) {
  if (!head.starts_with(kPath)) return std::nullopt;
  head.remove_prefix(kPath.size());
  const std::string_view ticket = head.substr(0, head.find(' '));
  const bool is_plain = !ticket.empty() && ticket.size() <= kMaxTicket && std::ranges::all_of(ticket, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
  if (!is_plain) return std::nullopt;
  return std::string(ticket);
}

}  // namespace

Result<TicketListener> TicketListener::open() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail_errno("socket", errno);
  TicketListener listener(socket, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket, as_sockaddr(address), size) != 0 || ::listen(socket, 8) != 0 ||
      ::getsockname(socket, as_sockaddr(address), &size) != 0)
    return fail_errno("127.0.0.1", errno);
  listener.port_ = ntohs(address.sin_port);
  return listener;
}

TicketListener::TicketListener(TicketListener&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), port_(other.port_) {}

TicketListener& TicketListener::operator=(TicketListener&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(port_, other.port_);
  return *this;
}

TicketListener::~TicketListener() {
  if (socket_ >= 0) ::close(socket_);
}

Result<std::string> TicketListener::wait(std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{socket_, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&waiting, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return fail_errno("poll", errno);
    if (ready == 0) return fail(ErrorCode::Timeout, "no answer from the browser");
    const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    const Connection connection(accepted);
    auto ticket = ticket_in(connection.head());
    if (ticket) {
      connection.answer("200 OK", "warder: you may close this page.\nwarder: このページを閉じてかまいません。\n");
      return std::move(*ticket);
    }
    connection.answer("404 Not Found", "");
  }
}

}  // namespace warder::cli
