// A mail message (RFC 5322, MIME RFC 2045 and 2046) read as its lines come: header fields, and attachments decoded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engines/ips/app/transfer_coding.h"

namespace warder::ips::app {

enum class MimeOddity : std::uint8_t {
  LongBoundary,
  LongHeaderName,
  LongHeaderValue,
  LongLine,
  LongEncodedLine,
  InvalidBase64,
  InvalidQuotedPrintable,
  DuplicateFields,
  TooDeep,
};

/// Who wants to know what is in the message. All views are valid during the call only.
class MimeSink {
 public:
  MimeSink() = default;
  MimeSink(const MimeSink&) = delete;
  MimeSink& operator=(const MimeSink&) = delete;
  virtual ~MimeSink() = default;
  /// A field of the message's own header, unfolded.
  virtual void on_header(std::string_view name, std::string_view value) = 0;
  virtual void on_file_start(std::string_view name) = 0;
  virtual void on_file_bytes(ByteView bytes) = 0;
  virtual void on_file_end() = 0;
  /// Decoded text of a part that is no file.
  virtual void on_text(std::string_view text) = 0;
  virtual void on_oddity(MimeOddity oddity) = 0;
};

/// Single-threaded; state is bounded by the limits below. The sink outlives it.
class MimeReader {
 public:
  static constexpr std::size_t kMaxDepth = 8;
  static constexpr std::size_t kMaxHeaderValue = 8192;
  static constexpr std::size_t kMaxHeaderName = 255;
  static constexpr std::size_t kMaxLine = 998;        // RFC 5322 §2.1.1
  static constexpr std::size_t kMaxEncodedLine = 76;  // RFC 2045 §6.7 (5)
  static constexpr std::size_t kMaxBoundary = 254;    // what is looked for; the standard allows 70

  explicit MimeReader(MimeSink& sink) : sink_(sink) {}

  /// One line without its end.
  void take_line(std::string_view line);
  void finish();

 private:
  struct Part {
    std::string boundary;  // of a multipart; empty for others
  };
  enum class Coding : std::uint8_t { Plain, Base64, QuotedPrintable };

  void take_header_line(std::string_view line);
  void flush_header();
  void take_field(std::string_view name, std::string_view value);
  void take_content_type(std::string_view value);
  void end_headers();
  bool take_boundary(std::string_view line);
  void take_body_line(std::string_view line);
  void end_part();

  MimeSink& sink_;
  std::vector<Part> open_;
  bool is_in_header_ = true;
  bool is_top_ = true;
  std::string field_;  // the folded field so far
  bool is_field_cut_ = false;
  // Of the part whose header or body is read:
  Coding coding_ = Coding::Plain;
  std::string file_name_;
  std::string boundary_;
  bool is_message_ = false;
  bool is_text_ = true;
  bool is_file_open_ = false;
  bool needs_line_end_ = false;  // plain bodies: the line end before a boundary belongs to the boundary
  std::unique_ptr<Base64Decoder> base64_;
  std::vector<std::string> seen_;  // names of single fields seen in the top header
};

}  // namespace warder::ips::app
