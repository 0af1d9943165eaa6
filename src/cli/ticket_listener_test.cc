#include "cli/ticket_listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace warder::cli {
namespace {

/// A browser that has asked already; its answer is read later.
class Asked {
 public:
  Asked(std::uint16_t port, const std::string& request) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): connect's type
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket_, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    EXPECT_EQ(::shutdown(socket_, SHUT_WR), 0);
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  ~Asked() { ::close(socket_); }

  [[nodiscard]] std::string answer() const {
    std::string text(64 << 10, '\0');
    const ssize_t count = ::recv(socket_, text.data(), text.size(), MSG_WAITALL);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

 private:
  int socket_;
};

TEST(TicketListener, TakesTheTicketAndNothingElse) {
  auto listener = TicketListener::open().value();
  const Asked icon(listener.port(), "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n");
  const Asked post(listener.port(), "POST /?ticket=abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const Asked strange(listener.port(), "GET /?ticket=a%20b HTTP/1.1\r\nHost: x\r\n\r\n");
  const Asked nothing(listener.port(), "");
  const Asked right(listener.port(), "GET /?ticket=019353c8.a-B_9 HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto ticket = listener.wait(std::chrono::seconds(20));
  ASSERT_TRUE(ticket) << ticket.error().message;
  EXPECT_EQ(*ticket, "019353c8.a-B_9");
  EXPECT_TRUE(icon.answer().starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(post.answer().starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(strange.answer().starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(right.answer().starts_with("HTTP/1.1 200"));
}

TEST(TicketListener, GivesUp) {
  auto listener = TicketListener::open().value();
  EXPECT_EQ(listener.wait(std::chrono::seconds(0)).error().code, ErrorCode::Timeout);
}

}  // namespace
}  // namespace warder::cli
