// For tests: a server on a free port of loopback, and a client that sends bytes as they are.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "crypto/pki.h"
#include "crypto/tls.h"
#include "manager/net/http.h"

namespace warder::manager::testing {

class QuietLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

/// A CA, a server certificate for 127.0.0.1 and a client certificate, made once for all tests of a program.
struct TestPki {
  crypto::CertificateAuthority authority;
  std::string server_pem;
  std::string server_key;
  std::string client_pem;
  std::string client_key;

  static const TestPki& get() {
    static const TestPki kPki = make();
    return kPki;
  }

 private:
  static TestPki make() {
    const Timestamp start = from_micros(1'700'000'000'000'000);
    const Timestamp end = from_micros(4'000'000'000'000'000);
    auto authority = crypto::CertificateAuthority::create("test CA", start, end).value();
    const crypto::KeyPair server = crypto::KeyPair::generate();
    const crypto::KeyPair client = crypto::KeyPair::generate();
    const crypto::CertificateSpec server_spec{"server", {"localhost"}, {"127.0.0.1"}, {}, start, end, true};
    const crypto::CertificateSpec client_spec{"client", {}, {}, {"warder://test"}, start, end, false};
    std::string server_pem = authority.issue(server, server_spec).value() + authority.certificate_pem();
    std::string client_pem = authority.issue(client, client_spec).value();
    return {std::move(authority), std::move(server_pem), server.private_pem, std::move(client_pem), client.private_pem};
  }
};

inline std::shared_ptr<const crypto::TlsServerContext> make_test_tls(bool with_clients = false) {
  const TestPki& pki = TestPki::get();
  crypto::TlsServerOptions options;
  options.certificate_chain_pem = pki.server_pem;
  options.private_key_pem = pki.server_key;
  if (with_clients) options.client_ca_pem = pki.authority.certificate_pem();
  return crypto::TlsServerContext::create(options).value();
}

/// A handler made of functions.
class TestHandler final : public HttpHandler {
 public:
  std::function<HttpResponse(const HttpRequest&)> answer = [](const HttpRequest&) { return HttpResponse(); };
  std::function<std::unique_ptr<WebSocketHandler>(const HttpRequest&)> accept;

  HttpResponse respond(const HttpRequest& request) override { return answer(request); }
  std::unique_ptr<WebSocketHandler> accept_websocket(const HttpRequest& request) override {
    return accept ? accept(request) : nullptr;
  }
};

/// A blocking TCP connection, with TLS if asked; ten seconds at most for any read.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, bool with_tls = false, bool with_certificate = false)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (with_tls) start_tls(with_certificate);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// What comes until `end` is there, the peer closes or ten seconds pass.
  std::string read_until(std::string_view end) {
    std::string all;
    while (end.empty() || all.find(end) == std::string::npos) {
      char buffer[4096];
      const auto got =
          tls_ ? SSL_read(tls_.get(), buffer, sizeof buffer) : ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  std::string read_all() { return read_until({}); }

  std::string ask(std::string_view request) {
    send(request);
    return read_all();
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  void start_tls(bool with_certificate) {
    const TestPki& pki = TestPki::get();
    crypto::TlsClientOptions options;
    options.ca_pem = pki.authority.certificate_pem();
    if (with_certificate) {
      options.certificate_chain_pem = pki.client_pem;
      options.private_key_pem = pki.client_key;
    }
    options.server_name = "127.0.0.1";
    context_ = crypto::TlsClientContext::create(options).value();
    tls_.reset(SSL_new(context_->native()));
    SSL_set_fd(tls_.get(), socket_.get());
    EXPECT_EQ(SSL_connect(tls_.get()), 1);
  }

  UniqueFd socket_;
  std::shared_ptr<const crypto::TlsClientContext> context_;
  std::unique_ptr<SSL, Free> tls_;
};

/// A server for one test.
class TestServer {
 public:
  explicit TestServer(HttpServerOptions options = {}, std::shared_ptr<const crypto::TlsServerContext> tls = nullptr) {
    options.listen = {"127.0.0.1", 0};
    options.workers = 2;
    server_ = HttpServer::create(std::move(options), std::move(tls), handler, log_, metrics).value();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  HttpServer& operator*() { return *server_; }
  void stop() { server_.reset(); }

  TestHandler handler;
  Metrics metrics;

 private:
  QuietLog log_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace warder::manager::testing
