// One HTTP/1.1 connection: handshake, requests one after the other, answers, streams. Lives on the loop thread; only
// the handler runs elsewhere. For this folder's .cc files only.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <mutex>
#include <optional>

#include "manager/net/core.h"
#include "manager/net/stream.h"

namespace warder::manager {

class HttpSession;

/// Joins a streamed answer's connection with what the handler holds of it; outlives both. Thread-safe.
class StreamLink {
 public:
  StreamLink(HttpSession* session, std::size_t max_queued_bytes)
      : session_(session), max_queued_bytes_(max_queued_bytes) {}
  bool write(std::string_view bytes);
  void close();
  [[nodiscard]] bool is_open() const;
  void detach();
  void sent(std::size_t bytes);

 private:
  mutable std::mutex mutex_;  // guards session_ and queued_bytes_
  HttpSession* session_;      // null when either side has ended it
  std::size_t queued_bytes_ = 0;
  std::size_t max_queued_bytes_;
};

class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::shared_ptr<NetCore> core, Stream stream, IpAddress peer);
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;
  ~HttpSession() override;

  void start();
  void abort() override { stream_.close(); }
  [[nodiscard]] bool is_busy() const noexcept override { return is_busy_; }

  /// Thread-safe; an empty chunk ends the stream.
  void post_chunk(std::string chunk);

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  void on_handshake(error_code error);
  void wait_for_request();
  void read_head();
  void on_head(error_code error);
  bool reserve_body(std::optional<std::uint64_t> content_length, std::size_t limit);
  void read_body();
  void on_body(error_code error);
  void refuse(int status, std::string_view reason);
  void refuse_read_error(error_code error);

  Result<HttpRequest> read_request(bool with_body);
  void dispatch();
  void dispatch_upgrade();
  void upgrade(std::unique_ptr<WebSocketHandler> handler);

  void answer(HttpResponse response);
  void send(std::string bytes, std::function<void()> then);
  void finish_answer();
  void linger();
  void throw_away();
  void begin_stream(std::function<void(std::shared_ptr<ResponseStream>)> start);
  void watch_for_close();
  void push_chunk(std::string chunk);
  void write_next_chunk();
  void abort_stream();

  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<HttpRequest> request_;
  std::string outgoing_;
  std::size_t reserved_bytes_ = 0;
  std::chrono::steady_clock::time_point request_done_;
  bool is_busy_ = false;
  bool keep_alive_ = false;
  bool is_head_request_ = false;
  bool is_chunked_ = false;
  bool is_refused_ = false;  // the rest of the request was not read

  std::shared_ptr<const crypto::ShownCertificate> shown_certificate_;

  std::shared_ptr<StreamLink> link_;  // while an answer is streamed
  std::deque<std::string> chunks_;
  bool is_writing_ = false;
  bool is_stream_ended_ = false;
  char watched_byte_ = 0;
};

}  // namespace warder::manager
