#include "manager/net/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/text.h"
#include "manager/net/response_head.h"
#include "manager/net/target.h"
#include "manager/net/websocket_session.h"

namespace warder::manager {

namespace http = beast::http;

namespace {

constexpr std::size_t kFirstReadBytes = 4096;
constexpr std::size_t kDiscardBytes = 16 << 10;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kSmallBodyBytes = 64 << 10;  // not counted against max_bodies_bytes

// A second of these in one request means that somebody in between may have understood another request than we do.
bool must_be_single(std::string_view name) {
  return name == "host" || name == "authorization" || name == "content-type" || name == "if-match" ||
         name == "x-csrf-token" || name == "idempotency-key";
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<NetCore> core, Stream stream, IpAddress peer)
    : Connection(std::move(core), peer), stream_(std::move(stream)) {}

HttpSession::~HttpSession() {
  if (link_) link_->detach();
  core().bodies_bytes -= reserved_bytes_;
}

void HttpSession::start() {
  expect_within(core().options.handshake_timeout);
  if (stream_.tls() == nullptr) return wait_for_request();
  stream_.async_handshake([self = shared_from_this()](error_code error, std::size_t) { self->on_handshake(error); });
}

void HttpSession::on_handshake(error_code error) {
  if (error) {
    core().failed_handshakes.add();
    return stream_.close();
  }
  core().handshakes.add();
  shown_certificate_ = crypto::shown_certificate(stream_.tls());
  wait_for_request();
}

// Idle connections sit here with an empty buffer; the clock for the head starts with its first byte.
void HttpSession::wait_for_request() {
  parser_.reset();
  request_.reset();
  is_busy_ = false;
  core().bodies_bytes -= std::exchange(reserved_bytes_, 0);
  if (core().is_stopping) return stream_.close();
  if (buffer_.size() > 0) return read_head();
  buffer_ = {};
  expect_within(core().options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(kFirstReadBytes),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            if (error) return self->stream_.close();
                            self->buffer_.commit(bytes);
                            self->read_head();
                          });
}

void HttpSession::read_head() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core().options.max_header_bytes));
  parser_->body_limit(boost::none);  // set when the head has told which request it is
  is_busy_ = true;
  expect_within(core().options.header_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, std::size_t) { self->on_head(error); });
}

void HttpSession::refuse_read_error(error_code error) {
  if (error.category() != http::make_error_code(http::error::bad_method).category() ||
      error == http::error::end_of_stream || error == http::error::partial_message) {
    return stream_.close();  // the peer is gone
  }
  if (error == http::error::header_limit) return refuse(431, "The request's head is too large.");
  if (error == http::error::body_limit) return refuse(413, "The request's body is too large.");
  refuse(400, "Not a valid HTTP request.");
}

void HttpSession::refuse(int status, std::string_view reason) {
  core().bad_requests.add();
  is_refused_ = true;
  keep_alive_ = false;
  is_chunked_ = false;
  HttpResponse response;
  response.status = status;
  response.headers["content-type"] = "text/plain; charset=utf-8";
  response.body.append(reason).append("\n");
  answer(std::move(response));
}

void HttpSession::on_head(error_code error) {
  if (error) return refuse_read_error(error);
  const auto& head = parser_->get();
  keep_alive_ = head.keep_alive();
  is_head_request_ = head.method() == http::verb::head;
  is_chunked_ = head.version() >= 11;
  auto request = read_request(false);
  if (!request) return refuse(400, request.error().message);
  request_ = std::move(*request);

  const std::size_t limit = core().handler.body_limit(*request_).value_or(core().options.max_body_bytes);
  const auto length = parser_->content_length();
  std::optional<std::uint64_t> content_length;
  if (length) content_length = *length;
  if (content_length && *content_length > limit) return refuse(413, "The request's body is too large.");
  if (!content_length && !parser_->chunked()) return read_body();
  if (!reserve_body(content_length, limit)) return refuse(503, "Too many large requests at once; try again.");
  parser_->body_limit(limit);
  if (!equals_ignoring_case(request_->header("expect"), "100-continue")) return read_body();
  send("HTTP/1.1 100 Continue\r\n\r\n", [self = shared_from_this()] { self->read_body(); });
}

bool HttpSession::reserve_body(std::optional<std::uint64_t> content_length, std::size_t limit) {
  const std::size_t bytes = content_length ? std::size_t{*content_length} : limit;
  if (bytes <= kSmallBodyBytes) return true;
  if (core().bodies_bytes + bytes > core().options.max_bodies_bytes) return false;
  core().bodies_bytes += bytes;
  reserved_bytes_ = bytes;
  const auto extra = std::chrono::seconds(static_cast<std::int64_t>(bytes / kSmallBodyBytes));
  expect_within(core().options.body_timeout + extra);
  return true;
}

