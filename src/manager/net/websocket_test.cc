#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "manager/net/testing.h"

namespace warder::manager {
namespace {

using testing::make_test_tls;
using testing::RawClient;
using testing::TestServer;

constexpr std::string_view kUpgrade =
    "GET /agent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked frame, RFC 6455 §5.2; short payloads only.
std::string frame(unsigned char first, std::string_view payload) {
  std::string bytes{static_cast<char>(first), static_cast<char>(0x80U | payload.size()), 1, 2, 3, 4};
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ (1 + i % 4)));
  }
  return bytes;
}
std::string binary(std::string_view payload) {
  return frame(0x82, payload);
}

/// Echoes; "close" closes; tells its end.
class Echo final : public WebSocketHandler {
 public:
  explicit Echo(std::promise<void>& closed) : closed_(closed) {}
  void on_open(std::shared_ptr<WebSocket> socket) override {
    socket_ = std::move(socket);
    socket_->send("hello");
  }
  void on_message(std::string_view message) override {
    if (message == "close") return socket_->close("enough");
    socket_->send(std::string(message));
  }
  void on_close() override {
    EXPECT_FALSE(socket_->send("late"));
    closed_.set_value();
  }

 private:
  std::promise<void>& closed_;
  std::shared_ptr<WebSocket> socket_;
};

struct EchoServer : TestServer {
  explicit EchoServer(const HttpServerOptions& options = {}) : TestServer(options, make_test_tls(true)) {
    handler.accept = [this](const HttpRequest& request) -> std::unique_ptr<WebSocketHandler> {
      if (!request.certificate) return nullptr;
      return std::make_unique<Echo>(closed);
    };
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer() { stop(); }  // before the promise, which handlers use
  std::promise<void> closed;
};

TEST(WebSocket, CarriesMessagesInOrder) {
  EchoServer server;
  RawClient client(server.port(), true, true);
  client.send(kUpgrade);
  const std::string head = client.read_until("hello");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101")) << head;
  EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);  // RFC 6455 §1.3
  client.send(binary("one") + binary("two") + binary("three"));
  EXPECT_EQ(client.read_until("three"), "\x82\x03one\x82\x03two\x82\x05three");
}

TEST(WebSocket, ClosesWithAReason) {
  EchoServer server;
  RawClient client(server.port(), true, true);
  client.send(kUpgrade);
  client.read_until("hello");
  client.send(binary("close"));
  EXPECT_NE(client.read_until("enough").find("enough"), std::string::npos);
  client.send(frame(0x88, std::string("\x03\xe8", 2)));
  server.closed.get_future().wait();
}

TEST(WebSocket, TellsTheHandlerThatThePeerIsGone) {
  EchoServer server;
  {
    RawClient client(server.port(), true, true);
    client.send(kUpgrade);
    client.read_until("hello");
  }
  server.closed.get_future().wait();
}

TEST(WebSocket, RefusesWhoTheHandlerDoesNotWant) {
  EchoServer server;
  RawClient client(server.port(), true, false);
  EXPECT_TRUE(client.ask(kUpgrade).starts_with("HTTP/1.1 403"));
}

TEST(WebSocket, EndsAtFramesThatBreakTheRules) {
  const std::string bad[] = {
      std::string("\x82\x03one", 5),                                        // not masked
      frame(0xF2, "reserved bits"),                                         //
      frame(0x83, "unknown opcode"),                                        //
      std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14),  // 2^64-1 bytes
      frame(0x80, "continues nothing"),                                     //
  };
  for (const std::string& bytes : bad) {
    EchoServer server;
    RawClient client(server.port(), true, true);
    client.send(kUpgrade);
    client.read_until("hello");
    client.send(bytes);
    client.read_all();  // ends
    server.closed.get_future().wait();
  }
}

TEST(WebSocket, BoundsAMessage) {
  HttpServerOptions options;
  options.max_websocket_message_bytes = 10;
  EchoServer server(options);
  RawClient client(server.port(), true, true);
  client.send(kUpgrade);
  client.read_until("hello");
  client.send(binary("more than ten bytes"));
  client.read_all();
  server.closed.get_future().wait();
}

TEST(WebSocket, EndsWithTheServer) {
  EchoServer server;
  RawClient client(server.port(), true, true);
  client.send(kUpgrade);
  client.read_until("hello");
  server.stop();
  server.closed.get_future().wait();
  client.read_all();
}

}  // namespace
}  // namespace warder::manager
