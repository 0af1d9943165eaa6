#include "agent/transport.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>

#include "base/text.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
/// How late a stop may be noticed while a step is under way.
constexpr std::chrono::milliseconds kStopCheck{100};
constexpr std::string_view kAgent = "warder-agent/" WARDER_VERSION;

/// Asio frees the SSL_CTX that it is given, so it gets a reference of its own.
asio::ssl::context share(const crypto::TlsClientContext& tls) {
  SSL_CTX_up_ref(tls.native());
  return asio::ssl::context(tls.native());
}

/// One TCP and TLS connection and its event loop, driven by the thread that calls.
class Link {
 public:
  using Tls = asio::ssl::stream<tcp::socket>;

  explicit Link(const DialTarget& target) : target_(target), context_(share(*target.tls)), tls_(io_, context_) {}

  Tls& tls() noexcept { return tls_; }
  asio::io_context& io() noexcept { return io_; }

  Result<void> connect() {
    const HostPort& first = target_.proxy ? *target_.proxy : target_.manager;
    tcp::resolver resolver(io_);
    tcp::resolver::results_type addresses;
    WD_TRY(finish("resolve " + first.text(), [&](auto done) {
      resolver.async_resolve(first.host, std::to_string(first.port),
                             [&addresses, done](error_code error, tcp::resolver::results_type found) {
                               addresses = std::move(found);
                               done(error);
                             });
    }));
    WD_TRY(finish("connect to " + first.text(), [&](auto done) {
      asio::async_connect(tls_.next_layer(), addresses,
                          [done](error_code error, const tcp::endpoint&) { done(error); });
    }));
    error_code ignored;
    static_cast<void>(tls_.next_layer().set_option(tcp::no_delay(true), ignored));
    if (target_.proxy) WD_TRY(open_tunnel().in("proxy " + target_.proxy->text()));
    return handshake();
  }

  /// Starts an operation and runs the loop until its handler was called or the time is up.
  template <class Start>
  Result<void> finish(std::string_view what, Start start) {
    std::optional<error_code> outcome;
    start([&outcome](error_code error) { outcome = error; });
    const auto deadline = steady_clock::now() + target_.timeout;
    while (!outcome && steady_clock::now() < deadline && !target_.stop.stop_requested()) {
      io_.restart();
      io_.run_one_until(std::min(deadline, steady_clock::now() + kStopCheck));
    }
    if (!outcome) {
      abandon(outcome);
      return fail(ErrorCode::Timeout, std::string(what) + ": timed out");
    }
    if (*outcome) return fail(ErrorCode::Unavailable, std::string(what) + ": " + outcome->message());
    return {};
  }

 private:
  /// The handler refers to the caller's frame, so it must have been called before we return.
  void abandon(const std::optional<error_code>& outcome) {
    error_code ignored;
    static_cast<void>(tls_.next_layer().close(ignored));
    io_.restart();
    while (!outcome && io_.run_one_for(target_.timeout) > 0) {
    }
  }

  Result<void> open_tunnel() {
    const std::string authority = target_.manager.text();
    http::request<http::empty_body> request(http::verb::connect, authority, 11);
    request.set(http::field::host, authority);
    request.set(http::field::user_agent, std::string(kAgent));
    WD_TRY(finish("CONNECT", [&](auto done) {
      http::async_write(tls_.next_layer(), request, [done](error_code error, std::size_t) { done(error); });
    }));
    beast::flat_buffer buffer(8192);
    http::response_parser<http::empty_body> parser;
    parser.skip(true);
    WD_TRY(finish("CONNECT", [&](auto done) {
      http::async_read_header(tls_.next_layer(), buffer, parser,
                              [done](error_code error, std::size_t) { done(error); });
    }));
    if (parser.get().result() == http::status::ok && buffer.size() == 0) return {};
    return fail(ErrorCode::Unavailable, "CONNECT: answered " + std::to_string(parser.get().result_int()));
  }

  Result<void> handshake() {
    target_.tls->prepare(tls_.native_handle());
    auto done = finish("TLS with " + target_.manager.text(), [&](auto handler) {
      tls_.async_handshake(asio::ssl::stream_base::client, [handler](error_code error) { handler(error); });
    });
    if (done.has_value()) return {};
    const long verified = SSL_get_verify_result(tls_.native_handle());
    if (verified == X509_V_OK) return done;
    return fail(ErrorCode::Unauthenticated,
                "TLS with " + target_.manager.text() + ": " + X509_verify_cert_error_string(verified));
  }

  const DialTarget& target_;
  asio::io_context io_{1};
  asio::ssl::context context_;
  Tls tls_;
};

class WebSocketConnection : public Connection {
 public:
  explicit WebSocketConnection(DialTarget target) : target_(std::move(target)), link_(target_), socket_(link_.tls()) {}

