// One request with its response.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/ips/app/body_decoder.h"
#include "engines/ips/app/file.h"
#include "engines/ips/app/transaction.h"

namespace warder::ips::app {

/// What one side of the message says. Strings are what libhtp made of it, copied.
struct HttpMessage {
  bool has_line = false;
  bool has_headers = false;
  std::string line;
  std::string protocol;
  std::string raw_headers;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::unique_ptr<File>> files;  // the body, once there is some
};

/// Built by the parser's callbacks, read by detection.
class HttpTransaction : public Transaction {
 public:
  enum Progress : std::uint8_t { Begun, Line, Headers, Body, Done };

  BufferView buffer(BufferId asked, Direction direction, std::size_t instance) override;
  std::optional<std::uint64_t> number(NumberId asked, Direction direction, std::size_t instance) override;
  std::span<const std::unique_ptr<File>> files(Direction direction) override { return message(direction).files; }

  HttpMessage& message(Direction direction) noexcept { return messages_[index(direction)]; }
  [[nodiscard]] const std::string* header(Direction direction, std::string_view name) const noexcept;
  /// A body's next bytes; kept as far as `limit` goes.
  void append_body(Direction direction, ByteView bytes, const Limits& limits);

  /// Of a request with Content-Encoding.
  std::optional<BodyDecoder> decoder;
  std::string method;
  std::string uri;
  std::string raw_uri;
  std::string host;
  std::string raw_host;
  std::string status;
  std::string status_text;
  bool has_host = false;

 private:
  BufferView line_buffer(BufferId asked, Direction direction);
  BufferView header_buffer(BufferId asked, Direction direction, std::size_t instance);
  BufferView body_buffer(BufferId asked, Direction direction, std::size_t instance);
  BufferView header_value(Direction direction, std::string_view name);
  std::string& made(BufferId asked, Direction direction);

  HttpMessage messages_[2];
  std::deque<std::pair<std::pair<BufferId, Direction>, std::string>> made_;  // built on demand
  std::vector<std::unique_ptr<std::string>> line_texts_[2];
};

}  // namespace warder::ips::app
