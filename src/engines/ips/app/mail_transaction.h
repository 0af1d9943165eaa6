// A mail as rules see it: what the MIME reader finds goes into buffers, attachments into files.
#pragma once

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/mime.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

class MailTransaction final : public FieldTransaction, private MimeSink {
 public:
  MailTransaction(const Limits& limits, Direction direction) : limits_(limits), direction_(direction), reader_(*this) {}

  /// One line of the message without its end.
  void take_line(std::string_view line) { reader_.take_line(line); }
  void finish_message();

  /// Called for each oddity with `first_event` + its number, so that MimeOddity's order is the order of those events.
  void set_first_event(std::uint8_t first_event) noexcept { first_event_ = first_event; }

 private:
  void on_header(std::string_view name, std::string_view value) override;
  void on_file_start(std::string_view name) override;
  void on_file_bytes(ByteView bytes) override;
  void on_file_end() override;
  void on_text(std::string_view text) override;
  void on_oddity(MimeOddity oddity) override;

  const Limits& limits_;
  Direction direction_;
  std::uint8_t first_event_ = 0;
  std::size_t urls_ = 0;
  MimeReader reader_;
};

}  // namespace warder::ips::app
