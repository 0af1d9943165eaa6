#include <pthread.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <future>
#include <thread>

#include "base/text.h"
#include "manager/net/http_session.h"

namespace warder::manager {

namespace {

using Steady = std::chrono::steady_clock;

IpAddress address_of(const tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return IpAddress::v4(endpoint.address().to_v4().to_uint());
  return IpAddress::v6(endpoint.address().to_v6().to_bytes());
}

/// Accepts connections, ends slow ones, stops.
class Server final : public HttpServer {
 public:
  Server(std::shared_ptr<NetCore> core, std::shared_ptr<const crypto::TlsServerContext> tls)
      : core_(std::move(core)),
        acceptor_(core_->io),
        tick_(core_->io),
        accept_delay_(core_->io),
        has_tls_(tls != nullptr),
        tls_(std::move(tls)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override { stop(); }

  Result<void> listen();
  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  void use(std::shared_ptr<const crypto::TlsServerContext> tls) override {
    if (!has_tls_ || !tls) return;  // a TLS listener never turns plain, nor the other way round
    asio::post(core_->io, [this, tls = std::move(tls)]() mutable { tls_ = std::move(tls); });
  }

 private:
  void accept();
  void on_accept(error_code error, Stream::Socket socket);
  void accept_after(Steady::duration delay);
  [[nodiscard]] Steady::duration time_to_wait();
  void tick();
  void stop();

  std::shared_ptr<NetCore> core_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
  asio::steady_timer tick_;
  asio::steady_timer accept_delay_;
  bool has_tls_;
  std::shared_ptr<const crypto::TlsServerContext> tls_;  // the loop thread's after listen()
  Steady::time_point next_accept_ = Steady::now();
  Steady::time_point stop_until_ = Steady::time_point::max();
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Result<void> Server::listen() {
  error_code error;
  const HostPort& where = core_->options.listen;
  const auto address = asio::ip::make_address(where.host, error);
  if (error) return fail(ErrorCode::Invalid, where.text() + ": not an IP address to listen on");
  const tcp::endpoint endpoint(address, where.port);
  // Each call gives its error back as well as setting it.
  static_cast<void>(acceptor_.open(endpoint.protocol(), error));
  if (!error) static_cast<void>(acceptor_.set_option(tcp::acceptor::reuse_address(true), error));
  if (!error) static_cast<void>(acceptor_.bind(endpoint, error));
  if (!error) static_cast<void>(acceptor_.listen(asio::socket_base::max_listen_connections, error));
  if (error) return fail(ErrorCode::Unavailable, "listen on " + where.text() + ": " + error.message());
  port_ = acceptor_.local_endpoint(error).port();
  accept();
  tick();
  thread_ = std::thread([this] {
    sigset_t pipe;  // OpenSSL writes to sockets without MSG_NOSIGNAL
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    core_->io.run();
  });
  return {};
}

void Server::accept() {
  acceptor_.async_accept([this](error_code error, auto socket) { on_accept(error, std::move(socket)); });
}

void Server::on_accept(error_code error, Stream::Socket socket) {
  if (core_->is_stopping) return;
  if (error) {  // out of descriptors, or the peer has gone already
    core_->log.warning("net.accept.failed", "a connection could not be accepted",
                       {{"listener", core_->options.name}, {"error", error.message()}});
    return accept_after(std::chrono::milliseconds(100));
  }
  const tcp::endpoint remote = socket.remote_endpoint(error);
  const IpAddress peer = error ? IpAddress() : address_of(remote);
  const std::size_t per_peer = core_->options.max_connections_per_peer;
  const auto count = core_->peers.find(peer);
  if (error || (per_peer > 0 && count != core_->peers.end() && count->second >= per_peer)) {
    core_->refused.add();
  } else {
    std::make_shared<HttpSession>(core_, Stream(std::move(socket), tls_.get()), peer)->start();
  }
  const auto delay = time_to_wait();
  if (delay > Steady::duration::zero()) return accept_after(delay);
  accept();
}

/// Over the connection limit: a while, with the rest left in the backlog. Over the rate: until the next is due; a
/// tenth of a second's worth may come at once.
Steady::duration Server::time_to_wait() {
  if (core_->connections.size() >= core_->options.max_connections) return std::chrono::milliseconds(100);
  const std::uint32_t rate = core_->options.accepts_per_second;
  if (rate == 0) return Steady::duration::zero();
  const auto now = Steady::now();
  next_accept_ =
      std::max(next_accept_, now - std::chrono::milliseconds(100)) + std::chrono::nanoseconds(1'000'000'000 / rate);
  return next_accept_ - now;
}

void Server::accept_after(Steady::duration delay) {
  accept_delay_.expires_after(delay);
  accept_delay_.async_wait([this](error_code error) {
    if (error || core_->is_stopping) return;
    if (core_->connections.size() >= core_->options.max_connections)
      return accept_after(std::chrono::milliseconds(100));
    accept();
  });
}

void Server::tick() {
  const auto now = Steady::now();
  if (core_->is_stopping && core_->connections.empty()) return;
  const std::vector<Connection*> connections(core_->connections.begin(), core_->connections.end());
  for (Connection* connection : connections) {
    const bool is_late = connection->is_late(now);
    if (is_late) core_->timeouts.add();
    if (is_late || now > stop_until_) connection->abort();
  }
  tick_.expires_after(core_->is_stopping ? std::chrono::milliseconds(20) : std::chrono::milliseconds(500));
  tick_.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Server::stop() {
  if (!thread_.joinable()) return;
  asio::post(core_->io, [this] {
    core_->is_stopping = true;
    error_code ignored;
    static_cast<void>(acceptor_.close(ignored));
    accept_delay_.cancel();
    stop_until_ = Steady::now() + std::chrono::seconds(5);
    const std::vector<Connection*> connections(core_->connections.begin(), core_->connections.end());
    for (Connection* connection : connections) {
      if (!connection->is_busy()) connection->abort();
    }
    tick_.cancel();
    tick();
  });
  thread_.join();
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string HttpRequest::cookie(std::string_view name) const {
  std::string value;
  for (const std::string_view part : split(header("cookie"), ';')) {
    const std::string_view pair = trim(part);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (!value.empty()) return {};
    value = pair.substr(equals + 1);
  }
  return value;
}

std::unique_ptr<WebSocketHandler> HttpHandler::accept_websocket(const HttpRequest& /*request*/) {
  return nullptr;
}

std::optional<std::size_t> HttpHandler::body_limit(const HttpRequest& /*head*/) const {
  return std::nullopt;
}

Result<std::unique_ptr<HttpServer>> HttpServer::create(HttpServerOptions options,
                                                       std::shared_ptr<const crypto::TlsServerContext> tls,
                                                       HttpHandler& handler, Log& log, Metrics& metrics) {
  auto core = std::make_shared<NetCore>(std::move(options), handler, log, metrics);
  auto server = std::make_unique<Server>(std::move(core), std::move(tls));
  WD_TRY(server->listen());
  return server;
}

}  // namespace warder::manager