void HttpSession::read_body() {
  if (reserved_bytes_ == 0) expect_within(core().options.body_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(error_code error) {
  if (error) return refuse_read_error(error);
  request_done_ = std::chrono::steady_clock::now();
  request_->body = std::move(parser_->get().body());
  expect_nothing();  // the handler takes the time it needs
  if (beast::websocket::is_upgrade(parser_->get())) return dispatch_upgrade();
  dispatch();
}

Result<HttpRequest> HttpSession::read_request(bool with_body) {
  const auto& message = parser_->get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  Target target = WD_TRY(parse_target(std::string_view(message.target().data(), message.target().size())));
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  for (const auto& field : message) {
    const std::string name = to_lower_ascii({field.name_string().data(), field.name_string().size()});
    const auto [found, is_new] = request.headers.emplace(name, std::string(field.value()));
    if (is_new) continue;
    if (must_be_single(name)) return fail(ErrorCode::Invalid, "The header " + name + " is there twice.");
    found->second.append(name == "cookie" ? "; " : ", ").append(field.value().data(), field.value().size());
  }
  if (message.version() >= 11 && !request.headers.contains("host")) {
    return fail(ErrorCode::Invalid, "The header host is missing.");
  }
  if (with_body) request.body = message.body();
  request.peer = peer();
  if (stream_.tls() != nullptr) request.certificate = crypto::peer_certificate(stream_.tls());
  request.shown_certificate = shown_certificate_;
  return request;
}

void HttpSession::dispatch() {
  core().run_on_worker([self = shared_from_this()]() mutable {
    auto response = std::make_shared<HttpResponse>(self->core().handler.respond(*self->request_));
    HttpSession& session = *self;
    asio::post(session.core().io, [self = std::move(self), response] { self->answer(std::move(*response)); });
  });
}

void HttpSession::dispatch_upgrade() {
  core().run_on_worker([self = shared_from_this()]() mutable {
    auto handler =
        std::make_shared<std::unique_ptr<WebSocketHandler>>(self->core().handler.accept_websocket(*self->request_));
    HttpSession& session = *self;
    asio::post(session.core().io, [self = std::move(self), handler] { self->upgrade(std::move(*handler)); });
  });
}

void HttpSession::upgrade(std::unique_ptr<WebSocketHandler> handler) {
  if (!handler) return refuse(403, "No WebSocket here.");
  const auto session =
      std::make_shared<WebSocketSession>(shared_core(), std::move(stream_), peer(), std::move(handler));
  session->start(parser_->get());
}

void HttpSession::answer(HttpResponse response) {
  core().requests.add();
  if (request_) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - request_done_;
    if (request_done_.time_since_epoch().count() > 0) core().latency.observe(taken.count());
  }
  const bool is_stream = static_cast<bool>(response.stream);
  if (is_stream || core().is_stopping) keep_alive_ = false;
  const BodyLength length = !is_stream ? BodyLength::Known : is_chunked_ ? BodyLength::Chunked : BodyLength::UntilClose;
  std::string bytes = response_head(response, length, keep_alive_, std::chrono::system_clock::now());
  if (!is_stream && !is_head_request_) bytes += response.body;
  if (is_stream && !is_head_request_) {
    return send(std::move(bytes),
                [self = shared_from_this(), start = std::move(response.stream)] { self->begin_stream(start); });
  }
  send(std::move(bytes), [self = shared_from_this()] { self->finish_answer(); });
}

void HttpSession::send(std::string bytes, std::function<void()> then) {
  outgoing_ = std::move(bytes);
  const auto extra = std::chrono::seconds(static_cast<std::int64_t>(outgoing_.size() / kSmallBodyBytes));
  expect_within(core().options.write_timeout + extra);
  asio::async_write(stream_, asio::buffer(outgoing_),
                    [self = shared_from_this(), then = std::move(then)](error_code error, std::size_t) {
                      self->outgoing_ = {};
                      if (error) return self->stream_.close();
                      then();
                    });
}

// A socket closed with unread bytes resets the connection, and the peer may lose the answer (RFC 9112 §9.6). So the
// rest of a refused request is thrown away for a while.
void HttpSession::linger() {
  is_busy_ = false;
  stream_.close_sending();
  outgoing_.resize(kDiscardBytes);
  expect_within(kLingerTime);
  throw_away();
}

void HttpSession::throw_away() {
  stream_.next_layer().async_read_some(asio::buffer(outgoing_),
                                       [self = shared_from_this()](error_code error, std::size_t) {
                                         if (error) return self->stream_.close();
                                         self->throw_away();
                                       });
}

void HttpSession::finish_answer() {
  if (is_refused_) return linger();
  if (!keep_alive_) return stream_.close();
  wait_for_request();
}

}  // namespace warder::manager
