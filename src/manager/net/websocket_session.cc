#include "manager/net/websocket_session.h"

#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace warder::manager {

namespace websocket = beast::websocket;

bool WebSocketHandle::send(std::string message) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr || queued_bytes_ + message.size() > max_queued_bytes_) return false;
  queued_bytes_ += message.size();
  session_->post_message(std::move(message));
  return true;
}

void WebSocketHandle::close(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) session_->post_close(std::string(reason));
}

void WebSocketHandle::detach() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

void WebSocketHandle::sent(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  queued_bytes_ -= bytes;
}

WebSocketSession::WebSocketSession(std::shared_ptr<NetCore> core, Stream stream, IpAddress peer,
                                   std::unique_ptr<WebSocketHandler> handler)
    : Connection(std::move(core), peer),
      ws_(std::move(stream)),
      handler_(std::move(handler)),
      handle_(std::make_shared<WebSocketHandle>(this, peer, this->core().options.max_queued_bytes)) {}

WebSocketSession::~WebSocketSession() {
  handle_->detach();
}

void WebSocketSession::start(const Request& request) {
  const HttpServerOptions& options = core().options;
  ws_.set_option(websocket::stream_base::timeout{options.handshake_timeout, options.idle_timeout, true});
  ws_.read_message_max(options.max_websocket_message_bytes);
  ws_.auto_fragment(false);
  ws_.binary(true);
  ws_.async_accept(request, [self = shared_from_this()](error_code error) { self->on_accepted(error); });
}

void WebSocketSession::on_accepted(error_code error) {
  if (error) return;  // on_open was not called, so neither is on_close
  is_open_ = true;
  core().open_websockets.add(1);
  on_worker([](WebSocketSession& self) { self.handler_->on_open(self.handle_); },
            [](WebSocketSession& self) { self.read(); });
}

// The worker gets the only reference that matters and gives it back to the loop, so that a session always dies there.
void WebSocketSession::on_worker(std::function<void(WebSocketSession&)> work,
                                 std::function<void(WebSocketSession&)> then) {
  core().run_on_worker([self = shared_from_this(), work = std::move(work), then = std::move(then)]() mutable {
    work(*self);
    WebSocketSession& session = *self;
    asio::post(session.core().io, [self = std::move(self), then = std::move(then)] { then(*self); });
  });
}

void WebSocketSession::read() {
  ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

void WebSocketSession::on_read(error_code error) {
  if (error) return end();
  on_worker(
      [](WebSocketSession& self) {
        const auto message = self.buffer_.cdata();
        self.handler_->on_message({static_cast<const char*>(message.data()), message.size()});
      },
      [](WebSocketSession& self) {
        self.buffer_ = {};  // an idle socket keeps no memory for messages
        self.read();
      });
}

// Only here, after the last read, so that on_close never overlaps on_message.
void WebSocketSession::end() {
  handle_->detach();
  core().open_websockets.add(-1);
  outgoing_.clear();
  beast::get_lowest_layer(ws_).close();
  on_worker([](WebSocketSession& self) { self.handler_->on_close(); }, [](WebSocketSession&) {});
}

void WebSocketSession::post_message(std::string message) {
  asio::post(core().io, [weak = weak_from_this(), message = std::move(message)]() mutable {
    const auto self = weak.lock();
    if (!self || self->is_closing_) return;
    self->outgoing_.push_back(std::move(message));
    if (!self->is_writing_) self->write_next();
  });
}

void WebSocketSession::post_close(std::string reason) {
  asio::post(core().io, [weak = weak_from_this(), reason = std::move(reason)]() mutable {
    const auto self = weak.lock();
    if (!self || self->is_closing_) return;
    self->is_closing_ = true;
    self->close_reason_ = std::move(reason);
    if (!self->is_writing_) self->write_next();
  });
}

void WebSocketSession::write_next() {
  if (outgoing_.empty()) {
    if (is_closing_) close_now();
    return;
  }
  is_writing_ = true;
  expect_within(core().options.write_timeout);
  ws_.async_write(asio::buffer(outgoing_.front()), [self = shared_from_this()](error_code error, std::size_t) {
    self->is_writing_ = false;
    self->expect_nothing();
    if (error) return self->abort();
    self->handle_->sent(self->outgoing_.front().size());
    self->outgoing_.pop_front();
    self->write_next();
  });
}

void WebSocketSession::close_now() {
  is_writing_ = true;  // nothing more goes out
  expect_within(std::chrono::seconds(5));
  constexpr std::size_t kMaxReasonBytes = 123;  // RFC 6455 §5.5
  const websocket::close_reason reason(websocket::close_code::normal, close_reason_.substr(0, kMaxReasonBytes));
  ws_.async_close(reason, [self = shared_from_this()](error_code) {});
}

}  // namespace warder::manager
