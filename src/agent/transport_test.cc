// The real connection against the manager's own listener, over TLS on loopback.
#include "agent/transport.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "agent/testing.h"
#include "manager/net/testing.h"

namespace warder::agent {
namespace {

using manager::testing::TestHandler;
using manager::testing::TestPki;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// Says back what it hears; "bye" closes the socket.
class Echo : public manager::WebSocketHandler {
 public:
  void on_open(std::shared_ptr<manager::WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(std::string_view message) override {
    if (message == "bye") {
      socket_->close("told to");
    } else {
      socket_->send(std::string(message));
    }
  }
  void on_close() override { socket_.reset(); }

 private:
  std::shared_ptr<manager::WebSocket> socket_;
};

class TransportTest : public ::testing::Test {
 protected:
  TransportTest() {
    handler_.accept = [](const manager::HttpRequest& request) -> std::unique_ptr<manager::WebSocketHandler> {
      if (request.path != "/agent" || !request.certificate) return nullptr;
      return std::make_unique<Echo>();
    };
    handler_.answer = [](const manager::HttpRequest& request) {
      manager::HttpResponse response;
      response.status = request.path == "/enrol" ? 201 : 404;
      response.body = request.body + "!";
      return response;
    };
    manager::HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    server_ =
        manager::HttpServer::create(options, manager::testing::make_test_tls(true), handler_, log_, metrics_).value();
  }
  DialTarget target(bool with_certificate = true) {
    const TestPki& pki = TestPki::get();
    crypto::TlsClientOptions tls;
    tls.ca_pem = pki.authority.certificate_pem();
    tls.server_name = "127.0.0.1";
    tls.tls13_only = true;
    if (with_certificate) {
      tls.certificate_chain_pem = pki.client_pem;
      tls.private_key_pem = pki.client_key;
    }
    DialTarget out;
    out.manager = {"127.0.0.1", server_->port()};
    out.tls = crypto::TlsClientContext::create(std::move(tls)).value();
    out.timeout = seconds{5};
    return out;
  }
  static steady_clock::time_point soon() { return steady_clock::now() + seconds{5}; }