  ~WebSocketConnection() override {
    error_code ignored;
    static_cast<void>(link_.tls().next_layer().close(ignored));
    link_.io().restart();
    link_.io().run();  // pending handlers refer to this object
  }
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;

  Result<void> open() {
    WD_TRY(link_.connect());
    socket_.binary(true);
    socket_.read_message_max(protocol::kMaxFrameBytes);
    socket_.set_option(beast::websocket::stream_base::decorator(
        [](beast::websocket::request_type& request) { request.set(http::field::user_agent, std::string(kAgent)); }));
    beast::websocket::response_type answer;
    auto done = link_.finish("upgrade", [&](auto handler) {
      socket_.async_handshake(answer, target_.manager.text(), "/agent",
                              [handler](error_code error) { handler(error); });
    });
    if (!done && answer.result() != http::status::switching_protocols && answer.result_int() >= 400) {
      return fail(answer.result() == http::status::forbidden ? ErrorCode::Forbidden : ErrorCode::Unavailable,
                  "the manager answered " + std::to_string(answer.result_int()));
    }
    return done;
  }

  Result<void> send(std::string_view message) override {
    return link_.finish("send", [&](auto done) {
      socket_.async_write(asio::buffer(message), [done](error_code error, std::size_t) { done(error); });
    });
  }

  Result<std::optional<std::string>> receive(steady_clock::time_point deadline) override {
    if (received_.empty() && !error_) read_next();
    // At least once, so that a wake-up posted before this call is seen.
    do {
      link_.io().restart();
      link_.io().run_one_until(deadline);
    } while (received_.empty() && !error_ && !is_woken_ && steady_clock::now() < deadline);
    is_woken_ = false;
    if (!received_.empty()) {
      auto message = std::move(received_.front());
      received_.pop_front();
      return message;
    }
    if (error_) return fail(ErrorCode::Unavailable, "the stream ended: " + closing_text());
    return std::nullopt;
  }

  void wake() override {
    asio::post(link_.io(), [this] { is_woken_ = true; });
  }

  [[nodiscard]] std::optional<crypto::PeerCertificate> peer() const override {
    return crypto::peer_certificate(link_.tls().native_handle());
  }

 private:
  void read_next() {
    if (is_reading_) return;
    is_reading_ = true;
    socket_.async_read(buffer_, [this](error_code error, std::size_t) {
      is_reading_ = false;
      if (error) {
        error_ = error;
        return;
      }
      received_.push_back(beast::buffers_to_string(buffer_.data()));
      buffer_.clear();
      buffer_.shrink_to_fit();
    });
  }

  [[nodiscard]] std::string closing_text() const {
    const auto& reason = socket_.reason();
    return reason.reason.empty() ? error_->message() : std::string(reason.reason.c_str());
  }

  DialTarget target_;
  mutable Link link_;
  beast::websocket::stream<Link::Tls&> socket_;
  beast::flat_buffer buffer_{protocol::kMaxFrameBytes};
  std::deque<std::string> received_;
  std::optional<error_code> error_;
  bool is_reading_ = false;
  bool is_woken_ = false;
};

class BeastDialer : public Dialer {
 public:
  Result<std::unique_ptr<Connection>> dial(const DialTarget& target) override {
    auto connection = std::make_unique<WebSocketConnection>(target);
    WD_TRY(connection->open());
    return connection;
  }
};

}  // namespace

Result<HostPort> parse_manager_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return fail(ErrorCode::Invalid, std::string(url) + ": does not begin with https://");
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const bool has_port = rest.rfind(':') != std::string_view::npos && !rest.ends_with(']');
  return parse_host_port(has_port ? std::string(rest) : std::string(rest) + ":8444").in(url);
}

std::unique_ptr<Dialer> make_dialer() {
  return std::make_unique<BeastDialer>();
}

Result<PostAnswer> post_json(const DialTarget& target, std::string_view path, std::string_view body) {
  Link link(target);
  WD_TRY(link.connect());
  http::request<http::string_body> request(http::verb::post, std::string(path), 11, std::string(body));
  request.set(http::field::host, target.manager.text());
  request.set(http::field::user_agent, std::string(kAgent));
  request.set(http::field::content_type, "application/json");
  request.prepare_payload();
  WD_TRY(link.finish("POST", [&](auto done) {
    http::async_write(link.tls(), request, [done](error_code error, std::size_t) { done(error); });
  }));
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswerBytes);
  WD_TRY(link.finish("POST", [&](auto done) {
    http::async_read(link.tls(), buffer, parser, [done](error_code error, std::size_t) { done(error); });
  }));
  return PostAnswer{static_cast<int>(parser.get().result_int()), parser.get().body()};
}

}  // namespace warder::agent
