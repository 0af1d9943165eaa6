// One WebSocket on a TLS connection. Lives on the loop thread; its handler runs on workers, one call at a time.
// For this folder's .cc files only.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <mutex>

#include "manager/net/core.h"
#include "manager/net/stream.h"

namespace warder::manager {

class WebSocketSession;

/// What a handler holds of a socket: survives the connection.
class WebSocketHandle final : public WebSocket {
 public:
  WebSocketHandle(WebSocketSession* session, IpAddress peer, std::size_t max_queued_bytes)
      : session_(session), peer_(peer), max_queued_bytes_(max_queued_bytes) {}

  bool send(std::string message) override;
  void close(std::string_view reason) override;
  [[nodiscard]] IpAddress peer() const override { return peer_; }

  void detach();
  void sent(std::size_t bytes);

 private:
  std::mutex mutex_;  // guards session_ and queued_bytes_
  WebSocketSession* session_;
  IpAddress peer_;
  std::size_t queued_bytes_ = 0;
  std::size_t max_queued_bytes_;
};

class WebSocketSession final : public Connection, public std::enable_shared_from_this<WebSocketSession> {
 public:
  using Request = beast::http::request<beast::http::string_body>;

  WebSocketSession(std::shared_ptr<NetCore> core, Stream stream, IpAddress peer,
                   std::unique_ptr<WebSocketHandler> handler);
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;
  ~WebSocketSession() override;

  void start(const Request& request);
  void abort() override { beast::get_lowest_layer(ws_).close(); }

  /// Thread-safe.
  void post_message(std::string message);
  void post_close(std::string reason);

 private:
  void on_accepted(error_code error);
  void read();
  void on_read(error_code error);
  void on_worker(std::function<void(WebSocketSession&)> work, std::function<void(WebSocketSession&)> then);
  void write_next();
  void close_now();
  void end();

  beast::websocket::stream<Stream, false> ws_;
  beast::flat_buffer buffer_;
  std::unique_ptr<WebSocketHandler> handler_;
  std::shared_ptr<WebSocketHandle> handle_;
  std::deque<std::string> outgoing_;
  std::string close_reason_;
  bool is_open_ = false;
  bool is_writing_ = false;
  bool is_closing_ = false;
};

}  // namespace warder::manager