  manager::testing::QuietLog log_;
  Metrics metrics_;
  TestHandler handler_;
  std::unique_ptr<manager::HttpServer> server_;
  std::unique_ptr<Dialer> dialer_ = make_dialer();
};

TEST_F(TransportTest, CarriesMessagesBothWays) {
  auto connection = dialer_->dial(target());
  ASSERT_TRUE(connection) << connection.error().message;
  const std::string large(2 << 20, 'x');
  for (const std::string& message : {std::string("one"), large, std::string("\0three", 6)}) {
    ASSERT_TRUE((*connection)->send(message));
    const auto answer = (*connection)->receive(soon());
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(**answer == message, true);
  }
  ASSERT_TRUE((*connection)->peer());
  EXPECT_EQ((*connection)->peer()->common_name, "server");
}

TEST_F(TransportTest, WakesAReceiverFromAnotherThread) {
  auto connection = std::move(*dialer_->dial(target()));
  std::jthread other([&] { connection->wake(); });
  const auto woken = connection->receive(steady_clock::now() + seconds{60});
  ASSERT_TRUE(woken);
  EXPECT_FALSE(*woken);
}

TEST_F(TransportTest, ReturnsAtTheDeadline) {
  auto connection = std::move(*dialer_->dial(target()));
  const auto nothing = connection->receive(steady_clock::now() + milliseconds{1});
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
}

TEST_F(TransportTest, TellsThatTheStreamEnded) {
  auto connection = std::move(*dialer_->dial(target()));
  ASSERT_TRUE(connection->send("bye"));
  const auto ended = connection->receive(soon());
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().message.find("told to"), std::string::npos) << ended.error().message;
}

TEST_F(TransportTest, SaysWhyItCannotConnect) {
  auto without_certificate = dialer_->dial(target(false));
  ASSERT_FALSE(without_certificate);
  EXPECT_EQ(without_certificate.error().code, ErrorCode::Forbidden) << without_certificate.error().message;

  auto other = target();
  crypto::TlsClientOptions stranger;
  stranger.ca_pem = crypto::CertificateAuthority::create("other", from_micros(0), from_micros(4'000'000'000'000'000))
                        ->certificate_pem();
  other.tls = crypto::TlsClientContext::create(std::move(stranger)).value();
  EXPECT_EQ(dialer_->dial(other).error().code, ErrorCode::Unauthenticated);

  auto misnamed = target();
  crypto::TlsClientOptions name;
  name.ca_pem = TestPki::get().authority.certificate_pem();
  name.server_name = "manager.example";
  misnamed.tls = crypto::TlsClientContext::create(std::move(name)).value();
  EXPECT_EQ(dialer_->dial(misnamed).error().code, ErrorCode::Unauthenticated);

  auto nowhere = target();
  server_.reset();
  EXPECT_EQ(dialer_->dial(nowhere).error().code, ErrorCode::Unavailable);
}

TEST_F(TransportTest, PostsForEnrolmentWithAPinnedCa) {
  crypto::TlsClientOptions tls;
  tls.ca_fingerprint = TestPki::get().authority.fingerprint();
  tls.server_name = "127.0.0.1";
  auto pinned = target();
  pinned.tls = crypto::TlsClientContext::create(tls).value();
  const auto answer = post_json(pinned, "/enrol", R"({"a":1})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, R"({"a":1}!)");
  tls.ca_fingerprint = std::string(64, '0');
  pinned.tls = crypto::TlsClientContext::create(tls).value();
  EXPECT_EQ(post_json(pinned, "/enrol", "{}").error().code, ErrorCode::Unauthenticated);
}

/// One connection of an HTTP proxy that answers CONNECT with `status` and, on 200, carries bytes both ways.
class Proxy {
 public:
  Proxy(std::uint16_t target, std::string status) : target_(target), status_(std::move(status)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 1);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~Proxy() { ::shutdown(listener_.get(), SHUT_RDWR); }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  std::string request;

 private:
  void serve() {
    const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    std::array<char, 16384> chunk{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(client.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) return;
      request.append(chunk.data(), static_cast<std::size_t>(count));
    }
    const std::string answer = "HTTP/1.1 " + status_ + "\r\n\r\n";
    ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    if (!status_.starts_with("200")) return;
    const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(target_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    std::jthread back([&] { copy(server.get(), client.get()); });
    copy(client.get(), server.get());
    ::shutdown(server.get(), SHUT_RDWR);
  }
  static void copy(int from, int to) {
    std::array<char, 16384> chunk{};
    while (true) {
      const ssize_t count = ::recv(from, chunk.data(), chunk.size(), 0);
      if (count <= 0) break;
      ::send(to, chunk.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
    }
    ::shutdown(to, SHUT_RDWR);
  }

  std::uint16_t target_;
  std::string status_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

TEST_F(TransportTest, GoesThroughAProxy) {
  Proxy proxy(server_->port(), "200 Connection established");
  auto through = target();
  through.proxy = HostPort{"127.0.0.1", proxy.port()};
  {
    auto connection = dialer_->dial(through);
    ASSERT_TRUE(connection) << connection.error().message;
    ASSERT_TRUE((*connection)->send("through"));
    EXPECT_EQ(**(*connection)->receive(soon()), "through");
  }
  EXPECT_EQ(proxy.request.substr(0, proxy.request.find(' ', 8)),
            "CONNECT 127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(TransportTest, NamesTheProxyThatRefuses) {
  const Proxy proxy(server_->port(), "407 Proxy Authentication Required");
  auto through = target();
  through.proxy = HostPort{"127.0.0.1", proxy.port()};
  const auto refused = dialer_->dial(through);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("407"), std::string::npos) << refused.error().message;
}

TEST(ParseManagerUrl, KnowsHttpsOnly) {
  EXPECT_EQ(parse_manager_url("https://host")->text(), "host:8444");
  EXPECT_EQ(parse_manager_url("https://host:9/")->text(), "host:9");
  EXPECT_EQ(parse_manager_url("https://[::1]")->text(), "[::1]:8444");
  EXPECT_EQ(parse_manager_url("https://[::1]:7")->text(), "[::1]:7");
  for (const char* bad : {"", "host", "http://host", "https://", "https://host:0x", "https://host/path"}) {
    EXPECT_FALSE(parse_manager_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace warder::agent
